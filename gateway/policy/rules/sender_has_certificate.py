"""The sender has a certificate in force: without one, the answer could not be encrypted to them."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "sender-has-certificate"


def check(facts: Facts) -> Refusal | None:
    """DESIGN §8: expired, revoked or withdrawn is refused."""
    certificate = facts.sender.certificate
    if certificate is None or not certificate.encryption_key_ids(facts.gateway.now):
        return Refusal(POLICY, NAME)
    return None
