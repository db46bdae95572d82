"""Do two patterns share a UID? A search through both automata at once; the answer is a string both accept, or none.

The shortest witness is found, and RE2 confirms it. The search is about UIDs as typed: two patterns that only meet in a
further reading (readings.py) are told apart by the rule that the earlier reading decides.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pattern_rules.automaton import Automaton, bits_of, build
from pattern_rules.expression_tree import MAX_UID_OCTETS
from pattern_rules.library import Pattern
from pattern_rules.shape import Shape, shapes_of

MAX_PAIRS = 200_000  # pairs of states looked at; some tenths of a second
_READABLE = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Sharing(StrEnum):
    """Whether two patterns share UIDs. UNDECIDED: the search was given up; a human must look."""

    NONE = "none"
    SHARED = "shared"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two patterns, and a UID both accept (made up by the search: it belongs to no pack)."""

    sharing: Sharing
    first: str
    second: str
    witness: bytes | None = field(default=None, repr=False)


def overlap(first: Pattern, second: Pattern) -> Overlap:
    """Searches for a UID that both patterns accept."""
    low = max(first.min_length, second.min_length)
    high = min(first.max_length, second.max_length)
    related = first.prefix.startswith(second.prefix) or second.prefix.startswith(first.prefix)
    if low > high or not related or not _shapes_meet(first, second):
        return Overlap(Sharing.NONE, first.id, second.id)
    sharing, witness = _search(build(first.expression.tree), build(second.expression.tree), low, high)
    if witness is not None and (first.parts(witness) is None or second.parts(witness) is None):
        return Overlap(Sharing.UNDECIDED, first.id, second.id)  # the engine has the last word, a human the decision
    return Overlap(sharing, first.id, second.id, witness)


def _shapes_meet(first: Pattern, second: Pattern) -> bool:
    """A quick look at lengths and fixed positions, which tells most pairs apart."""
    mine = shapes_of(first.expression.tree, first.min_length, first.max_length)
    other = shapes_of(second.expression.tree, second.min_length, second.max_length)
    return any(_meet(one, two) for one in mine for two in other)


def _meet(one: Shape, two: Shape) -> bool:
    if max(one.min_length, two.min_length) > min(one.max_length, two.max_length):
        return False
    fronts = zip(one.front, two.front, strict=False)
    backs = zip(one.back, two.back, strict=False)
    return all(a & b for a, b in fronts) and all(a & b for a, b in backs)


def _search(one: Automaton, two: Automaton, low: int, high: int) -> tuple[Sharing, bytes | None]:
    """Breadth first over pairs of positions that read the same octet; one level for each octet of the witness."""
    came_from: list[dict[tuple[int, int], tuple[int, int] | None]] = []
    level: dict[tuple[int, int], tuple[int, int] | None] = dict.fromkeys(_pairs(one, two, one.first, two.first))
    looked_at = 0
    for length in range(1, min(high, MAX_UID_OCTETS) + 1):
        came_from.append(level)
        if length >= low:
            for pair in level:
                if one.last >> pair[0] & 1 and two.last >> pair[1] & 1:
                    return Sharing.SHARED, _witness(one, two, came_from, pair)
        following: dict[tuple[int, int], tuple[int, int] | None] = {}
        for pair in level:
            for after in _pairs(one, two, one.follow[pair[0]], two.follow[pair[1]]):
                following.setdefault(after, pair)
                looked_at += 1
            if looked_at > MAX_PAIRS:
                return Sharing.UNDECIDED, None
        level = following
    return Sharing.NONE, None


def _pairs(one: Automaton, two: Automaton, mine: int, other: int) -> list[tuple[int, int]]:
    others = bits_of(other)
    return [(p, q) for p in bits_of(mine) for q in others if one.masks[p] & two.masks[q]]


def _witness(
    one: Automaton,
    two: Automaton,
    came_from: list[dict[tuple[int, int], tuple[int, int] | None]],
    last: tuple[int, int],
) -> bytes:
    octets = bytearray()
    pair: tuple[int, int] | None = last
    for level in reversed(came_from):
        if pair is None:
            break
        octets.append(_readable(one.masks[pair[0]] & two.masks[pair[1]]))
        pair = level[pair]
    return bytes(reversed(octets))


def _readable(mask: int) -> int:
    return next((octet for octet in _READABLE if mask >> octet & 1), mask.bit_length() - 1)
