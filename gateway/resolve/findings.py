"""What the library says about the UIDs asked, and which Parties can be asked next. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.resolve.request import PartyHere, ResolveRequest
from pattern_rules import Library, Recognition, Verdict, recognise
from pattern_rules.suggestions import Suggestion, suggestions

# A query may follow: to the one Party, or, as a human decides, to one of several.
_CAN_BE_SENT = frozenset({Verdict.ROUTABLE, Verdict.SEVERAL_PARTIES})


@dataclass(frozen=True, slots=True)
class Finding:
    """One UID, whose it is, and what else it may have been meant to be."""

    uid: bytes = field(repr=False)
    recognition: Recognition = field(repr=False)
    suggested: tuple[Suggestion, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PartyFinding:
    """A Party that holds at least one of the UIDs. decided: whether all of them are this Party's alone."""

    party: PartyHere
    uids: tuple[bytes, ...] = field(repr=False)
    decided: bool


def look_up(library: Library, uids: Sequence[bytes], request: ResolveRequest) -> tuple[Finding, ...]:
    """Recognise every UID, as of today, with the Parties of the request as members."""
    today = request.now.date()
    codes = frozenset(party.code for party in request.parties)

    def member(party: str, _on: date | None) -> bool:
        return party in codes

    found = []
    for uid in uids:
        recognition = recognise(library, uid, on=today, members=member, own_party=request.own_party)
        sure = recognition.verdict in _CAN_BE_SENT or recognition.verdict is Verdict.OWN_PARTY
        suggested = () if sure else suggestions(library, uid, on=today, members=member, own_party=request.own_party)
        found.append(Finding(uid, recognition, tuple(suggested)))
    return tuple(found)


def parties_to_ask(findings: Sequence[Finding], request: ResolveRequest) -> tuple[PartyFinding, ...]:
    """The Parties a query can go to, in the order of their codes. The officer's own is none of them."""
    found = []
    for party in request.parties:
        theirs = [one for one in findings if one.recognition.verdict in _CAN_BE_SENT and party.code in _named(one)]
        if theirs and party.code != request.own_party:
            decided = all(one.recognition.verdict is Verdict.ROUTABLE for one in theirs)
            found.append(PartyFinding(party, tuple(one.uid for one in theirs), decided))
    return tuple(sorted(found, key=lambda one: one.party.code))


def _named(finding: Finding) -> tuple[str, ...]:
    return finding.recognition.parties
