"""The addressed Party has a reading certificate in force."""

from gateway.policy.facts import Facts, NoticeKind, Refusal
from gateway.replies import POLICY

NAME = "party-can-read"


def check(facts: Facts) -> Refusal | None:
    """DESIGN §8: new mail to a Party without a valid reading certificate is refused in the dialogue.

    The reply says no more than others; a notice tells the officer why.
    """
    return Refusal(POLICY, NAME, NoticeKind.PARTY_CANNOT_READ) if not facts.party_key_ids else None
