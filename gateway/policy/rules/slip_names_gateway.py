"""The signed slip names this gateway, so that it cannot be taken from another one (surreptitious forwarding)."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "slip-names-gateway"


def check(facts: Facts) -> Refusal | None:
    """No OpenPGP library here checks the Intended Recipient subpacket (RFC 9580 §5.2.3.36)."""
    if facts.slip is None or facts.slip.slip is None:
        return None
    return Refusal(POLICY, NAME) if facts.slip.slip.gateway_fingerprint != facts.gateway.fingerprint else None
