"""Typed access to one table of an untrusted TOML document; each refusal names the pattern and the key."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NoReturn, cast

from pattern_rules.errors import LibraryError, LibraryProblem


class Fields:
    """One table. An unknown key is refused at once: a misspelt key must not become a default."""

    def __init__(self, table: Mapping[str, object], pattern_id: str, known: frozenset[str]) -> None:
        """pattern_id: what refusals name. known: all keys there may be."""
        self._table = table
        self.pattern_id = pattern_id
        for key in table:
            if key not in known:
                named = key.isascii() and key.isprintable() and len(key) <= 40
                raise LibraryError(LibraryProblem.UNKNOWN_KEY, pattern_id, key if named else "")

    def refuse(self, key: str, problem: LibraryProblem = LibraryProblem.BAD_VALUE) -> NoReturn:
        """Raises the refusal of one key."""
        raise LibraryError(problem, self.pattern_id, key)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._table

    def text(self, key: str, longest: int, default: str | None = None) -> str:
        """A string of one printable line, at most `longest` characters; without default it is mandatory."""
        value = self._get(key, default)
        if not isinstance(value, str) or len(value) > longest or not value.isprintable():
            self.refuse(key)
        return value

    def octets(self, key: str, longest: int, most: int) -> tuple[bytes, ...]:
        """A list of UIDs: ASCII strings, control characters allowed (GS is one)."""
        return tuple(item.encode("ascii") for item in self.strings(key, longest, most))

    def strings(self, key: str, longest: int, most: int) -> tuple[str, ...]:
        """A list of at most `most` ASCII strings, none empty or longer than `longest`."""
        value = self._get(key, [])
        if not isinstance(value, list) or len(value) > most:
            self.refuse(key)
        for item in value:
            if not isinstance(item, str) or not 0 < len(item) <= longest or not item.isascii():
                self.refuse(key)
        return tuple(cast(list[str], value))

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """An integer within bounds, both included."""
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(key)
        return value

    def boolean(self, key: str, *, default: bool) -> bool:
        """true or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            self.refuse(key)
        return value

    def day(self, key: str) -> date:
        """A local date (TOML 1.0 "Local Date"), not a time."""
        value = self._get(key, None)
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse(key)
        return value

    def optional_day(self, key: str) -> date | None:
        """A local date, or None if the key is absent."""
        return self.day(key) if key in self._table else None

    def tables(self, key: str, most: int) -> list[Mapping[str, object]]:
        """A list of at most `most` tables; empty if absent."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(key)
        if len(value) > most:
            self.refuse(key, LibraryProblem.TOO_MANY)
        return cast(list[Mapping[str, object]], value)

    def string_table(self, key: str, longest: int, most: int) -> dict[str, str]:
        """A table of ASCII strings; empty if absent."""
        value = self._get(key, {})
        if not isinstance(value, dict) or len(value) > most:
            self.refuse(key)
        for name, item in value.items():
            if not isinstance(item, str) or len(item) > longest or len(name) > longest:
                self.refuse(key)
            if not (item.isascii() and str(name).isascii()):
                self.refuse(key)
        return cast(dict[str, str], dict(value))

    def _get(self, key: str, default: object) -> object:
        if key in self._table:
            return self._table[key]
        if default is None:
            self.refuse(key, LibraryProblem.MISSING_KEY)
        return default
