"""The library in force has not expired: a query is not routed by rules nobody answers for."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import TRY_AGAIN

NAME = "library-is-current"


def check(facts: Facts) -> Refusal | None:
    """Temporary: the Secretariat publishes a new version."""
    if facts.slip is None or facts.slip.slip is None or facts.slip.slip.pattern_id is None:
        return None
    return Refusal(TRY_AGAIN, NAME) if facts.library.expires <= facts.gateway.now else None
