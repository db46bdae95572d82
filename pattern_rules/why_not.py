"""Why is a UID not one of a given Party's? For each of its patterns: how far it fits, and what stops it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pattern_rules.automaton import bits_of, build
from pattern_rules.library import Library, Pattern
from pattern_rules.membership import Members
from pattern_rules.readings import admissible, readings
from pattern_rules.recogniser import recognise
from pattern_rules.recognition import Candidate


class Reason(StrEnum):
    """What stops a pattern. MATCHES: nothing; the candidate's standing says why it does not decide, if so."""

    MATCHES = "matches"
    LENGTH = "length"
    CHARACTER = "character"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """One pattern of the Party. position: of the first octet that does not fit, from 1. length: of the UID, octets."""

    pattern: Pattern
    reason: Reason
    position: int
    length: int
    candidate: Candidate | None


def why_not(
    library: Library, uid: bytes, party: str, *, on: date | None, members: Members, own_party: str | None = None
) -> tuple[WhyNot, ...]:
    """For each active pattern of `party`: whether `uid` matches it, and if not, what stops it; the nearest first.

    party: code. The other arguments are those of `recognise`. Empty if the Party has no active pattern.
    """
    found = recognise(library, uid, on=on, members=members, own_party=own_party)
    matching = {candidate.pattern_id: candidate for candidate in found.candidates if candidate.party == party}
    answers = [
        WhyNot(pattern, Reason.MATCHES, 0, len(uid), matching[pattern.id])
        if pattern.id in matching
        else _nearest(pattern, uid)
        for pattern in library.patterns
        if pattern.active and party in pattern.owners
    ]
    return tuple(sorted(answers, key=_distance))


def _nearest(pattern: Pattern, uid: bytes) -> WhyNot:
    """The reading that gets furthest; a UID that can be none is judged as typed."""
    texts = [reading.octets for reading in readings(uid) if admissible(reading.octets)] or [uid]
    return min((_judge(pattern, octets) for octets in texts), key=_distance)


def _judge(pattern: Pattern, octets: bytes) -> WhyNot:
    automaton = build(pattern.expression.tree)
    states = automaton.first
    for number, octet in enumerate(octets, start=1):
        reading = [p for p in bits_of(states) if octet < 128 and automaton.masks[p] >> octet & 1]
        if not reading:
            too_much = states == 0  # nothing may follow at all: the UID is longer than the pattern
            return WhyNot(pattern, Reason.LENGTH if too_much else Reason.CHARACTER, number, len(octets), None)
        states = 0
        for p in reading:
            states |= automaton.follow[p]
    if len(octets) > pattern.max_length:
        return WhyNot(pattern, Reason.LENGTH, 0, len(octets), None)
    return WhyNot(pattern, Reason.INCOMPLETE, len(octets) + 1, len(octets), None)


def _distance(answer: WhyNot) -> tuple[bool, int, int, str]:
    return (answer.reason is not Reason.MATCHES, -answer.position, -answer.pattern.priority, answer.pattern.id)
