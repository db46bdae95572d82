"""Syntax tree of an expression, and what can be read off it without matching.

An octet set is an int: bit b stands for octet b, b < 128. UIDs are made of printable ASCII (ISO 646), space,
and GS, which is FNC1 as transmitted (GS1 General Specifications §7.8; 0x1D); nothing else is in the alphabet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import TypeAlias

GROUP_SEPARATOR = 0x1D
MAX_UID_OCTETS = 128
ALPHABET: int = reduce(or_, (1 << octet for octet in (GROUP_SEPARATOR, *range(0x20, 0x7F))))
MANY = MAX_UID_OCTETS + 1  # lengths are counted up to here: more is all the same


@dataclass(frozen=True)
class Octets:
    """One octet out of a set."""

    mask: int

    least = most = positions = 1


@dataclass(frozen=True)
class Sequence:
    """One item after the other; no items: the empty string."""

    items: tuple["Node", ...]

    @cached_property
    def least(self) -> int:
        return min(MANY, sum(item.least for item in self.items))

    @cached_property
    def most(self) -> int:
        return min(MANY, sum(item.most for item in self.items))

    @cached_property
    def positions(self) -> int:
        return sum(item.positions for item in self.items)


@dataclass(frozen=True)
class Choice:
    """One of several items (at least two)."""

    items: tuple["Node", ...]

    @cached_property
    def least(self) -> int:
        return min(item.least for item in self.items)

    @cached_property
    def most(self) -> int:
        return max(item.most for item in self.items)

    @cached_property
    def positions(self) -> int:
        return sum(item.positions for item in self.items)


@dataclass(frozen=True)
class Repeat:
    """An item `at_least` to `at_most` times; at_most None: without end."""

    item: "Node"
    at_least: int
    at_most: int | None

    @cached_property
    def least(self) -> int:
        return min(MANY, self.item.least * self.at_least)

    @cached_property
    def most(self) -> int:
        if self.item.most == 0:
            return 0
        return MANY if self.at_most is None else min(MANY, self.item.most * self.at_most)

    @cached_property
    def positions(self) -> int:
        return self.item.positions * max(1, self.at_least if self.at_most is None else self.at_most)


@dataclass(frozen=True)
class Group:
    """A capturing group; name "" if it has none."""

    item: "Node"
    name: str

    @cached_property
    def least(self) -> int:
        return self.item.least

    @cached_property
    def most(self) -> int:
        return self.item.most

    @cached_property
    def positions(self) -> int:
        return self.item.positions


Node: TypeAlias = Octets | Sequence | Choice | Repeat | Group


def fixed_run(node: Node, limit: int, *, from_end: bool = False) -> tuple[list[int], bool]:
    """Octet sets of the first (or last) positions, as far as every string of the node has them.

    limit: how many at most. Returns the sets, nearest to the edge first, and whether they describe whole strings of
    one length, so that what stands behind can follow on.
    """
    match node:
        case Octets(mask):
            return [mask], True
        case Group(item, _):
            return fixed_run(item, limit, from_end=from_end)
        case Sequence(items):
            run: list[int] = []
            for item in reversed(items) if from_end else items:
                more, whole = fixed_run(item, limit - len(run), from_end=from_end)
                run += more
                if not whole or len(run) >= limit:
                    return run[:limit], False
            return run, True
        case Choice(items):
            runs = [fixed_run(item, limit, from_end=from_end) for item in items]
            shortest = min(len(masks) for masks, _ in runs)
            whole = all(exact and len(masks) == shortest for masks, exact in runs)
            return [reduce(or_, column) for column in zip(*(masks[:shortest] for masks, _ in runs), strict=True)], whole
        case Repeat(item, at_least, at_most):
            masks, whole = fixed_run(item, limit, from_end=from_end)
            if at_least == 0:
                return [], at_most == 0
            if not whole or not masks:
                return masks, whole
            return (masks * at_least)[:limit], at_least == at_most and len(masks) * at_least <= limit


def walk(node: Node, visit: Callable[[Node], None]) -> None:
    """Calls `visit` for the node and everything below it."""
    visit(node)
    match node:
        case Sequence(items) | Choice(items):
            for item in items:
                walk(item, visit)
        case Repeat(item, _, _) | Group(item, _):
            walk(item, visit)
        case Octets():
            pass


def strings_of(node: Node, limit: int) -> frozenset[bytes] | None:
    """All strings of the node, or None if there are more than `limit`."""
    match node:
        case Octets(mask):
            if mask.bit_count() > limit:
                return None
            return frozenset(bytes([octet]) for octet in range(128) if mask >> octet & 1)
        case Group(item, _):
            return strings_of(item, limit)
        case Sequence(items):
            return _concatenate([strings_of(item, limit) for item in items], limit)
        case Choice(items):
            parts = [strings_of(item, limit) for item in items]
            union = frozenset[bytes]().union(*(part for part in parts if part is not None))
            return None if None in parts or len(union) > limit else union
        case Repeat(item, at_least, at_most):
            if at_most is None or at_most > limit:
                return None
            once = strings_of(item, limit)
            times = [_concatenate([once] * count, limit) for count in range(at_least, at_most + 1)]
            union = frozenset[bytes]().union(*(part for part in times if part is not None))
            return None if None in times or len(union) > limit else union


def _concatenate(parts: list[frozenset[bytes] | None], limit: int) -> frozenset[bytes] | None:
    whole: frozenset[bytes] = frozenset([b""])
    for part in parts:
        if part is None or len(whole) * len(part) > limit:
            return None
        whole = frozenset(head + tail for head in whole for tail in part)
    return whole
