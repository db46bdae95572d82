"""The header of a mail the gateway makes: ASCII, CR LF, folded (RFC 5322 §2.2.3), nothing but our own values."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from hashlib import sha256

_FOLD_AT = 76
_LINE_LIMIT = 998  # RFC 5322 §2.1.1


def header_block(fields: Iterable[tuple[str, str]]) -> bytes:
    """The fields in their order, each folded, without the empty line."""
    return b"".join(f"{fold(name, value)}\r\n".encode("ascii") for name, value in fields)


def fold(name: str, value: str) -> str:
    """One field, folded at its spaces. Raises ValueError where a line would be too long or hold a control character."""
    if any(ord(character) < 0x20 or ord(character) > 0x7E for character in value):
        raise ValueError("a header value is printable ASCII")
    lines, line = [], f"{name}:"
    for word in value.split(" "):
        if len(line) + 1 + len(word) > _FOLD_AT and line != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {word}"
    lines.append(line)
    if any(len(text) > _LINE_LIMIT for text in lines):
        raise ValueError("a header line is too long")
    return "\r\n".join(lines)


def spaced(text: str, every: int = 64) -> str:
    """Long base64 with spaces, so that it can be folded."""
    return " ".join(text[start : start + every] for start in range(0, len(text), every))


def encoded_words(text: str) -> str:
    """Text for a Subject, as encoded words where it is not ASCII (RFC 2047)."""
    return " ".join(Header(text, "utf-8" if not text.isascii() else "us-ascii", maxlinelen=_FOLD_AT).encode().split())


def own_part(*of: str) -> str:
    """The part of a Message-ID that only this mail has.

    The same whenever the same mail is made again, so that one which was delivered already is recognised: a restored
    queue may hold mails that have left it long ago. of: what makes it the same; one of them random.
    """
    return sha256("\0".join(of).encode()).hexdigest()[:24]


def date_value(moment: datetime) -> str:
    """A Date in UTC (RFC 5322 §3.3), to the second."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))
