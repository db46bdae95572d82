"""What the gateway keeps of a header: sender, thread, token, wish for a receipt. Nothing else gets past the gate."""

import binascii
import re
from dataclasses import dataclass, field

from gateway.gate.header import HeaderSection
from gateway.gate.refusal import malformed

_MAILBOX_OCTETS = 1000
_SUBJECT_OCTETS = 2000
_MESSAGE_IDS_MAXIMUM = 64
_ATEXT = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"  # RFC 5322 §3.2.3
_LABEL = rb"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOT_ATOM = _ATEXT + rb"++(?:\." + _ATEXT + rb"++)*+"
_ADDRESS = rb"(" + _DOT_ATOM + rb")@(" + _LABEL + rb"(?:\." + _LABEL + rb")*)"
# RFC 5322 §3.4: one mailbox. No comments, no groups, no routes; a display name is skipped and dropped.
_DISPLAY_NAME = rb'(?:"(?:[^"\\]|\\.)*+"|[^"<>(),:;@\[\]\\])*+'
_MAILBOX = re.compile(rb"(?:" + _ADDRESS + rb"|" + _DISPLAY_NAME + rb"<" + _ADDRESS + rb">)")
_MESSAGE_ID = re.compile(rb"<(" + _ATEXT + rb"{1,120}(?:\." + _ATEXT + rb"{1,120}){0,15}@[A-Za-z0-9.-]{1,253})>")
_BETWEEN_WORDS = re.compile(rb"\?=[ \t]+=\?")
_ENCODED_WORD = re.compile(rb"=\?[A-Za-z0-9._*-]{1,40}\?([BbQq])\?([!->@-~]{0,200}?)\?=")  # RFC 2047 §2
# Crockford's base 32: no I, L, O, U.
# What clients put in place of a Subject they protect (RFC 9788 §3.2.1, hcp_baseline; mutt), and our own Subject.
_OBSCURED = re.compile(rb"(?:\.\.\.|\[\.\.\.\]|Encrypted Message|)", re.IGNORECASE)
_OWN_SUBJECT = re.compile(
    rb"(?:(?:Re|Fwd?|Aw|Wg|Rif|Tr|Rv)(?:\[\d\])?: ?)*+(?:TEST )?GSP [a-z]{1,20} [A-Z0-9]{2,8}\xe2\x86\x92[A-Z0-9]{2,8} "
    rb"\[GSP-[0-9A-Z]{4}-[0-9A-Z]{4}\]",
    re.IGNORECASE,
)
_TOKEN = re.compile(rb"\[GSP-([0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4})\]")


@dataclass(frozen=True, slots=True)
class Headers:
    """sender: addr-spec of From, its domain in lower case. in_reply_to, references: well-formed message ids with
    their angle brackets, in order, the last 64 at most. subject_token: "7F3K-9Q2M" out of a Subject that holds
    "[GSP-7F3K-9Q2M]" once; the Subject itself is never kept. readable_subject: whether it says more than that there is
    one, or than what the gateway itself had written. receipt_to: the one address the client asks a receipt for, in the
    form of `sender`, or None.
    """

    sender: str = field(repr=False)
    in_reply_to: tuple[str, ...] = field(repr=False)
    references: tuple[str, ...] = field(repr=False)
    subject_token: str | None = field(repr=False)
    readable_subject: bool = False
    receipt_to: str | None = field(default=None, repr=False)


def extract_headers(section: HeaderSection) -> Headers:
    """Raises GateRefusedError where From is not exactly one address or MIME-Version is not 1.0."""
    mime_version = section.value("mime-version")
    # RFC 2045 §4. Missing is accepted (aerc); Apple Mail adds a comment.
    if mime_version is not None and not re.fullmatch(
        rb"1\.0(?:[ \t]*\([^()]*(?:\([^()]*\)[^()]*){0,4}\))?", mime_version
    ):
        raise malformed("mime-version")
    return Headers(
        sender=_sender(section.value("from")),
        in_reply_to=_message_ids(section.value("in-reply-to")),
        references=_message_ids(section.value("references")),
        subject_token=_subject_token(section.value("subject")),
        readable_subject=_is_readable(section.value("subject")),
        receipt_to=_receipt_to(section),
    )


def _sender(value: bytes | None) -> str:
    address = _one_address(value)
    if address is None:
        raise malformed("from")
    return address


def _receipt_to(section: HeaderSection) -> str | None:
    """RFC 8098 §2.1; what is not one address in one field is ignored: a wish is no reason to refuse a mail."""
    values = [value for name, value in section.fields if name == "disposition-notification-to"]
    return _one_address(values[0]) if len(values) == 1 else None


def _one_address(value: bytes | None) -> str | None:
    """The addr-spec of one mailbox, its domain in lower case; None for anything else."""
    match = _MAILBOX.fullmatch(value) if value is not None and len(value) <= _MAILBOX_OCTETS else None
    if match is None:
        return None
    local, domain = (match.group(1), match.group(2)) if match.group(1) else (match.group(3), match.group(4))
    if len(local) > 64 or len(domain) > 253:  # RFC 5321 §4.5.3.1
        return None
    if b"=?" in local:  # RFC 2047 §5: no encoded word in an addr-spec; Python's email package decodes it all the same
        return None
    return f"{local.decode('ascii')}@{domain.decode('ascii').lower()}"


def _message_ids(value: bytes | None) -> tuple[str, ...]:
    """The ids in a field; any other word is ignored (RFC 5322 §4.5.4)."""
    found = [f"<{identifier.decode('ascii')}>" for identifier in _MESSAGE_ID.findall(value or b"")]
    return tuple(found[-_MESSAGE_IDS_MAXIMUM:])


def _subject_token(value: bytes | None) -> str | None:
    """The one token in a Subject; None if there is none, several, or the Subject is over 2,000 octets."""
    if value is None or len(value) > _SUBJECT_OCTETS:
        return None
    tokens = set(_TOKEN.findall(_decoded(value)))
    return tokens.pop().decode("ascii") if len(tokens) == 1 else None


def _is_readable(value: bytes | None) -> bool:
    if value is None:
        return False
    if len(value) > _SUBJECT_OCTETS:
        return True
    text = _decoded(value).strip()
    return not (_OBSCURED.fullmatch(text) or _OWN_SUBJECT.fullmatch(text))


def _decoded(value: bytes) -> bytes:
    # RFC 2047 §6.2: blanks between adjacent encoded words are not shown. The token is ASCII in every charset we read.
    return _ENCODED_WORD.sub(_decoded_word, _BETWEEN_WORDS.sub(b"?==?", value))


def _decoded_word(match: re.Match[bytes]) -> bytes:
    encoding, text = match.groups()
    if encoding in b"Qq":
        return binascii.a2b_qp(text, header=True)
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return b""
