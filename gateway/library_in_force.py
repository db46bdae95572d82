"""The pattern library in force: loaded from its file, and again whenever the file is replaced."""

from datetime import UTC, datetime, time
from pathlib import Path

from gateway.journal import Event, note
from gateway.policy.facts import LibraryFacts
from pattern_rules.errors import LibraryError
from pattern_rules.library import Library
from pattern_rules.loader import load_library


class LibraryInForce:
    """Holds one library. A replacement that does not load, or is older, is refused: the one in force stays."""

    def __init__(self, file: Path, program: str) -> None:
        self._file = file
        self._program = program
        self._stamp = self._stat()
        self._octets = file.read_bytes()
        self._library = load_library(self._octets)

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
        today = datetime.now(UTC).date()
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
            octets = self._file.read_bytes()
            fresh = load_library(octets)
        except (LibraryError, OSError) as error:
            note(self._program, Event.LIBRARY_REFUSED, error=type(error))
            return
        if fresh.version < self._library.version:
            note(self._program, Event.LIBRARY_REFUSED, rule="older-version")
            return
        self._library, self._octets = fresh, octets
        note(self._program, Event.LIBRARY_LOADED, count=fresh.version)

    def _stat(self) -> tuple[int, int]:
        status = self._file.stat()
        return status.st_mtime_ns, status.st_size
