"""The body can be read by the addressed Party, and by nobody else than the sender's side."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "recipients-are-allowed"


def check(facts: Facts) -> Refusal | None:
    """DESIGN §5.1: one recipient at least is the Party; the others may be it, the sender, the sender's Party.

    A forged key ID cannot be detected without the key: what is proven is to whom the sender claims to encrypt.
    """
    own = facts.sender.encryption_key_ids(facts.gateway.now)
    recipients = frozenset(facts.body_recipients)
    if not recipients & facts.party_key_ids or not recipients <= facts.party_key_ids | own | facts.sender.party_key_ids:
        return Refusal(POLICY, NAME)
    return None
