"""Syntax tree of an expression, and what can be read off it without matching.

An octet set is an int: bit b stands for octet b, b < 128. UIDs are made of printable ASCII (ISO 646), space,
and GS, which is FNC1 as transmitted (GS1 General Specifications §7.8; 0x1D); nothing else is in the alphabet.
Trees are made by the functions below, which work out the lengths once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TypeAlias

GROUP_SEPARATOR = 0x1D
MAX_UID_OCTETS = 128
ALPHABET: int = reduce(or_, (1 << octet for octet in (GROUP_SEPARATOR, *range(0x20, 0x7F))))
MANY = MAX_UID_OCTETS + 1  # lengths are counted up to here: more is all the same


@dataclass(frozen=True, slots=True)
class Octets:
    """One octet out of a set."""

    mask: int
    least: int = 1
    most: int = 1
    positions: int = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """One item after the other; no items: the empty string. least, most: lengths; positions: octets written out."""

    items: tuple["Node", ...]
    least: int
    most: int
    positions: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several items (at least two)."""

    items: tuple["Node", ...]
    least: int
    most: int
    positions: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """An item `at_least` to `at_most` times; at_most None: without end."""

    item: "Node"
    at_least: int
    at_most: int | None
    least: int
    most: int
    positions: int


Node: TypeAlias = Octets | Sequence | Choice | Repeat


def sequence(items: list[Node]) -> Node:
    """Items one after the other."""
    if len(items) == 1:
        return items[0]
    return Sequence(
        tuple(items),
        min(MANY, sum(item.least for item in items)),
        min(MANY, sum(item.most for item in items)),
        sum(item.positions for item in items),
    )


def choice(items: list[Node]) -> Node:
    """One of the items; of single octets it is an octet set."""
    if len(items) == 1:
        return items[0]
    if all(isinstance(item, Octets) for item in items):
        return Octets(reduce(or_, (item.mask for item in items if isinstance(item, Octets))))
    return Choice(
        tuple(items),
        min(item.least for item in items),
        max(item.most for item in items),
        sum(item.positions for item in items),
    )


def repeat(item: Node, at_least: int, at_most: int | None) -> Node:
    """The item again and again."""
    endless = MANY if item.most else 0
    return Repeat(
        item,
        at_least,
        at_most,
        min(MANY, item.least * at_least),
        endless if at_most is None else min(MANY, item.most * at_most),
        item.positions * max(1, at_least if at_most is None else at_most),
    )


def fixed_run(node: Node, limit: int, *, from_end: bool = False) -> tuple[list[int], bool]:
    """Octet sets of the first (or last) positions, as far as every string of the node has them.

    limit: how many are wanted; more may come. Returns the sets, nearest to the edge first, and whether they describe
    whole strings of one length, so that what stands behind can follow on.
    """
    match node:
        case Octets(mask):
            return [mask], True
        case Sequence(items):
            run: list[int] = []
            for item in reversed(items) if from_end else items:
                more, whole = fixed_run(item, limit - len(run), from_end=from_end)
                run += more
                if not whole or len(run) >= limit:
                    return run, False
            return run, True
        case Choice(items):
            runs = [fixed_run(item, limit, from_end=from_end) for item in items]
            shortest = min(len(masks) for masks, _ in runs)
            whole = all(exact and len(masks) == shortest for masks, exact in runs)
            columns = zip(*(masks[:shortest] for masks, _ in runs), strict=True)
            return [reduce(or_, column) for column in columns], whole
        case Repeat(item, at_least, at_most):
            if at_least == 0:
                return [], at_most == 0
            masks, whole = fixed_run(item, limit, from_end=from_end)
            if not whole or not masks:
                return masks, whole
            times = min(at_least, -(-limit // len(masks)))
            return masks * times, times == at_least == at_most


def strings_of(node: Node, limit: int) -> frozenset[bytes] | None:
    """All strings of the node, or None if there are more than `limit`."""
    match node:
        case Octets(mask):
            if mask.bit_count() > limit:
                return None
            return frozenset(bytes([octet]) for octet in range(128) if mask >> octet & 1)
        case Sequence(items):
            return _concatenate((strings_of(item, limit) for item in items), limit)
        case Choice(items):
            return _union((strings_of(item, limit) for item in items), limit)
        case Repeat(item, at_least, at_most):
            if at_most is None or at_most > limit:
                return None
            once = strings_of(item, limit)
            times = range(at_least, at_most + 1)
            return _union((_concatenate([once] * count, limit) for count in times), limit)


def _union(parts: Iterable[frozenset[bytes] | None], limit: int) -> frozenset[bytes] | None:
    whole: frozenset[bytes] = frozenset()
    for part in parts:
        if part is None or len(whole | part) > limit:
            return None
        whole |= part
    return whole


def _concatenate(parts: Iterable[frozenset[bytes] | None], limit: int) -> frozenset[bytes] | None:
    whole: frozenset[bytes] = frozenset([b""])
    for part in parts:
        if part is None or len(whole) * len(part) > limit:
            return None
        whole = frozenset(head + tail for head in whole for tail in part)
    return whole
