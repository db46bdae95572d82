"""Which patterns could match a UID: one pass over all of them, whatever their number.

Patterns are filed by their literal prefix; within one file each position of the UID has, for each octet, the set of
patterns that allow it there, as bits of one integer. The and of these sets over the first and last positions and
the length leaves few candidates, and RE2 decides on those. Nothing that matches is ever left out: the sets come
from the expression's own tree. docs/uid-patterns.md says why it is not RE2's own set.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Generic, TypeVar

from pattern_rules.expression_tree import ALPHABET, MAX_UID_OCTETS
from pattern_rules.shape import BACK, FRONT, Shape

MAX_PREFIX = 8  # octets of a literal prefix that are used for filing
SMALL = 3  # so few patterns are looked at one by one

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One pattern to be found, by any of its shapes."""

    value: T
    shapes: tuple[Shape, ...]


class _File:
    """Shapes that share a literal prefix. numbers: of the entries they belong to."""

    def __init__(self, numbers: list[int], shapes: list[Shape], skip: int) -> None:
        self.numbers = tuple(numbers)
        self.shapes = tuple(shapes) if len(shapes) <= SMALL else ()
        self.filter: tuple[tuple[int, dict[int, int], int], ...] = ()
        self.lengths: tuple[int, ...] = ()
        if len(shapes) > SMALL:
            self._build(shapes, skip)

    def _build(self, shapes: list[Shape], skip: int) -> None:
        columns = [(at, _column([shape.front for shape in shapes], at)) for at in range(skip, FRONT)]
        columns += [(-1 - at, _column([shape.back for shape in shapes], at)) for at in range(BACK)]
        telling = [(at, sets, free) for at, (sets, free) in columns if sets]
        telling.sort(key=lambda column: column[2].bit_count())  # those that most shapes have an opinion on first
        self.filter = tuple(telling)
        bounds: dict[tuple[int, int], list[int]] = {}
        for bit, shape in enumerate(shapes):
            bounds.setdefault((shape.min_length, shape.max_length), []).append(bit)
        sets_of_bounds = [(low, high, _bit_set(bits)) for (low, high), bits in bounds.items()]
        self.lengths = tuple(
            reduce(or_, (bits for low, high, bits in sets_of_bounds if low <= length <= high), 0)
            for length in range(MAX_UID_OCTETS + 1)
        )

    def possible(self, uid: bytes) -> Iterator[int]:
        if not self.lengths:
            for number, shape in zip(self.numbers, self.shapes, strict=True):
                if shape.admits(uid):
                    yield number
            return
        length = len(uid)
        left = self.lengths[length]
        for at, sets, free in self.filter:
            if not left:
                return
            # A position past the end of the UID needs no case of its own: a shape that knows the position is
            # at least that long, and the lengths have already ruled it out.
            if -length <= at < length:
                left &= sets.get(uid[at], free)
        while left:
            lowest = left & -left
            yield self.numbers[lowest.bit_length() - 1]
            left ^= lowest


def _bit_set(bits: list[int]) -> int:
    octets = bytearray(max(bits) // 8 + 1)
    for bit in bits:
        octets[bit // 8] |= 1 << bit % 8
    return int.from_bytes(octets, "little")


def _column(runs: list[tuple[int, ...]], at: int) -> tuple[dict[int, int], int]:
    """For one position: shapes allowing each octet, and those that allow any (they don't know the position)."""
    bits_by_mask: dict[int, list[int]] = {}
    for bit, run in enumerate(runs):
        bits_by_mask.setdefault(run[at] if at < len(run) else ALPHABET, []).append(bit)
    sets = {mask: _bit_set(bits) for mask, bits in bits_by_mask.items()}
    free = sets.pop(ALPHABET, 0)
    if not sets:
        return {}, free
    known = reduce(or_, sets)
    return {
        octet: reduce(or_, (bits for mask, bits in sets.items() if mask >> octet & 1), free)
        for octet in range(128)
        if known >> octet & 1
    }, free


class Index(Generic[T]):
    """All patterns of a library, filed."""

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        """entries: in any order; it is kept within one literal prefix."""
        self._values: list[T] = []
        filed: dict[bytes, tuple[list[int], list[Shape]]] = {}
        for number, entry in enumerate(entries):
            self._values.append(entry.value)
            for shape in entry.shapes:
                numbers, shapes = filed.setdefault(shape.prefix[:MAX_PREFIX], ([], []))
                numbers.append(number)
                shapes.append(shape)
        self._files = {prefix: _File(*group, skip=len(prefix)) for prefix, group in filed.items()}
        self._prefix_lengths = tuple(sorted({len(prefix) for prefix in filed}, reverse=True))

    def possible(self, uid: bytes) -> Iterator[T]:
        """Patterns that may match `uid` (at most 128 octets), each once; longest literal prefix first."""
        seen: set[int] = set()
        for length in self._prefix_lengths:
            found = self._files.get(uid[:length])
            if found is None:
                continue
            for number in found.possible(uid):
                if number not in seen:
                    seen.add(number)
                    yield self._values[number]
