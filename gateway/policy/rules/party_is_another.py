"""A query does not go to the sender's own Party: its own UIDs are looked up at home."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "party-is-another"


def check(facts: Facts) -> Refusal | None:
    """One mail carries something from one Party to another."""
    if facts.party is not None and facts.sender.party is not None and facts.party.code == facts.sender.party.code:
        return Refusal(POLICY, NAME)
    return None
