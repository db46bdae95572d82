"""Who signed: an officer of the directory with the role to speak for a Party, or a person of the Secretariat.

A person is more than a key: everybody who shares an address or a name with somebody counts as the same person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pysequoia
from sqlalchemy import Connection

from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.signed_message import SignedMessage, read_signed_message
from keyring_admin.certificate_store import Purpose, certificate_by_key_id, find_certificate
from keyring_admin.officers import Role, list_officers
from keyring_admin.parties import require_party

MAX_AGE = timedelta(days=30)
CLOCK_TOLERANCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Person:
    """A signer. party: "" for a person of the Secretariat. marks: addresses and names, in lower case."""

    certificate: str
    party: str
    marks: frozenset[str] = field(repr=False)

    def same_as(self, other: "Person") -> bool:
        """Whether these may be two keys of one person."""
        return self.certificate == other.certificate or bool(self.marks & other.marks)


@dataclass(frozen=True, slots=True)
class Document:
    """What somebody signed, and who and when. octets: the whole signed message, kept as evidence."""

    content: bytes = field(repr=False)
    octets: bytes = field(repr=False)
    person: Person
    signed_at: datetime


class People:
    """Everybody who may sign a step of the library's life.

    secretariat: certificates of its people, by fingerprint; they need no place in the directory.
    """

    def __init__(self, connection: Connection, secretariat: Mapping[str, bytes], now: datetime) -> None:
        self._connection = connection
        self._secretariat = secretariat
        self._now = now

    def open(self, octets: bytes, *, speaks_for_party: bool) -> Document:
        """Verify a signed file and find out whose it is.

        speaks_for_party: only officers with the role `review`, not the Secretariat. Raises LibraryLifeError.
        """
        message = read_signed_message(octets, self._certificate_of)
        if message.signed_at > self._now + CLOCK_TOLERANCE:
            raise LibraryLifeError(Problem.SIGNED_IN_FUTURE)
        if message.signed_at < self._now - MAX_AGE:
            raise LibraryLifeError(Problem.SIGNED_TOO_LONG_AGO)
        person = self._person(message)
        if speaks_for_party and not person.party:
            raise LibraryLifeError(Problem.SIGNER_MAY_NOT)
        return Document(message.document, octets, person, message.signed_at)

    def by_certificate(self, fingerprint: str, party: str) -> Person:
        """The person behind a certificate that signed an earlier step."""
        octets = self._secretariat.get(fingerprint)
        if octets is None:
            stored = find_certificate(self._connection, fingerprint)
            octets = stored.octets if stored is not None else b""
        return Person(fingerprint, party, _marks(octets) | self._officer_addresses(fingerprint))

    def _certificate_of(self, key: str) -> bytes | None:
        stored = certificate_by_key_id(self._connection, key[-16:])
        if stored is not None:
            certificate = find_certificate(self._connection, stored)
            return certificate.octets if certificate is not None else None
        return next(
            (octets for octets in self._secretariat.values() if key[-16:] in _key_ids(octets)),
            None,
        )

    def _person(self, message: SignedMessage) -> Person:
        if message.certificate in self._secretariat:
            return self.by_certificate(message.certificate, "")
        certificate = find_certificate(self._connection, message.certificate)
        if certificate is None or certificate.purpose is not Purpose.OFFICER:
            raise LibraryLifeError(Problem.UNKNOWN_SIGNER)
        if message.key not in certificate.signing_fingerprints(self._now):
            raise LibraryLifeError(Problem.BAD_SIGNATURE)
        officer = next(
            (one for one in list_officers(self._connection) if one.certificate == message.certificate and one.active),
            None,
        )
        if officer is None or not require_party(self._connection, officer.party).member_on(self._now.date()):
            raise LibraryLifeError(Problem.SIGNER_NOT_ACTIVE)
        if Role.REVIEW not in officer.roles:
            raise LibraryLifeError(Problem.SIGNER_MAY_NOT)
        return self.by_certificate(message.certificate, officer.party)

    def _officer_addresses(self, fingerprint: str) -> frozenset[str]:
        return frozenset(one.address for one in list_officers(self._connection) if one.certificate == fingerprint)


def read_certificates(octets: bytes) -> dict[str, bytes]:
    """Certificates in a file, by full fingerprint. Raises LibraryLifeError with UNKNOWN_SIGNER if it is none."""
    try:
        return {cert.fingerprint.upper(): bytes(cert) for cert in pysequoia.Cert.split_bytes(octets)}
    except (RuntimeError, OSError):
        raise LibraryLifeError(Problem.UNKNOWN_SIGNER) from None


def _key_ids(octets: bytes) -> frozenset[str]:
    tags = (pysequoia.packet.Tag.PublicKey, pysequoia.packet.Tag.PublicSubkey)
    pile = pysequoia.packet.PacketPile.from_bytes(octets)
    return frozenset(str(packet.fingerprint).upper()[-16:] for packet in pile if packet.tag in tags)


def _marks(octets: bytes) -> frozenset[str]:
    """Addresses and names of all User IDs, as people compare them: case and spacing set aside."""
    marks: set[str] = set()
    for user_id in map(str, pysequoia.Cert.from_bytes(octets).user_ids) if octets else ():
        name, _, rest = user_id.partition("<")
        address = rest.partition(">")[0] if rest else ""
        marks |= {" ".join(part.lower().split()) for part in (name, address) if part.strip()}
    return frozenset(marks)
