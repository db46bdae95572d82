"""What one body part that is no multipart holds: an OpenPGP message, nothing, or something to read."""

import binascii
from dataclasses import dataclass
from enum import Enum, auto

from gateway.gate.header import HeaderSection
from gateway.gate.parameters import Structured, content_disposition, content_type, transfer_encoding
from gateway.gate.refusal import malformed
from gateway.gate.skeleton import is_empty_text
from keyring_admin.openpgp import (
    ArmorKind,
    EncryptedMessage,
    OpenPGPRefusedError,
    dearmor,
    inspect_message,
    is_armored,
)
from keyring_admin.openpgp.radix64 import decode_block

_BEGIN = b"-----BEGIN PGP MESSAGE-----"
# First octets of a session key packet in both formats (RFC 9580 §4.2): for a public key, for a password.
_SESSION_KEY_OCTETS = frozenset(bytes([octet]) for octet in (0x84, 0x85, 0x86, 0xC1, 0x8C, 0x8D, 0x8E, 0xC3))
# How clients label an attached .asc, .pgp or .gpg file; shared-mime-info, /etc/mime.types, Windows, Apple.
_ATTACHMENT_TYPES = frozenset(
    {
        "application/octet-stream",
        "application/pgp-encrypted",
        "application/pgp",
        "application/pgp-keys",
        "application/pgp-signature",
        "application/x-pgp",
        "application/x-pgp-encrypted",
        "application/x-gpg",
        "text/plain",
    }
)


class LeafKind(Enum):
    """MESSAGE: one OpenPGP message as an attachment. EMPTY: dropped. LOOSE: armor that is no attachment.
    CLEARTEXT: anything else."""

    MESSAGE = auto()
    EMPTY = auto()
    LOOSE = auto()
    CLEARTEXT = auto()


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a part holds. message: only of LeafKind.MESSAGE."""

    kind: LeafKind
    message: EncryptedMessage | None = None


def read_leaf(header: HeaderSection, body: bytes, *, inner: bool, attachable: bool) -> Leaf:
    """Classify one part.

    inner: whether the part was itself encrypted, so that copies of header fields and the sender's public key, which
    clients add by themselves, are dropped. attachable: whether only multipart/mixed stands above the part.
    Raises GateRefusedError, OpenPGPRefusedError.
    """
    media = content_type(header)
    if media.value.startswith(("message/", "multipart/encrypted")):
        raise malformed("nested-" + media.value.partition("/")[0])
    if inner and _is_client_addition(media, body):
        return Leaf(LeafKind.EMPTY)
    encoding = transfer_encoding(header)
    data = _decode(encoding, body)
    if media.value in _ATTACHMENT_TYPES and _begins_like_openpgp(data, media):
        if encoding == "quoted-printable":
            raise malformed("attachment-encoding")
        if attachable and _is_attachment(header, media):
            octets = dearmor(data) if is_armored(data) else data
            return Leaf(LeafKind.MESSAGE, inspect_message(octets))
        return Leaf(LeafKind.LOOSE)
    if media.value == "application/pgp-encrypted":  # the control part of a mail that was taken apart on the way
        raise malformed("nested-control-part")
    if _BEGIN in body and media.value in _ATTACHMENT_TYPES and _is_attachment(header, media):
        raise malformed("armor-surrounded")
    if media.value not in {"text/plain", "text/html"} or _is_attachment(header, media, named=False):
        return Leaf(LeafKind.CLEARTEXT)
    legacy = inner and media.parameter_names & {"protected-headers", "hp-legacy-display"}
    charset = (media.parameter("charset") or "us-ascii").lower()
    markup = media.value == "text/html"
    empty = is_empty_text(data, charset, markup=markup, legacy_display=bool(legacy))
    return Leaf(LeafKind.EMPTY if empty else LeafKind.CLEARTEXT)


def _decode(encoding: str, body: bytes) -> bytes:
    """The octets after the transfer encoding. Raises GateRefusedError for base64 with a second reading."""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding != "base64":
        return body
    lines = body.strip(b"\r\n")
    try:
        return decode_block(lines, b"\r\n") if lines else b""
    except ValueError:
        raise malformed("base64") from None


def _begins_like_openpgp(data: bytes, media: Structured) -> bool:
    if data[:1] in _SESSION_KEY_OCTETS:
        return not media.value.startswith("text/")
    return data.lstrip(b"\r\n").startswith(_BEGIN)


def _is_attachment(header: HeaderSection, media: Structured, *, named: bool = True) -> bool:
    """Whether a client would show the part as a file; `named`: a file name alone is enough."""
    disposition = content_disposition(header)
    if disposition is not None and disposition.value == "attachment":
        return True
    names = media.parameter_names | (disposition.parameter_names if disposition else frozenset())
    return named and any(name.startswith(("name", "filename")) for name in names)


def _is_client_addition(media: Structured, body: bytes) -> bool:
    if media.value == "text/rfc822-headers":  # Enigmail's copy of the protected headers
        return "protected-headers" in media.parameter_names
    if media.value != "application/pgp-keys":
        return False
    try:
        dearmor(body, ArmorKind.PUBLIC_KEY)  # Thunderbird attaches the signer's certificate
    except OpenPGPRefusedError:
        return False
    return True
