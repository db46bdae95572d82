"""What a proposed library would change: everything a second person must have seen before it is published.

Findings, not decisions. BLOCKS: it can't be published so. NEEDS_CONSENT: another Party's UIDs are concerned; that Party
consents by declaring `yields-to` on its own pattern, or signs for it. TO_KNOW: look at it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pattern_rules.difference import Change, PatternChange, difference
from pattern_rules.library import Library, Pattern
from pattern_rules.overlap import Sharing, overlap
from pattern_rules.recogniser import recognise
from pattern_rules.recognition import Recognition


class Weight(StrEnum):
    """How much a finding weighs."""

    BLOCKS = "blocks"
    NEEDS_CONSENT = "needs-consent"
    TO_KNOW = "to-know"


class Finding(StrEnum):
    """What the review found."""

    NUMBER_DOES_NOT_FOLLOW = "number-does-not-follow"
    PREDECESSOR_DOES_NOT_MATCH = "predecessor-does-not-match"
    EXPIRES_EARLIER = "expires-earlier"
    EXAMPLE_MOVES = "example-moves"
    EXAMPLE_NO_LONGER_RECOGNISED = "example-no-longer-recognised"
    MATCHES_EXAMPLE_OF_ANOTHER_PARTY = "matches-example-of-another-party"
    OVERLAPS_ANOTHER_PARTY = "overlaps-another-party"
    OVERLAP_UNDECIDED = "overlap-undecided"
    OVERLAPS_A_STATE_THAT_IS_NOT_A_PARTY = "overlaps-a-state-that-is-not-a-party"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding. pattern_id: concerned, "" for the header. other_id: the second one. witness: a UID that shows it."""

    weight: Weight
    finding: Finding
    pattern_id: str = ""
    other_id: str = ""
    witness: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Review:
    """What changes, and what there is to say about it, heaviest first."""

    changes: tuple[PatternChange, ...]
    remarks: tuple[Remark, ...]

    @property
    def publishable(self) -> bool:
        """Whether nothing blocks it and nobody's consent is missing."""
        return all(remark.weight is Weight.TO_KNOW for remark in self.remarks)


def review(before: Library, after: Library, *, on: date) -> Review:
    """Compares the library in force with a proposed one.

    before: in force. after: proposed. on: day of the review, for validity. Only patterns that are new or changed are
    searched for overlaps: what was published was reviewed.
    """
    changes = difference(before, after)
    touched = [after.by_id[change.pattern_id] for change in changes if change.change is not Change.REMOVED]
    remarks = [
        *_header(before, after),
        *_examples(before, after, on),
        *_overlaps(after, [pattern for pattern in touched if pattern.active]),
        *(Remark(Weight.TO_KNOW, Finding.SYNTHETIC, pattern.id) for pattern in touched if pattern.synthetic),
    ]
    order = {weight: place for place, weight in enumerate(Weight)}
    return Review(changes, tuple(sorted(remarks, key=lambda remark: order[remark.weight])))


def _header(before: Library, after: Library) -> Iterator[Remark]:
    if after.version != before.version + 1:
        yield Remark(Weight.BLOCKS, Finding.NUMBER_DOES_NOT_FOLLOW)
    if after.predecessor != before.sha256:
        yield Remark(Weight.BLOCKS, Finding.PREDECESSOR_DOES_NOT_MATCH)
    if after.expires < before.expires:
        yield Remark(Weight.TO_KNOW, Finding.EXPIRES_EARLIER)


def _examples(before: Library, after: Library, on: date) -> Iterator[Remark]:
    """UIDs of earlier declarations: each must still go where it went."""

    def parties(library: Library, uid: bytes) -> Recognition:
        declared = library.declared_members()
        return recognise(library, uid, on=on, members=lambda party, _on: party in declared)

    for pattern in before.patterns:
        for example in pattern.examples if pattern.active and pattern.owners else ():
            was, becomes = parties(before, example), parties(after, example)
            if was.parties and not becomes.parties:
                yield Remark(Weight.NEEDS_CONSENT, Finding.EXAMPLE_NO_LONGER_RECOGNISED, pattern.id, "", example)
            elif was.parties != becomes.parties:
                best = becomes.candidates[0].pattern_id
                yield Remark(Weight.NEEDS_CONSENT, Finding.EXAMPLE_MOVES, pattern.id, best, example)


def _overlaps(after: Library, touched: list[Pattern]) -> Iterator[Remark]:
    touched_ids = {pattern.id for pattern in touched}
    for pattern in touched:
        for other in after.patterns:
            pair_seen = other.id in touched_ids and other.id <= pattern.id
            if pair_seen or not other.active or not _compete(pattern, other):
                continue
            yield from _overlap_remarks(pattern, other)


def _compete(one: Pattern, two: Pattern) -> bool:
    """Whether a UID of both would be claimed by different owners, and neither stands back."""
    if not one.owners or not two.owners or (one.owners == two.owners and len(one.owners) == 1):
        return False
    return two.id not in one.yields_to and one.id not in two.yields_to


def _overlap_remarks(pattern: Pattern, other: Pattern) -> Iterator[Remark]:
    examples: Iterable[tuple[Pattern, Pattern]] = ((pattern, other), (other, pattern))
    for mine, theirs in examples:
        taken = next((example for example in theirs.examples if mine.parts(example) is not None), None)
        if taken is not None:
            yield Remark(_weight(mine, theirs), Finding.MATCHES_EXAMPLE_OF_ANOTHER_PARTY, mine.id, theirs.id, taken)
            return
    found = overlap(pattern, other)
    if found.sharing is Sharing.UNDECIDED:
        yield Remark(Weight.NEEDS_CONSENT, Finding.OVERLAP_UNDECIDED, pattern.id, other.id)
    elif found.sharing is Sharing.SHARED:
        yield Remark(_weight(pattern, other), _kind(pattern, other), pattern.id, other.id, found.witness)


def _weight(one: Pattern, two: Pattern) -> Weight:
    return Weight.NEEDS_CONSENT if one.member and two.member else Weight.TO_KNOW


def _kind(one: Pattern, two: Pattern) -> Finding:
    if one.member and two.member:
        return Finding.OVERLAPS_ANOTHER_PARTY
    return Finding.OVERLAPS_A_STATE_THAT_IS_NOT_A_PARTY
