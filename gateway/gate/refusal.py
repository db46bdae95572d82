"""Why the gate refuses, as an exception inside of the gate: the constant reply and a stable rule name."""

from gateway.replies import MALFORMED, NOT_ENCRYPTED, POLICY, Reply
from keyring_admin.openpgp import OpenPGPRefusedError, Rule

_NOT_ENCRYPTED = frozenset({Rule.ARMOR_ABSENT, Rule.ARMOR_CLEARTEXT_SIGNED, Rule.CLEARTEXT})
_POLICY = frozenset(
    {
        Rule.TOO_MANY_RECIPIENTS,
        Rule.HIDDEN_RECIPIENT,
        Rule.SYMMETRIC_SESSION_KEY,
        Rule.NO_RECIPIENT,
        Rule.RECIPIENT_ALGORITHM,
        Rule.NO_INTEGRITY,
        Rule.GNUPG_AEAD,
        Rule.DATA_NOT_RANDOM,
    }
)


class GateRefusedError(Exception):
    """A mail, or a MIME entity, is refused. Holds nothing of what was read.

    reply: what the SMTP dialogue says. rule: stable short name, for counters and for people.
    """

    def __init__(self, reply: Reply, rule: str) -> None:
        super().__init__(rule)
        self.reply = reply
        self.rule = rule


def malformed(rule: str) -> GateRefusedError:
    """A refusal for a structure with more than one reading, or none."""
    return GateRefusedError(MALFORMED, rule)


def from_openpgp(error: OpenPGPRefusedError) -> GateRefusedError:
    """The refusal for a broken OpenPGP rule."""
    if error.rule in _NOT_ENCRYPTED:
        reply = NOT_ENCRYPTED
    elif error.rule in _POLICY:
        reply = POLICY
    else:
        reply = MALFORMED
    return GateRefusedError(reply, error.rule.value)
