"""The sender is an active officer of a Party that is active and a member today."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import SENDER_NOT_ACTIVE

NAME = "sender-is-active"


def check(facts: Facts) -> Refusal | None:
    """Officers and Parties may be suspended between AUTH and DATA."""
    officer, party = facts.sender.officer, facts.sender.party
    if officer is None or not officer.active or party is None or not party.member_on(facts.gateway.now.date()):
        return Refusal(SENDER_NOT_ACTIVE, NAME)
    return None
