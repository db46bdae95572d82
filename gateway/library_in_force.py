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
        self._library = load_library(file.read_bytes())

    @property
    def library(self) -> Library:
        """The library in force now."""
        stamp = self._stat()
        if stamp != self._stamp:
            self._stamp = stamp
            self._replace()
        return self._library

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

    def _replace(self) -> None:
        try:
            fresh = load_library(self._file.read_bytes())
        except (LibraryError, OSError) as error:
            note(self._program, Event.LIBRARY_REFUSED, error=type(error))
            return
        if fresh.version < self._library.version:
            note(self._program, Event.LIBRARY_REFUSED, rule="older-version")
            return
        self._library = fresh
        note(self._program, Event.LIBRARY_LOADED, count=fresh.version)

    def _stat(self) -> tuple[int, int]:
        status = self._file.stat()
        return status.st_mtime_ns, status.st_size
