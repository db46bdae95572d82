"""The readings of a UID: as typed first, then each further way the same octets may have been meant, by name.

A reading undoes a notation (symbology identifier, spelling of GS, bracketed application identifiers, printed groups,
Digital Link, URN). It never guesses: what needs a guess is a suggestion (suggestions.py).
Notations can be combined; each is undone at most once, so nothing is ever decoded twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from pattern_rules.expression_tree import MAX_UID_OCTETS
from pattern_rules.gs1 import from_brackets, from_digital_link, from_urn

MAX_READINGS = 16
MAX_NOTATION_OCTETS = 1024  # a link or a bracketed spelling is longer than the UID it stands for
GS = b"\x1d"


class Step(StrEnum):
    """One notation undone."""

    SYMBOLOGY_IDENTIFIER = "symbology-identifier"
    GS_SPELLING = "gs-spelling"
    DIGITAL_LINK = "digital-link"
    URN = "urn"
    BRACKETS = "brackets"
    SPACES_AND_HYPHENS = "spaces-and-hyphens"


@dataclass(frozen=True, slots=True)
class Reading:
    """Octets, and the notations undone to get them; none: as typed."""

    octets: bytes = field(repr=False)
    steps: tuple[Step, ...] = ()


# ISO/IEC 15424: GS1-128, GS1 DataMatrix, GS1 QR, GS1 DotCode, GS1 composite; FNC1 in front may come as GS.
_SYMBOLOGIES = (b"]C1", b"]d2", b"]Q3", b"]J1", b"]e0")
# How people and programs write GS. Those made of UID characters are never undone before the literal reading.
_GS_SPELLINGS = (b"<GS>", b"{GS}", b"[GS]", b"\\x1d", b"\\x1D", b"\\u001d", b"\\u001D", b"^]", b"~1", "␝".encode())


def _without_symbology(octets: bytes) -> bytes | None:
    for identifier in _SYMBOLOGIES:
        if octets.startswith(identifier):
            return octets[len(identifier) :].removeprefix(GS)
    return octets.removeprefix(GS) if octets.startswith(GS) else None


def _with_gs(octets: bytes) -> bytes | None:
    restored = octets
    for spelling in _GS_SPELLINGS:
        restored = restored.replace(spelling, GS)
    return restored if restored != octets else None


def _without_separators(octets: bytes) -> bytes | None:
    stripped = octets.replace(b" ", b"").replace(b"-", b"")
    return stripped if stripped and stripped != octets else None


_STEPS: tuple[tuple[Step, Callable[[bytes], bytes | None]], ...] = (
    (Step.SYMBOLOGY_IDENTIFIER, _without_symbology),
    (Step.GS_SPELLING, _with_gs),
    (Step.DIGITAL_LINK, from_digital_link),
    (Step.URN, from_urn),
    (Step.BRACKETS, from_brackets),
    (Step.SPACES_AND_HYPHENS, _without_separators),
)
_NOTATIONAL = frozenset(b" -]<{[\\^~(\xe2\x1d")  # an octet of these, or "://", or "urn:", is in every notation


def readings(typed: bytes) -> tuple[Reading, ...]:
    """All readings of what was typed or scanned: as typed first, then by number of notations undone.

    typed: octets, any. Returns at most 16 readings, no two with the same octets.
    """
    found = [Reading(typed)]
    if len(typed) > MAX_NOTATION_OCTETS or not _may_be_notation(typed):
        return tuple(found)
    seen = {typed}
    for reading in found:  # grows while it is walked: breadth first
        for step, undo in _STEPS:
            if step in reading.steps or len(found) >= MAX_READINGS:
                continue
            octets = undo(reading.octets)
            if octets is not None and octets not in seen:
                seen.add(octets)
                found.append(Reading(octets, (*reading.steps, step)))
    return tuple(found)


def _may_be_notation(octets: bytes) -> bool:
    return not _NOTATIONAL.isdisjoint(octets) or b"://" in octets or octets.startswith(b"urn:")


def admissible(octets: bytes) -> bool:
    """Whether octets can be a UID at all: 1 to 128 octets of printable ASCII, space and GS."""
    plain = octets.replace(GS, b"")
    return 0 < len(octets) <= MAX_UID_OCTETS and plain.isascii() and plain.decode("ascii").isprintable()
