"""A header section as fields: capped, unfolded, ASCII, no field twice that may be there once."""

import re
from dataclasses import dataclass, field

from gateway.gate.refusal import GateRefusedError, malformed
from gateway.replies import LINE_TOO_LONG

_SECTION_OCTETS = 64 * 1024
_FIELD_OCTETS = 16 * 1024
_FIELDS = 100
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_WHITESPACE_LINE = re.compile(rb"\r\n[ \t]++(?:\r\n|\Z)")
_FORBIDDEN = re.compile(rb"[^\t\r\n\x20-\x7e]")
# Python's email package takes "base64 ", or a folded one, for an encoding it does not know.
_BENT_ENCODING = re.compile(
    rb"(?:\A|\r\n)content-transfer-encoding:(?! ?[A-Za-z0-9-]++(?:\r\n(?![ \t])|\Z))", re.IGNORECASE
)
_NAME = re.compile(rb"[!-9;-~]{1,76}")  # RFC 5322 §2.2
# RFC 5322 §3.6, RFC 2045 §3 (and whatever else begins with Content-).
_SINGULAR = frozenset(
    {
        *("date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references"),
        *("subject", "mime-version"),
    }
)


@dataclass(frozen=True, slots=True)
class HeaderSection:
    """The fields of one header section. fields: (lower-case name, unfolded value), in order."""

    fields: tuple[tuple[str, bytes], ...] = field(repr=False)

    def value(self, name: str) -> bytes | None:
        """The value of the first field of this name, without surrounding blanks, or None."""
        return next((value for field_name, value in self.fields if field_name == name), None)

    @property
    def names(self) -> frozenset[str]:
        """The lower-case names."""
        return frozenset(name for name, _ in self.fields)


def parse_header(section: bytes) -> HeaderSection:
    """Read a header section without the empty line that ends it; lines end with CR LF.

    Raises GateRefusedError: more than 64 KiB, 100 fields, or 16 KiB in a field; anything but printable ASCII; a line of
    blanks only; a transfer encoding with blanks around it; a field without a name; a singular field twice.
    Source: RFC 5322 §2.2, §3.6.
    """
    if len(section) > _SECTION_OCTETS:
        raise _oversize(section[:_SECTION_OCTETS])
    if _FORBIDDEN.search(section):  # RFC 6532 is not offered
        raise malformed("header-octets")
    if _WHITESPACE_LINE.search(section):  # RFC 5322 §4.2: obsolete folding
        raise malformed("header-blank-line")
    if _BENT_ENCODING.search(section):
        raise malformed("content-transfer-encoding")
    lines = _FOLD.sub(b"", section).removesuffix(b"\r\n").split(b"\r\n") if section else []
    if len(lines) > _FIELDS:
        raise malformed("header-fields")
    fields: list[tuple[str, bytes]] = []
    seen: set[str] = set()
    for line in lines:
        raw_name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(raw_name):
            raise malformed("header-syntax")
        if len(line) > _FIELD_OCTETS:
            raise GateRefusedError(LINE_TOO_LONG, "header-field-length")
        name = raw_name.decode("ascii").lower()
        if name in seen and (name in _SINGULAR or name.startswith("content-")):
            raise malformed("header-duplicate")
        seen.add(name)
        fields.append((name, value.strip(b" \t")))
    return HeaderSection(tuple(fields))


def _oversize(beginning: bytes) -> GateRefusedError:
    """One endless field is a line that is too long; many fields are too many."""
    longest = max(map(len, _FOLD.sub(b"", beginning).split(b"\r\n")))
    if longest > _FIELD_OCTETS:
        return GateRefusedError(LINE_TOO_LONG, "header-field-length")
    return malformed("header-size")


def split_entity(entity: bytes) -> tuple[HeaderSection, bytes]:
    """Header section and body of a mail or of a body part. Raises GateRefusedError."""
    if entity.startswith(b"\r\n"):  # RFC 2046 §5.1: a part without header fields
        return HeaderSection(()), entity[2:]
    end = entity.find(b"\r\n\r\n")
    if end < 0:
        return parse_header(entity), b""
    return parse_header(entity[:end]), entity[end + 4 :]
