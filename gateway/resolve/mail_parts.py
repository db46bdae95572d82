"""What an opened mail holds, whatever client wrote it: texts, and files that may be forms. Bounded, and fails closed.

HTML is passed over (without a text beside it nothing is asked); so are the sender's certificate, copies of header
fields, and a signature, which the caller verifies. Anything else that is attached would go unanswered without a word,
so it makes the mail unreadable. `keys@` reads the certificates that are passed over here.
"""

import binascii
from dataclasses import dataclass, field

from gateway.gate.header import HeaderSection, split_entity
from gateway.gate.multipart import split_multipart
from gateway.gate.octets import canonical_line_ends
from gateway.gate.parameters import Structured, content_type, transfer_encoding
from gateway.gate.refusal import GateRefusedError
from gateway.resolve.not_a_question import NotAQuestionError
from gateway.resolve.uid_lines import without_legacy_display
from keyring_admin.openpgp.radix64 import decode_lines

_DEPTH_MAXIMUM = 5
_LEAVES_MAXIMUM = 32
_CONTAINERS = frozenset({"multipart/mixed", "multipart/alternative", "multipart/related", "multipart/signed"})
_KEYS = "application/pgp-keys"
_FORM_TYPES = frozenset({"application/xml", "text/xml", "application/octet-stream"})
# Thunderbird attaches the sender's certificate; Enigmail copied header fields; multipart/signed carries a signature.
_PASSED_OVER = frozenset({"application/pgp-signature", "text/rfc822-headers"})


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text body. flowed, delete_space: RFC 3676."""

    text: str = field(repr=False)
    flowed: bool = False
    delete_space: bool = False


@dataclass(slots=True)
class MailParts:
    """What was found. files: octets that have to be forms. keys: certificates (RFC 3156 §7)."""

    texts: list[TextPart] = field(default_factory=list, repr=False)
    files: list[bytes] = field(default_factory=list, repr=False)
    keys: list[bytes] = field(default_factory=list, repr=False)
    leaves: int = 0


def parts_of_mail(entity: bytes) -> MailParts:
    """Read a MIME entity: header section and body, line ends CR LF or LF. Raises NotAQuestionError."""
    found = MailParts()
    try:
        _visit(found, *split_entity(canonical_line_ends(entity)), depth=0)
    except GateRefusedError:
        raise NotAQuestionError from None
    return found


def _visit(found: MailParts, header: HeaderSection, body: bytes, *, depth: int) -> None:
    media = content_type(header)
    if media.value in _CONTAINERS:
        multipart = split_multipart(media, body)
        if depth == _DEPTH_MAXIMUM or not multipart.closed:
            raise NotAQuestionError
        for part in multipart.parts:
            _visit(found, *split_entity(part), depth=depth + 1)
        return
    found.leaves += 1
    if found.leaves > _LEAVES_MAXIMUM:
        raise NotAQuestionError
    if media.value == "text/plain":
        found.texts.append(_text(media, _decoded(header, body)))
    elif media.value in _FORM_TYPES:
        found.files.append(_decoded(header, body))
    elif media.value == _KEYS:
        found.keys.append(_decoded(header, body))
    elif media.value != "text/html" and media.value not in _PASSED_OVER:
        raise NotAQuestionError


def _text(media: Structured, octets: bytes) -> TextPart:
    try:
        text = octets.decode(media.parameter("charset") or "us-ascii")
    except UnicodeDecodeError:
        raise NotAQuestionError from None
    if media.parameter("hp-legacy-display") == "1":
        text = without_legacy_display(text)
    return TextPart(
        text=text,
        flowed=(media.parameter("format") or "").lower() == "flowed",
        delete_space=(media.parameter("delsp") or "").lower() == "yes",
    )


def _decoded(header: HeaderSection, body: bytes) -> bytes:
    """The octets after the transfer encoding (RFC 2045 §6)."""
    encoding = transfer_encoding(header)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding != "base64":
        return body
    lines = body.strip(b"\r\n")
    try:
        return decode_lines(lines.split(b"\r\n")) if lines else b""
    except ValueError:
        raise NotAQuestionError from None
