"""The slip was not used before, or the same body comes again: an honest retry."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "slip-is-unseen"


def check(facts: Facts) -> Refusal | None:
    """(officer, slip id) is unique until expiry; a retry is answered 250 and not delivered twice."""
    if facts.slip is None:
        return None
    seen = facts.slip.seen_body_sha256
    return Refusal(POLICY, NAME) if seen is not None and seen != facts.body_sha256 else None
