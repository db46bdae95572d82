"""The slip carries the SHA-256 of just this body: slip and body of different mails cannot be mixed."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "slip-matches-body"


def check(facts: Facts) -> Refusal | None:
    """Over the dearmored packets."""
    if facts.slip is None or facts.slip.slip is None:
        return None
    return Refusal(POLICY, NAME) if facts.slip.slip.body_sha256 != facts.body_sha256 else None
