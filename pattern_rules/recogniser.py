"""Whose UID is this? A pure function: library, octets, day and membership in; verdict and ranked candidates out.

Nothing is case-folded or repaired. Every candidate is reported; a few named rules say which of them decide.
"""

from dataclasses import dataclass, replace
from datetime import date

from pattern_rules.checks import CheckResult, Rule, run, time_of
from pattern_rules.expression_tree import MAX_UID_OCTETS
from pattern_rules.library import Library, Pattern
from pattern_rules.membership import Members, is_member
from pattern_rules.readings import Reading, admissible, readings
from pattern_rules.recognition import Candidate, Obstacle, Recognition, Standing, Stem, Verdict

_ORDER = {standing: place for place, standing in enumerate(Standing)}


@dataclass(frozen=True, slots=True)
class _Question:
    on: date | None
    made: date | None
    members: Members

    def is_member(self, party: str) -> bool:
        return is_member(self.members, party, self.on)


def recognise(
    library: Library,
    uid: bytes,
    *,
    on: date | None,
    members: Members,
    own_party: str | None = None,
    made: date | None = None,
) -> Recognition:
    """Recognises one UID.

    uid: octets as typed or scanned. on: day of the question in UTC, for membership, validity and time stamps; None:
    these are judged without a day (see MembershipPeriod). members: who is a Party. own_party: code of the asking Party.
    made: day of manufacture where it is known otherwise; a time stamp in the UID takes precedence.
    Returns the recognition; never raises for any octets.
    """
    read = [reading for reading in readings(uid) if admissible(reading.octets)]
    if not read:
        return Recognition(Verdict.INADMISSIBLE, "", (), (), library.version, _obstacle(uid))
    found = _candidates(library, read, _Question(on, made, members))
    # Mostly there is one candidate, which has nothing to be compared with.
    ranked = tuple(found) if len(found) < 2 else tuple(sorted(_with_rules_between(found), key=_rank))
    verdict, parties = _verdict(ranked, own_party)
    return Recognition(verdict, parties[0] if len(parties) == 1 else "", parties, ranked, library.version)


def _candidates(library: Library, read: list[Reading], question: _Question) -> list[Candidate]:
    found: dict[tuple[str, str], Candidate] = {}
    for reading in read:
        for pattern in library.index.possible(reading.octets):
            matched = pattern.parts(reading.octets)
            if matched is None:
                continue
            candidate = _candidate(pattern, reading, dict(matched), question)
            found.setdefault((pattern.id, candidate.party), candidate)
    return list(found.values())


def _candidate(pattern: Pattern, reading: Reading, parts: dict[str, bytes], question: _Question) -> Candidate:
    checks = tuple(run(check, reading.octets, parts, question.on) for check in pattern.checks)
    party = pattern.owner(parts)
    return Candidate(
        pattern=pattern,
        pattern_id=pattern.id,
        party=party,
        member=bool(party) and pattern.member and question.is_member(party),
        standing=_standing(pattern, party, checks, question.on, _made(pattern, parts) or question.made),
        reading=reading,
        parts=parts,
        checks=checks,
        stem=_stem(pattern, party, parts),
    )


def _stem(pattern: Pattern, party: str, parts: dict[str, bytes]) -> Stem | None:
    if not pattern.stem:
        return None
    return Stem(party, pattern.stem, tuple(parts.get(name, b"") for name in pattern.stem_parts))


def _made(pattern: Pattern, parts: dict[str, bytes]) -> date | None:
    for check in pattern.checks:
        if check.rule is Rule.TIMESTAMP and all(name in parts for name in check.over):
            stamp = time_of(b"".join(parts[name] for name in check.over))
            return stamp.date() if stamp else None
    return None


def _standing(
    pattern: Pattern, party: str, checks: tuple[CheckResult, ...], on: date | None, made: date | None
) -> Standing:
    """What a candidate counts for by itself, before it is compared with others."""
    if pattern.fallback:
        return Standing.FALLBACK
    if not party:
        return Standing.NO_PARTY
    if pattern.valid.excludes(on) or pattern.made.excludes(made):
        return Standing.NOT_IN_FORCE
    return Standing.CHECKS_FAILED if any(result.failed for result in checks) else Standing.DECIDES


def _with_rules_between(found: list[Candidate]) -> list[Candidate]:
    """Applies the rules that compare candidates: the literal reading first, the longer prefix, declared yielding."""
    first = next((candidate.reading for candidate in found if candidate.standing is Standing.DECIDES), None)
    if first is None:
        return found
    rivals = [c for c in found if c.standing is Standing.DECIDES and c.reading == first]
    standing_back = {c.pattern_id for c in rivals if any(_yields(c, other) for other in rivals)}
    if len(standing_back) == len({c.pattern_id for c in rivals}):
        standing_back = set()  # each stands back for another: a human decides

    def settled(candidate: Candidate) -> Candidate:
        if candidate.standing is not Standing.DECIDES:
            return candidate
        if candidate.reading != first:
            return replace(candidate, standing=Standing.LATER_READING)
        return replace(candidate, standing=Standing.YIELDS) if candidate.pattern_id in standing_back else candidate

    return [settled(candidate) for candidate in found]


def _yields(candidate: Candidate, other: Candidate) -> bool:
    """Whether `candidate` stands back for `other`, which matches the same reading."""
    if other.pattern_id in candidate.pattern.yields_to:
        return True
    if candidate.pattern_id in other.pattern.yields_to:
        return False
    # An issuer code that continues another one is a different issuer (ISO/IEC 15459-2: `LE` and `LECNI`).
    mine, longer = candidate.pattern.prefix, other.pattern.prefix
    return 0 < len(mine) < len(longer) and longer.startswith(mine)


def _rank(candidate: Candidate) -> tuple[int, int, int, int, str]:
    return (
        _ORDER[candidate.standing],
        len(candidate.reading.steps),
        -len(candidate.pattern.prefix),
        -candidate.pattern.priority,
        candidate.pattern_id,
    )


def _verdict(ranked: tuple[Candidate, ...], own_party: str | None) -> tuple[Verdict, tuple[str, ...]]:
    deciding = [candidate for candidate in ranked if candidate.standing is Standing.DECIDES]
    parties = tuple(sorted({candidate.party for candidate in deciding}))
    if not deciding:
        return _verdict_without_decision(ranked)
    if not any(candidate.member for candidate in deciding):
        return Verdict.NOT_A_MEMBER, parties
    if len(parties) > 1:
        return Verdict.SEVERAL_PARTIES, parties
    if parties[0] == own_party:
        return Verdict.OWN_PARTY, parties
    return Verdict.ROUTABLE, parties


def _verdict_without_decision(ranked: tuple[Candidate, ...]) -> tuple[Verdict, tuple[str, ...]]:
    for standing, verdict in (
        (Standing.CHECKS_FAILED, Verdict.CHECKS_FAILED),
        (Standing.NOT_IN_FORCE, Verdict.NOT_IN_FORCE),
        (Standing.NO_PARTY, Verdict.NO_PARTY),
        (Standing.FALLBACK, Verdict.ISSUER_UNKNOWN),
    ):
        parties = {candidate.party for candidate in ranked if candidate.standing is standing}
        if parties:
            return verdict, tuple(sorted(parties - {""}))
    return Verdict.UNKNOWN, ()


def _obstacle(uid: bytes) -> Obstacle:
    if not uid:
        return Obstacle.EMPTY
    if len(uid) > MAX_UID_OCTETS:
        return Obstacle.TOO_LONG
    return Obstacle.CONTROL_CHARACTER if uid.isascii() else Obstacle.NOT_ASCII
