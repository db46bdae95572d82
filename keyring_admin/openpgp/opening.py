"""Open a message encrypted to us, and verify the one signature inside. Runs in resource-limited children only.

rPGP decrypts (it reads what every client writes, compressed or not), Sequoia judges the signature (its policy
refuses SHA-1, MD5 and revoked signers). What a signature proves is who signed these octets, not for whom: the
signed content must name its recipient itself.
"""

from dataclasses import dataclass, field
from datetime import datetime

import pysequoia
from openpgp.composed import DecryptedMessage, Message, SignedSecretKey
from openpgp.errors import Error as RpgpError


class UnopenableError(ValueError):
    """One error for every failure to decrypt: wrong key, tampering, nesting, size. It says nothing more."""

    def __init__(self) -> None:
        super().__init__("the message cannot be opened")


class BadSignatureError(ValueError):
    """Not exactly one good signature by the given certificate."""

    def __init__(self) -> None:
        super().__init__("the message is not signed as required")


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """The plaintext of a message and its signature packets (bodies, without packet headers)."""

    data: bytes = field(repr=False)
    signatures: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: fingerprint of the signing key, upper-case hex, and when the signature says it was made."""

    fingerprint: str
    signed_at: datetime


def open_message(octets: bytes, secret: SignedSecretKey, *, limit: int) -> OpenedMessage:
    """Decrypt one encrypted message whose structure the packet walk has accepted.

    limit: octets of plaintext after decompression. The caller bounds memory: the library does not.
    Raises UnopenableError.
    """
    try:
        return inner_message(Message.from_bytes(octets).decrypt("", secret), limit=limit)
    except (RpgpError, MemoryError):
        raise UnopenableError from None


def inner_message(message: Message | DecryptedMessage, *, limit: int) -> OpenedMessage:
    """What stands inside an encrypted message: signed or not, compressed at most once, one literal.

    Raises UnopenableError, or the library's own error.
    """
    if message.is_nested:
        raise UnopenableError
    data = message.as_data_vec()
    if len(data) > limit:
        raise UnopenableError
    return OpenedMessage(data=data, signatures=tuple(signature.to_bytes() for signature in message.signatures()))


def verify_signer(opened: OpenedMessage, certificate: bytes) -> Signer:
    """The key that made the one signature of a message. Raises BadSignatureError.

    certificate: binary transferable public key. Whether that key was in force is for the caller to decide.
    """
    if len(opened.signatures) != 1:
        raise BadSignatureError
    try:
        cert = pysequoia.Cert.from_bytes(certificate)
        signature = pysequoia.Sig.from_bytes(_signature_packet(opened.signatures[0]))
        verified = pysequoia.verify(bytes=opened.data, signature=signature, store=lambda _ids: [cert])
    except (RuntimeError, OSError):
        raise BadSignatureError from None
    if len(verified.valid_sigs) != 1 or signature.created is None:
        raise BadSignatureError
    return Signer(fingerprint=str(verified.valid_sigs[0].signing_key).upper(), signed_at=signature.created)


def _signature_packet(body: bytes) -> bytes:
    # RFC 9580 §4.2.1: packet type 2 in the new format, with a five-octet length
    return b"\xc2\xff" + len(body).to_bytes(4, "big") + body
