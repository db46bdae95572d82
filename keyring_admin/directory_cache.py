"""What the mail path knows of the directory: read once, kept until anything in the directory changes.

Contract: what a view says is what the database says in the transaction the view was made in. Nothing is kept by time:
the version of the directory (keyring_admin/directory_version.py) is asked for at the start of each transaction, so a
revocation or suspension that has committed is seen by the very next mail.
"""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine

from keyring_admin.certificate_store import Certificate, find_certificate, gateway_certificates, reading_certificates
from keyring_admin.directory_version import DirectoryUnwatchedError, directory_version, watches_all
from keyring_admin.officers import Officer, find_officer, find_officer_by_id
from keyring_admin.parties import Party, find_party

KEPT_AT_MOST = 8192  # entries; a certificate has a few kB
Found = TypeVar("Found")
Key = TypeVar("Key", str, int)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Everything read at one version. Readers of the same version share it: they would read the same."""

    version: int
    entries: dict[Hashable, object] = field(default_factory=dict, repr=False)


class DirectoryView:
    """The directory in one transaction. Each method is the function of that name in keyring_admin, read once."""

    def __init__(self, connection: Connection, kept: _Kept) -> None:
        self._connection = connection
        self._entries = kept.entries

    def find_officer(self, address: str) -> Officer | None:
        """The officer with this canonical address."""
        return self._once(find_officer, address)

    def find_officer_by_id(self, officer_id: int) -> Officer | None:
        """The officer with this id."""
        return self._once(find_officer_by_id, officer_id)

    def find_party(self, code: str) -> Party | None:
        """The Party with this code."""
        return self._once(find_party, code)

    def find_certificate(self, fingerprint: str) -> Certificate | None:
        """The certificate with this full fingerprint."""
        return self._once(find_certificate, fingerprint)

    def reading_certificates(self, party: str) -> list[Certificate]:
        """The reading certificates a Party ever had, withdrawn ones included."""
        return self._once(reading_certificates, party)

    def gateway_certificates(self) -> list[Certificate]:
        """The gateway's own certificates."""
        return self._once(_certificates_of_the_gateway, "")

    def _once(self, find: Callable[[Connection, Key], Found], key: Key) -> Found:
        entry = (find, key)
        kept = self._entries.get(entry)
        if kept is not None:
            return cast("Found", kept)
        found = find(self._connection, key)
        if found is None:  # what does not exist is not kept: guesses of strangers would fill the memory
            return found
        if len(self._entries) >= KEPT_AT_MOST:
            self._entries.clear()
        self._entries[entry] = found
        return found


def _certificates_of_the_gateway(connection: Connection, _key: str) -> list[Certificate]:
    return gateway_certificates(connection)


class DirectoryCache:
    """Makes views. For all threads of a program."""

    def __init__(self, engine: Engine) -> None:
        """Raises DirectoryUnwatchedError if a change of the directory could go unnoticed."""
        with engine.connect() as connection:
            if not watches_all(connection):
                raise DirectoryUnwatchedError("the database lacks a trigger on its directory: run `gsp upgrade`")
        self._lock = threading.Lock()
        self._kept = _Kept(version=-1)

    def view(self, connection: Connection) -> DirectoryView:
        """The directory as it is in the transaction of this connection; valid as long as that transaction."""
        version = directory_version(connection)
        with self._lock:
            if version > self._kept.version:
                self._kept = _Kept(version)
            # A transaction that began before the newest change sees the state before it: it keeps to itself.
            kept = self._kept if version == self._kept.version else _Kept(version)
        return DirectoryView(connection, kept)
