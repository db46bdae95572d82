"""Which patterns could match a UID: one pass over all of them, whatever their number.

Patterns are filed by their literal prefix; within one file each position of the UID has, for each octet, the set of
patterns that allow it there, as bits of one integer. The and of these sets over the first and last positions and
the length leaves few candidates, and RE2 decides on those. Nothing that matches is ever left out: the sets come
from the expression's own tree. (An RE2 set over all patterns gives up silently when its automaton outgrows its memory,
and then finds nothing; docs/uid-patterns.md has the measurement.)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Generic, TypeVar

from pattern_rules.expression_tree import ALPHABET, MAX_UID_OCTETS, Node, fixed_run

MAX_PREFIX = 8  # octets of a literal prefix that are used for filing
FRONT = 20  # positions looked at from the start
BACK = 8  # positions looked at from the end
SMALL = 3  # a file with so few patterns needs no filter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One pattern to be found. tree: of its expression; lengths in octets."""

    value: T
    tree: Node
    min_length: int
    max_length: int


def literal_prefix(tree: Node, limit: int = MAX_UID_OCTETS) -> bytes:
    """The octets every string of the tree begins with."""
    prefix = bytearray()
    for mask in fixed_run(tree, limit)[0]:
        if mask.bit_count() != 1:
            break
        prefix.append(mask.bit_length() - 1)
    return bytes(prefix)


class _File(Generic[T]):
    """Patterns that share a literal prefix."""

    def __init__(self, entries: list[Entry[T]], skip: int) -> None:
        self.values = tuple(entry.value for entry in entries)
        self.filter: tuple[tuple[int, dict[int, int], int], ...] = ()
        self.lengths: tuple[int, ...] = ()
        if len(entries) > SMALL:
            self._build(entries, skip)

    def _build(self, entries: list[Entry[T]], skip: int) -> None:
        fronts = [fixed_run(entry.tree, FRONT)[0] for entry in entries]
        backs = [fixed_run(entry.tree, BACK, from_end=True)[0] for entry in entries]
        columns = [(at, _column(fronts, at)) for at in range(skip, FRONT)]
        columns += [(-1 - at, _column(backs, at)) for at in range(BACK)]
        telling = [(at, sets, rest) for at, (sets, rest) in columns if sets]
        telling.sort(key=lambda column: column[2].bit_count())  # those that most patterns have an opinion on first
        self.filter = tuple(telling)
        ranges: dict[tuple[int, int], list[int]] = {}
        for bit, entry in enumerate(entries):
            ranges.setdefault((entry.min_length, entry.max_length), []).append(bit)
        sets_of_ranges = {bounds: _bit_set(bits) for bounds, bits in ranges.items()}
        self.lengths = tuple(
            reduce(or_, (bits for (low, high), bits in sets_of_ranges.items() if low <= length <= high), 0)
            for length in range(MAX_UID_OCTETS + 1)
        )

    def possible(self, uid: bytes) -> Iterator[T]:
        if not self.lengths:
            yield from self.values
            return
        left = self.lengths[len(uid)]
        for at, sets, rest in self.filter:
            if not left:
                return
            # A position past the end of the UID needs no case of its own: a pattern that knows the position
            # is at least that long, and the lengths have already ruled it out.
            if -len(uid) <= at < len(uid):
                left &= sets.get(uid[at], rest)
        while left:
            lowest = left & -left
            yield self.values[lowest.bit_length() - 1]
            left ^= lowest


def _bit_set(bits: list[int]) -> int:
    octets = bytearray(max(bits) // 8 + 1)
    for bit in bits:
        octets[bit // 8] |= 1 << bit % 8
    return int.from_bytes(octets, "little")


def _column(runs: list[list[int]], at: int) -> tuple[dict[int, int], int]:
    """For one position: patterns allowing each octet, and those that allow any (they don't know the position)."""
    patterns_by_mask: dict[int, list[int]] = {}
    for bit, run in enumerate(runs):
        patterns_by_mask.setdefault(run[at] if at < len(run) else ALPHABET, []).append(bit)
    by_mask = {mask: _bit_set(bits) for mask, bits in patterns_by_mask.items()}
    free = by_mask.pop(ALPHABET, 0)
    if not by_mask:
        return {}, free
    known = reduce(or_, by_mask)
    return {
        octet: reduce(or_, (bits for mask, bits in by_mask.items() if mask >> octet & 1), free)
        for octet in range(128)
        if known >> octet & 1
    }, free


class Index(Generic[T]):
    """All patterns of a library, filed."""

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        """entries: in any order; it is kept within one literal prefix."""
        filed: dict[bytes, list[Entry[T]]] = {}
        for entry in entries:
            filed.setdefault(literal_prefix(entry.tree, MAX_PREFIX), []).append(entry)
        self._files = {prefix: _File(group, len(prefix)) for prefix, group in filed.items()}
        self._prefix_lengths = tuple(sorted({len(prefix) for prefix in filed}, reverse=True))

    def possible(self, uid: bytes) -> Iterator[T]:
        """Patterns that may match `uid` (at most 128 octets), those with the longest literal prefix first."""
        for length in self._prefix_lengths:
            found = self._files.get(uid[:length])
            if found is not None and length <= len(uid):
                yield from found.possible(uid)
