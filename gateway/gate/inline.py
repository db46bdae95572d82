"""The inline shape: a single text/plain whose body is one whole armor."""

from gateway.gate.header import HeaderSection
from gateway.gate.parameters import Structured, transfer_encoding
from gateway.gate.refusal import GateRefusedError, malformed
from gateway.replies import NOT_ENCRYPTED
from keyring_admin.openpgp import EncryptedMessage, dearmor, inspect_message

_BEGIN = b"-----BEGIN PGP MESSAGE-----"
# x-action: mutt. format, delsp: RFC 3676; an armor has no line that flowing would join. reply-type: Outlook Express.
_PARAMETERS = frozenset({"charset", "format", "delsp", "x-action", "reply-type"})


def scan_inline(header: HeaderSection, media: Structured, body: bytes) -> EncryptedMessage:
    """The OpenPGP message that a text/plain body consists of. Raises GateRefusedError, OpenPGPRefusedError."""
    encoding = transfer_encoding(header)
    if _BEGIN not in body:
        raise GateRefusedError(NOT_ENCRYPTED, "cleartext")
    # Claws Mail labels inline armor as binary; the octets are checked to be ASCII lines in any case.
    if encoding not in {"7bit", "8bit", "binary"}:
        raise malformed("inline-encoding")
    if not media.parameter_names <= _PARAMETERS:
        raise malformed("content-type")
    return inspect_message(dearmor(body))
