"""The slip is signed by this officer's own certificate, in force, at a believable time."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "slip-is-signed"


def check(facts: Facts) -> Refusal | None:
    """Exactly one signature, by a key that may sign now; not from the future, not older than a slip may be."""
    if facts.slip is None:
        return None
    gateway, signer, signed_at = facts.gateway, facts.slip.signer, facts.slip.signed_at
    if signer is None or signed_at is None or signer not in facts.sender.signing_fingerprints(gateway.now):
        return Refusal(POLICY, NAME)
    if not gateway.now - gateway.slip_life <= signed_at <= gateway.now + gateway.clock_tolerance:
        return Refusal(POLICY, NAME)
    return None
