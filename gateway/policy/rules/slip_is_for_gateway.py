"""The slip, or the mail around it, is encrypted to this gateway and at most to its sender besides."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "slip-is-for-gateway"


def check(facts: Facts) -> Refusal | None:
    """A third reader of slips would see the envelope plane."""
    if facts.slip is None:
        return None
    own = facts.sender.encryption_key_ids(facts.gateway.now)
    recipients = frozenset(facts.slip.recipients)
    if not recipients & facts.gateway.key_ids or not recipients <= facts.gateway.key_ids | own:
        return Refusal(POLICY, NAME)
    return None
