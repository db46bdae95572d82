"""Publication: a request goes out to two offline release keys, signatures come in, the new version is put in force.

The file in force is replaced before the database says so: a crash in between is made good by publishing again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from gateway.library import archive
from gateway.library.archive import Proposal, Version
from gateway.library.desk import Desk
from gateway.library.files import replace_file
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.public_folder import write_public_folder
from gateway.library.release import ReleaseKeys, release
from pattern_rules import Library, load_library


@dataclass(frozen=True, slots=True)
class Places:
    """Where a published library goes: the file in force, and the folder the HTTP server serves."""

    in_force: Path
    public: Path


def approved_proposal(desk: Desk) -> Proposal:
    """The open proposal if nothing stands against it and it is approved. Raises LibraryLifeError."""
    proposal = desk.open_proposal()
    if not desk.reviewed(proposal).publishable:
        raise LibraryLifeError(Problem.OBJECTIONS)
    if desk.approvals_missing(proposal):
        raise LibraryLifeError(Problem.NOT_APPROVED)
    return proposal


def publish(
    connection: Connection,
    desk: Desk,
    *,
    signature_files: Sequence[bytes],
    keys: ReleaseKeys,
    places: Places,
    before: bytes,
    now: datetime,
) -> Version:
    """Put the approved proposal in force with the signatures of two release keys.

    before: octets of the library in force. Raises LibraryLifeError; then nothing has changed.
    """
    proposal = _unrecorded(connection, desk) or approved_proposal(desk)
    released = release(proposal.octets, signature_files, keys)
    library = load_library(proposal.octets)
    if library.expired(now.date()):
        raise LibraryLifeError(Problem.LIBRARY_EXPIRED)
    version = _version(library, proposal.octets, now, released=released, rollback_of=proposal.rollback_of)
    replace_file(places.in_force, released)
    if desk.library.sha256 == library.predecessor:
        _record_start(connection, desk.library, before, now)
    archive.add_version(connection, version)
    for sha256 in proposal.declarations:
        archive.settle_declaration(connection, sha256, archive.PUBLISHED, version.number)
    archive.close_proposals(connection)
    write_public_folder(places.public, archive.versions(connection))
    return version


def _unrecorded(connection: Connection, desk: Desk) -> Proposal | None:
    """The open proposal, if its file is in force already: the machine stopped before the database knew."""
    proposal = archive.the_open_proposal(connection)
    return proposal if proposal is not None and proposal.sha256 == desk.library.sha256 else None


def adopt_library(
    connection: Connection, *, signature_files: Sequence[bytes], keys: ReleaseKeys, places: Places, now: datetime
) -> Version:
    """Make the unsigned library in force the first signed one. Raises LibraryLifeError or LibraryError."""
    octets = places.in_force.read_bytes()
    if archive.versions(connection):
        raise LibraryLifeError(Problem.ALREADY_HERE)
    library = load_library(octets)
    released = release(octets, signature_files, keys)
    version = _version(library, octets, now, released=released)
    replace_file(places.in_force, released)
    archive.add_version(connection, version)
    write_public_folder(places.public, [version])
    return version


def _version(
    library: Library, octets: bytes, now: datetime, *, released: bytes | None, rollback_of: int | None = None
) -> Version:
    return Version(
        number=library.version,
        sha256=library.sha256,
        predecessor=library.predecessor,
        issued=library.issued,
        expires=library.expires,
        published_at=now,
        rollback_of=rollback_of,
        octets=octets,
        released=released,
    )


def _record_start(connection: Connection, library: Library, octets: bytes, now: datetime) -> None:
    """What the deployment started with is a version too: `log` shows it, `rollback` can return to it."""
    if all(one.number != library.version for one in archive.versions(connection)):
        archive.add_version(connection, _version(library, octets, now, released=None))
