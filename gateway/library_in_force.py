"""The pattern library in force: loaded from its file, and again whenever the file is replaced.

Where release keys are configured, only a file that two of them signed is loaded, never an older version than this
deployment has published, never another library under the same number, never, as a replacement, an expired one.
"""

from datetime import UTC, datetime, time
from pathlib import Path

from sqlalchemy import Engine

from gateway.journal import Event, note
from gateway.library.archive import newest_published
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.release import ReleaseKeys, read_release, read_release_keys
from gateway.policy.facts import LibraryFacts
from gateway.settings import Settings
from pattern_rules.errors import LibraryError
from pattern_rules.library import Library
from pattern_rules.loader import load_library


class LibraryInForce:
    """Holds one library. A replacement that does not load, or is older, is refused: the one in force stays."""

    def __init__(self, file: Path, program: str, keys: ReleaseKeys | None = None, *, at_least: int = 0) -> None:
        """keys: two of them must have signed; None: an unsigned file is read. at_least: number of the oldest version
        that may come into force. Raises LibraryLifeError or LibraryError if the file must not be in force.
        """
        self._file = file
        self._program = program
        self._keys = keys
        self._stamp = self._stat()
        self._library, self._octets = read_library_file(file, keys)
        if self._library.version < at_least:
            raise LibraryLifeError(Problem.ROLLBACK)
        if keys is None:
            note(program, Event.LIBRARY_UNSIGNED, count=self._library.version)

    @property
    def library(self) -> Library:
        """The library in force now."""
        self._look()
        return self._library

    @property
    def octets(self) -> bytes:
        """What `load_library` makes the library in force from, for a worker that opens no file."""
        self._look()
        return self._octets

    def facts(self, pattern_id: str | None) -> LibraryFacts:
        """What the rules need to know about the library and this pattern."""
        library = self.library
        return LibraryFacts(
            version=library.version,
            expires=datetime.combine(library.expires, time.max, UTC),  # the last day is still in force
            pattern_parties=library.pattern_parties(pattern_id, datetime.now(UTC).date())
            if pattern_id is not None
            else frozenset(),
        )

    def _look(self) -> None:
        stamp = self._stat()
        if stamp != self._stamp:
            self._stamp = stamp
            self._replace()

    def _replace(self) -> None:
        try:
            fresh, octets = read_library_file(self._file, self._keys)
        except (LibraryError, LibraryLifeError, OSError) as error:
            note(self._program, Event.LIBRARY_REFUSED, error=type(error))
            return
        rule = self._why_not(fresh)
        if rule is not None:
            note(self._program, Event.LIBRARY_REFUSED, rule=rule)
            return
        self._library, self._octets = fresh, octets
        note(self._program, Event.LIBRARY_LOADED, count=fresh.version)

    def _why_not(self, fresh: Library) -> str | None:
        if fresh.version < self._library.version:
            return "older-version"
        if self._keys is None:
            return None
        if fresh.version == self._library.version and fresh.sha256 != self._library.sha256:
            return "same-version-other-content"
        return "expired" if fresh.expired(datetime.now(UTC).date()) else None

    def _stat(self) -> tuple[int, int, int]:
        status = self._file.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino


def library_in_force(settings: Settings, engine: Engine, program: str) -> LibraryInForce:
    """The library of a deployment. Raises LibraryLifeError or LibraryError if its file must not be in force."""
    with engine.connect() as connection:
        at_least = newest_published(connection)
    return LibraryInForce(settings.path(settings.library.file), program, release_keys(settings), at_least=at_least)


def release_keys(settings: Settings) -> ReleaseKeys | None:
    """The release keys of a deployment, None if none are configured. Raises LibraryLifeError."""
    if not settings.library.release_keys:
        return None
    try:
        octets = settings.path(settings.library.release_certificates).read_bytes()
    except OSError:
        octets = b""  # told as a file that lacks the keys
    return read_release_keys(octets, settings.library.release_keys)


def read_library_file(file: Path, keys: ReleaseKeys | None) -> tuple[Library, bytes]:
    """A library and its octets without signatures. Raises LibraryLifeError or LibraryError."""
    octets = file.read_bytes()
    if keys is None:
        return load_library(octets), octets
    released = read_release(octets, keys)
    return released.library, released.octets
