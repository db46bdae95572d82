"""The position automaton of an expression (Glushkov 1961): states are the octet positions of the tree, sets are bits.

It answers what RE2 can't be asked: does it match everything, do two expressions share a string, and which.
"""

from dataclasses import dataclass

from pattern_rules.expression_tree import Choice, Node, Octets, Repeat, Sequence


@dataclass(frozen=True, slots=True)
class Automaton:
    """masks[p]: what position p reads. first, last: positions that can begin, end. follow[p]: what may be next."""

    masks: tuple[int, ...]
    first: int
    last: int
    follow: tuple[int, ...]
    nullable: bool


@dataclass(frozen=True, slots=True)
class _Fragment:
    first: int
    last: int
    nullable: bool


_EMPTY = _Fragment(0, 0, nullable=True)


class _Builder:
    def __init__(self) -> None:
        self.masks: list[int] = []
        self.follow: list[int] = []

    def fragment(self, node: Node) -> _Fragment:
        match node:
            case Octets(mask):
                self.masks.append(mask)
                self.follow.append(0)
                bit = 1 << len(self.masks) - 1
                return _Fragment(bit, bit, nullable=False)
            case Sequence(items):
                return self.chain([self.fragment(item) for item in items])
            case Choice(items):
                parts = [self.fragment(item) for item in items]
                first = last = 0
                for part in parts:
                    first |= part.first
                    last |= part.last
                return _Fragment(first, last, any(part.nullable for part in parts))
            case Repeat():
                return self.repeat(node)

    def repeat(self, node: Repeat) -> _Fragment:
        if node.at_most is not None:
            copies = [self.fragment(node.item) for _ in range(node.at_most)]
            optional = [_Fragment(part.first, part.last, nullable=True) for part in copies[node.at_least :]]
            return self.chain(copies[: node.at_least] + optional)
        copies = [self.fragment(node.item) for _ in range(max(1, node.at_least))]
        self.link(copies[-1].last, copies[-1].first)
        if node.at_least == 0:
            copies = [_Fragment(copies[0].first, copies[0].last, nullable=True)]
        return self.chain(copies)

    def chain(self, parts: list[_Fragment]) -> _Fragment:
        """One fragment after the other; from the right, so that each position is linked once."""
        rest = _EMPTY
        for part in reversed(parts):
            self.link(part.last, rest.first)
            rest = _Fragment(
                part.first | (rest.first if part.nullable else 0),
                rest.last | (part.last if rest.nullable else 0),
                part.nullable and rest.nullable,
            )
        return rest

    def link(self, positions: int, targets: int) -> None:
        for position in bits_of(positions if targets else 0):
            self.follow[position] |= targets


def bits_of(number: int) -> list[int]:
    """The numbers of the bits that are set, lowest first."""
    bits: list[int] = []
    while number:
        lowest = number & -number
        bits.append(lowest.bit_length() - 1)
        number ^= lowest
    return bits


def build(tree: Node) -> Automaton:
    """Builds the automaton of a tree of at most MAX_POSITIONS positions."""
    builder = _Builder()
    whole = builder.fragment(tree)
    return Automaton(tuple(builder.masks), whole.first, whole.last, tuple(builder.follow), whole.nullable)
