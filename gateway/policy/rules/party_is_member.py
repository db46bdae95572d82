"""The addressed Party exists, is active and a member today."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import NO_SUCH_MAILBOX

NAME = "party-is-member"


def check(facts: Facts) -> Refusal | None:
    """Information is exchanged between Parties only."""
    if facts.party is None or not facts.party.member_on(facts.gateway.now.date()):
        return Refusal(NO_SUCH_MAILBOX, NAME)
    return None
