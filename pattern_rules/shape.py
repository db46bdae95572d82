"""The shape of a pattern: what its UIDs look like from the outside, which is what the index files by."""

from dataclasses import dataclass

from pattern_rules.expression_tree import Choice, Node, fixed_run

FRONT = 20  # positions looked at from the start
BACK = 8  # positions looked at from the end


@dataclass(frozen=True, slots=True)
class Shape:
    """front, back: octet sets of the first and last positions, nearest to the edge first. Lengths in octets."""

    front: tuple[int, ...]
    back: tuple[int, ...]
    min_length: int
    max_length: int

    @property
    def prefix(self) -> bytes:
        """The octets every string begins with."""
        prefix = bytearray()
        for mask in self.front:
            if mask.bit_count() != 1:
                break
            prefix.append(mask.bit_length() - 1)
        return bytes(prefix)

    def admits(self, octets: bytes) -> bool:
        """Whether length and fixed positions fit."""
        if not self.min_length <= len(octets) <= self.max_length:
            return False
        for mask, octet in zip(self.front, octets, strict=False):
            if not mask >> octet & 1:
                return False
        return all(mask >> octet & 1 for mask, octet in zip(self.back, reversed(octets), strict=False))


def shape_of(tree: Node, min_length: int, max_length: int) -> Shape:
    """The one shape all strings of the tree have."""
    return Shape(
        tuple(fixed_run(tree, FRONT)[0][:FRONT]),
        tuple(fixed_run(tree, BACK, from_end=True)[0][:BACK]),
        max(min_length, tree.least),
        min(max_length, tree.most),
    )


def shapes_of(tree: Node, min_length: int, max_length: int) -> tuple[Shape, ...]:
    """A shape for each alternative at the top of the tree: together they say more than one for all."""
    alternatives = tree.items if isinstance(tree, Choice) else (tree,)
    return tuple(shape_of(alternative, min_length, max_length) for alternative in alternatives)
