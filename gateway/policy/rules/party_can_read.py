"""The addressed Party has a reading certificate in force."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "party-can-read"


def check(facts: Facts) -> Refusal | None:
    """DESIGN §8: new mail to a Party without a valid reading certificate is refused in the dialogue."""
    return Refusal(POLICY, NAME) if not facts.party_key_ids else None
