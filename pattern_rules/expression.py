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

MAX_MEMORY = 1 << 20  # octets of RE2 program and automaton for one expression (RE-g27, RE-b01)
COMPILED_KEPT = 4096  # compiled expressions kept; a library of 100,000 would need gigabytes


class Match(Protocol):
    """What we use of a match of RE2."""

    def groupdict(self) -> Mapping[bytes, bytes | None]:
        """Named groups."""


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


def _compile(source: str) -> Compiled:
    try:
        return cast(Compiled, re2.compile(source.encode("ascii"), _OPTIONS))
    except re2.error:
        raise ExpressionError(ExpressionProblem.ENGINE_REFUSES) from None


_compiled = lru_cache(maxsize=COMPILED_KEPT)(_compile)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of the accepted subset.

    source: as declared. tree: its syntax tree. groups: trees of its named groups.
    """

    source: str
    tree: Node
    groups: Mapping[str, Node]

    @classmethod
    def accept(cls, source: str) -> "Expression":
        """Accepts an expression or refuses it with its reason (ExpressionError)."""
        tree, groups = parse(source)
        if tree.least == 0:  # RE-g13, RE-g15
            raise ExpressionError(ExpressionProblem.MATCHES_THE_EMPTY_STRING)
        if tree.least > MAX_UID_OCTETS:
            raise ExpressionError(ExpressionProblem.MATCHES_NOTHING)
        _compile(source)
        return cls(source, tree, groups)

    def parts(self, octets: bytes) -> tuple[tuple[str, bytes], ...] | None:
        """Matches the whole of `octets`; returns the named parts in the order of the expression, None if no match."""
        match = _compiled(self.source).fullmatch(octets)
        if match is None:
            return None
        found = match.groupdict()
        values = ((name, found.get(name.encode("ascii"))) for name in self.groups)
        return tuple((name, value) for name, value in values if value is not None)

    def matches(self, octets: bytes) -> bool:
        """Whether the whole of `octets` matches."""
        return _compiled(self.source).fullmatch(octets) is not None
