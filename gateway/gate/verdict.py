"""The verdict on a mail: the only place that says yes."""

from dataclasses import dataclass, field
from enum import Enum

from gateway.gate.direct import scan_direct
from gateway.gate.header import HeaderSection, split_entity
from gateway.gate.headers import Headers, extract_headers
from gateway.gate.inline import scan_inline
from gateway.gate.octets import check_octets
from gateway.gate.parameters import content_type
from gateway.gate.refusal import GateRefusedError, from_openpgp, malformed
from gateway.gate.sealed import is_container, scan_sealed
from gateway.replies import NOT_ENCRYPTED, Reply
from keyring_admin.openpgp import EncryptedMessage, OpenPGPRefusedError, dearmor, inspect_message, is_armored


class Shape(Enum):
    """How a mail carries its OpenPGP messages."""

    DIRECT = "direct"
    INLINE = "inline"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mail that is encrypted, and nothing else. messages: one, or two for Shape.SEALED, in the order of the mail."""

    shape: Shape
    headers: Headers = field(repr=False)
    messages: tuple[EncryptedMessage, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """reply: the constant SMTP reply. rule: stable short name of what was broken."""

    reply: Reply
    rule: str


def judge(mail: bytes, *, size_limit: int) -> Accepted | Refused:
    """Is this mail really encrypted, and nothing else? Never raises, whatever the input.

    mail: the raw mail with CR LF line ends. size_limit: in octets. Accepts RFC 3156 mails, one inline armor, and two
    OpenPGP messages as attachments; who may read them is not judged here.
    """
    try:
        check_octets(mail, size_limit)
        section, body = split_entity(mail)
        headers = extract_headers(section)
        shape, messages = _scan(section, body)
    except GateRefusedError as error:
        return Refused(error.reply, error.rule)
    except OpenPGPRefusedError as error:
        refusal = from_openpgp(error)
        return Refused(refusal.reply, refusal.rule)
    # This is the only place where a mail is accepted.
    return Accepted(shape, headers, messages)


def judge_message(octets: bytes) -> EncryptedMessage | Refused:
    """The same for a bare OpenPGP message, armored (CR LF or LF) or binary. Never raises."""
    try:
        return inspect_message(dearmor(octets) if is_armored(octets) else octets)
    except OpenPGPRefusedError as error:
        refusal = from_openpgp(error)
        return Refused(refusal.reply, refusal.rule)


def _scan(section: HeaderSection, body: bytes) -> tuple[Shape, tuple[EncryptedMessage, ...]]:
    media = content_type(section)
    if media.value == "multipart/encrypted":
        return Shape.DIRECT, (scan_direct(section, media, body),)
    if media.value == "text/plain":
        return Shape.INLINE, (scan_inline(section, media, body),)
    if is_container(media.value):
        return Shape.SEALED, scan_sealed(section, body)
    if media.value.startswith("message/"):
        raise malformed("nested-message")
    raise GateRefusedError(NOT_ENCRYPTED, "cleartext")
