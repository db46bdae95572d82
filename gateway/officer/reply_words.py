"""What a refusal in the SMTP dialogue means to the officer whose tool sent the mail.

The reply itself is constant English for programs (RFC 5321 §4.2); it picks the explanation.
"""

from gateway.chain_words import REFUSALS
from gateway.replies import (
    MALFORMED,
    MESSAGE_TOO_BIG,
    NOT_ENCRYPTED,
    POLICY,
    SECRET_KEY_SENT,
    SENDER_MISMATCH,
    SENDER_NOT_ACTIVE,
)
from gateway.words import Sentence, phrase
from keyring_admin.certificate_refusal import CertificateRefusal

_MEANINGS = {
    NOT_ENCRYPTED: phrase("It was not encrypted, or not all of it. Only OpenPGP-encrypted mail is accepted."),
    MALFORMED: phrase("It is damaged, or can be read in more than one way. Make it again; do not forward or edit it."),
    MESSAGE_TOO_BIG: phrase("It is too large. Send fewer or smaller attachments."),
    SENDER_MISMATCH: phrase("Log in with the address that stands in From."),
    SENDER_NOT_ACTIVE: phrase("You are not admitted at present. Ask your administrator."),
    SECRET_KEY_SENT: REFUSALS[CertificateRefusal.SECRET],
    POLICY: phrase(
        "A rule of the gateway forbids it: check addressee, certificates, your copy of the pattern library and your "
        "rights. If the pattern belongs to another Party now, a notice in your INBOX names it."
    ),
}
_TRY_AGAIN = phrase("The gateway cannot take the mail now. Send it again later.")
_UNEXPLAINED = phrase("Ask your administrator what the code means.")


def refusal(reply: str) -> Sentence:
    """The sentence for a reply line such as "550 5.7.1 refused by policy"."""
    return phrase("the gateway refused the mail: {reply}. {meaning}", reply=reply, meaning=_meaning(reply))


def _meaning(reply: str) -> Sentence:
    for known, meaning in _MEANINGS.items():
        if reply.startswith(known.line):
            return meaning
    # RFC 5321 §4.2.1: 4yz asks for another try
    return _TRY_AGAIN if reply.startswith("4") else _UNEXPLAINED
