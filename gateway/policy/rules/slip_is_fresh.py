"""The slip was made not long ago, has not expired, and does not ask to live longer than allowed."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "slip-is-fresh"


def check(facts: Facts) -> Refusal | None:
    """The sender's clock may be ahead by the tolerance."""
    if facts.slip is None or facts.slip.slip is None:
        return None
    slip, gateway = facts.slip.slip, facts.gateway
    if slip.created > gateway.now + gateway.clock_tolerance or slip.expires <= gateway.now:
        return Refusal(POLICY, NAME)
    if slip.expires - slip.created > gateway.slip_life:
        return Refusal(POLICY, NAME)
    return None
