"""The next version of the library, made from the one in force, pending declarations and consents; and what stands
against it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.library.declaration import DeclaredPattern
from gateway.library.statements import Consent, Effect
from pattern_rules import Library, Pattern
from pattern_rules.review import Finding, Remark, Review, Weight
from pattern_rules.writer import write_successor

_ABOUT_EXAMPLES = {Finding.EXAMPLE_MOVES, Finding.EXAMPLE_NO_LONGER_RECOGNISED}


@dataclass(frozen=True, slots=True)
class Declaration:
    """A verified declaration. sha256: of its form. party: whose it is."""

    sha256: str
    party: str
    patterns: tuple[DeclaredPattern, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A remark of the review, and the Parties whose consent it still needs."""

    remark: Remark
    missing: frozenset[str]

    @property
    def stands(self) -> bool:
        """Whether it stands in the way of publication."""
        return self.remark.weight is Weight.BLOCKS or bool(self.missing)


def next_library(
    before: Library, declarations: Sequence[Declaration], consents: Iterable[Consent], *, issued: date, expires: date
) -> bytes:
    """The library that follows `before`: retired, amended and declared patterns, and those that stand back."""
    declared = {one.id: one.pattern for declaration in declarations for one in declaration.patterns}
    kept = [declared.get(pattern.id, pattern) for pattern in before.patterns]
    patterns = [*kept, *(pattern for name, pattern in declared.items() if name not in before.by_id)]
    standing_back = _standing_back({pattern.id: pattern for pattern in patterns}, consents)
    patterns = [
        replace(pattern, yields_to=_with(pattern.yields_to, standing_back.get(pattern.id, ()))) for pattern in patterns
    ]
    return write_successor(before, patterns, issued=issued, expires=expires)


def binding_consents(
    before: Library, declarations: Sequence[Declaration], consents: Iterable[Consent]
) -> tuple[Consent, ...]:
    """The consents that are about exactly these documents: an amended declaration needs a new consent."""
    holds = dict.fromkeys(before.by_id, before.sha256)
    holds |= {one.id: declaration.sha256 for declaration in declarations for one in declaration.patterns}
    return tuple(consent for consent in consents if holds.get(consent.other_id) == consent.document)


def judge(
    review: Review, after: Library, declarations: Sequence[Declaration], consents: Sequence[Consent]
) -> tuple[Judged, ...]:
    """Each remark of the review, with the Parties whose consent is missing.

    A declaring Party has signed for its own patterns; every other Party concerned must sign a consent for the pair.
    """
    declared_by = {one.id: declaration.party for declaration in declarations for one in declaration.patterns}
    return tuple(Judged(remark, _missing(remark, after, declared_by, consents)) for remark in review.remarks)


def _missing(
    remark: Remark, after: Library, declared_by: dict[str, str], consents: Sequence[Consent]
) -> frozenset[str]:
    if remark.weight is not Weight.NEEDS_CONSENT:
        return frozenset()
    if remark.finding in _ABOUT_EXAMPLES:
        concerned = after.by_id.get(remark.pattern_id)
        owners = concerned.owners if concerned is not None else frozenset()
        given = {one.party for one in consents if one.pattern_id == remark.pattern_id and one.other_id in declared_by}
        return owners - given - {declared_by.get(remark.pattern_id, "")}
    missing: set[str] = set()
    for touched, other in ((remark.pattern_id, remark.other_id), (remark.other_id, remark.pattern_id)):
        if touched in declared_by:
            given = {one.party for one in consents if (one.pattern_id, one.other_id) == (other, touched)}
            missing |= after.by_id[other].owners - given - {declared_by[touched]}
    return frozenset(missing)


def _standing_back(patterns: dict[str, Pattern], consents: Iterable[Consent]) -> dict[str, tuple[str, ...]]:
    """Which pattern yields to which: all its owners must have said so."""
    said: dict[tuple[str, str], set[str]] = {}
    for consent in consents:
        if consent.effect is Effect.STANDS_BACK and {consent.pattern_id, consent.other_id} <= patterns.keys():
            said.setdefault((consent.pattern_id, consent.other_id), set()).add(consent.party)
    result: dict[str, tuple[str, ...]] = {}
    for (mine, other), parties in sorted(said.items()):
        if patterns[mine].owners <= parties:
            result[mine] = (*result.get(mine, ()), other)
    return result


def _with(known: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return (*known, *(one for one in more if one not in known))
