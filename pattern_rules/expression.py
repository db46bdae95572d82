"""An accepted expression: parsed, bounded, and run by RE2 only (linear time), always as a full match.

Both our tree and RE2 must accept an expression; neither alone is enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, cast

import re2

from pattern_rules.errors import ExpressionError, ExpressionProblem
from pattern_rules.expression_parser import parse
from pattern_rules.expression_tree import MAX_UID_OCTETS, Node

MAX_MEMORY = 1 << 18  # octets of RE2 program and automaton for one expression (RE-g27, RE-b01)
COMPILED_KEPT = 131_072  # compiled expressions kept, about 3 KiB each for usual ones; one more costs 20 µs again


class Match(Protocol):
    """What we use of a match of RE2."""

    def group(self, number: int) -> bytes | None:
        """Octets of a group."""


class Compiled(Protocol):
    """What we use of a compiled expression of RE2."""

    def fullmatch(self, text: bytes) -> Match | None:
        """Matches the whole text."""


def engine_options() -> "re2.Options":
    """Options of RE2 for every expression: octets, not UTF-8; bounded memory; nothing written to standard error."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    return options


_OPTIONS = engine_options()


@lru_cache(maxsize=COMPILED_KEPT)
def _compiled(source: str) -> Compiled:
    try:
        return cast(Compiled, re2.compile(source.encode("ascii"), _OPTIONS))
    except re2.error:
        raise ExpressionError(ExpressionProblem.ENGINE_REFUSES) from None


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of the accepted subset.

    source: as declared. groups: names and numbers of its named groups, in order. positions: octets
    written out, a measure of its size. The tree is not kept: a library may have 100,000.
    """

    source: str
    groups: tuple[tuple[str, int], ...]
    positions: int

    @property
    def tree(self) -> Node:
        """Its syntax tree, parsed again."""
        return parse(self.source)[0]

    def parts(self, octets: bytes) -> tuple[tuple[str, bytes], ...] | None:
        """Matches the whole of `octets`; returns the named parts in the order of the expression, None if no match."""
        match = _compiled(self.source).fullmatch(octets)
        if match is None:
            return None
        return tuple((name, value) for name, number in self.groups if (value := match.group(number)) is not None)

    def matches(self, octets: bytes) -> bool:
        """Whether the whole of `octets` matches."""
        return _compiled(self.source).fullmatch(octets) is not None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An expression just accepted, with its tree and those of its named groups still at hand."""

    expression: Expression
    tree: Node
    groups: Mapping[str, Node]


def accept(source: str) -> Accepted:
    """Accepts an expression, or refuses it with its reason (ExpressionError)."""
    tree, groups = parse(source)
    if tree.least == 0:  # RE-g13, RE-g15
        raise ExpressionError(ExpressionProblem.MATCHES_THE_EMPTY_STRING)
    if tree.least > MAX_UID_OCTETS:
        raise ExpressionError(ExpressionProblem.MATCHES_NOTHING)
    _compiled(source)
    numbers = tuple((name, number) for name, (number, _) in groups.items())
    return Accepted(
        Expression(source, numbers, tree.positions), tree, {name: node for name, (_, node) in groups.items()}
    )
