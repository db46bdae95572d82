"""Where the deployment demands it: the Subject says nothing. It travelled in the clear to this gateway."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "subject-is-obscured"


def check(facts: Facts) -> Refusal | None:
    """RFC 9788 obscures it; without this rule a readable Subject is dropped, not refused (security case m07)."""
    if facts.gateway.refuse_readable_subject and facts.sender.readable_subject:
        return Refusal(POLICY, NAME)
    return None
