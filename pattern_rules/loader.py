"""Reads a pattern library from octets that nobody has vouched for yet: everything is checked, all or nothing.

The format is TOML 1.0; docs/uid-patterns.md describes the keys. A refusal names the pattern and the key.
"""

import hashlib
import tomllib
from collections.abc import Mapping

from pattern_rules.errors import LibraryError, LibraryProblem
from pattern_rules.fields import Fields
from pattern_rules.index import Entry, Index
from pattern_rules.library import Library, Pattern
from pattern_rules.pattern_record import read_pattern

FORMAT = 1
MAX_LIBRARY_OCTETS = 64 * 1024 * 1024
MAX_PATTERNS = 200_000
MAX_POSITIONS = 8_000_000  # of all expressions together: bounds what their compiled forms can take
_HEADER_KEYS = frozenset({"format", "number", "issued", "expires", "predecessor", "pattern"})


def load_library(octets: bytes) -> Library:
    """Reads a library file.

    octets: the file, UTF-8, at most 64 MiB. Returns the library; whether it is signed, the newest and not expired is
    for the caller to check. Raises LibraryError, which names the pattern and the key.
    """
    if len(octets) > MAX_LIBRARY_OCTETS:
        raise LibraryError(LibraryProblem.TOO_BIG)
    document = _parse_toml(octets)
    header = Fields(document, "", _HEADER_KEYS)
    if header.integer("format", 0, 1 << 31) != FORMAT:
        raise LibraryError(LibraryProblem.UNKNOWN_FORMAT, "", "format")
    number = header.integer("number", 1, 1 << 31)
    issued, expires = header.day("issued"), header.day("expires")
    if expires < issued:
        raise LibraryError(LibraryProblem.DATES, "", "expires")
    entries = _read_patterns(header.tables("pattern", MAX_PATTERNS))
    patterns = tuple(entry.value for entry in entries)
    by_id = {pattern.id: pattern for pattern in patterns}
    _check_references(patterns, by_id)
    return Library(
        version=number,
        issued=issued,
        expires=expires,
        predecessor=_predecessor(header, number),
        sha256=hashlib.sha256(octets).hexdigest(),
        patterns=patterns,
        by_id=by_id,
        index=Index(entry for entry in entries if entry.value.active),
    )


def _parse_toml(octets: bytes) -> Mapping[str, object]:
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise LibraryError(LibraryProblem.NOT_UTF8) from None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):  # ValueError: also integers of thousands of digits; RecursionError: [[[[…
        raise LibraryError(LibraryProblem.NOT_TOML) from None


def _read_patterns(tables: list[Mapping[str, object]]) -> list[Entry[Pattern]]:
    entries: list[Entry[Pattern]] = []
    seen: set[str] = set()
    positions = 0
    for number, table in enumerate(tables, start=1):
        entry = read_pattern(table, number)
        if entry.value.id in seen:
            raise LibraryError(LibraryProblem.DUPLICATE_ID, entry.value.id, "id")
        seen.add(entry.value.id)
        positions += entry.value.expression.positions
        if positions > MAX_POSITIONS:
            raise LibraryError(LibraryProblem.TOO_MANY, entry.value.id, "expression")
        entries.append(entry)
    return entries


def _check_references(patterns: tuple[Pattern, ...], by_id: Mapping[str, Pattern]) -> None:
    for pattern in patterns:
        for other in pattern.yields_to:
            if other not in by_id or other == pattern.id:
                raise LibraryError(LibraryProblem.UNKNOWN_PATTERN, pattern.id, "yields-to")


def _predecessor(header: Fields, number: int) -> str:
    digest = header.text("predecessor", 64, default="")
    well_formed = len(digest) == 64 and all(character in "0123456789abcdef" for character in digest)
    if not (well_formed if number > 1 else digest == ""):
        raise LibraryError(LibraryProblem.BAD_VALUE, "", "predecessor")
    return digest
