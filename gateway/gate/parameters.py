"""Content-Type, Content-Disposition and Content-Transfer-Encoding: one grammar, no comments, no second reading.

Stricter than RFC 2045 where parsers disagree: no comments, no blanks around `=`, no quoted pairs, no parameter twice,
and RFC 2231 only for the names of attachments, which nobody reads.
"""

import re
from dataclasses import dataclass, field

from gateway.gate.header import HeaderSection
from gateway.gate.refusal import malformed

_TOKEN = rb"[A-Za-z0-9!#$&^_.+-]{1,80}"
_MEDIA_TYPE = re.compile(rb"(%b/%b)[ \t]*" % (_TOKEN, _TOKEN))
_DISPOSITION = re.compile(rb"(%b)[ \t]*" % _TOKEN)
# The slash in an unquoted value is not allowed by RFC 2045, but written, and read in one way only.
_PARAMETER = re.compile(
    rb';[ \t]*([A-Za-z0-9_.*-]{1,60})=(?:"([\x20-\x21\x23-\x5b\x5d-\x7e\t]*)"|([A-Za-z0-9!#$%&\'*+/^_`{|}~.:-]+))[ \t]*'
)
_EXTENDED = re.compile(r"(name|filename)(\*[0-9]{1,2})?\*?")  # RFC 2231 §3, §4
_EXTENDED_CHARSET = re.compile(r"(?:utf-8|us-ascii|iso-8859-[0-9]{1,2}|windows-125[0-8])?'[a-z-]*'", re.IGNORECASE)
# Every octet below 0x80 means ASCII in these; UTF-7 and ISO-2022 are not among them.
CHARSETS = frozenset(
    {"us-ascii", "ascii", "utf-8", "utf8", "koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5", "euc-jp", "euc-kr"}
    | {f"iso-8859-{number}" for number in range(1, 17) if number != 12}
    | {f"windows-125{number}" for number in range(9)}
)
_ENCODINGS = frozenset({"7bit", "8bit", "binary", "base64", "quoted-printable"})  # RFC 2045 §6.1


@dataclass(frozen=True, slots=True)
class Structured:
    """A structured field: lower-case value, and parameters with lower-case names."""

    value: str
    parameters: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def parameter(self, name: str) -> str | None:
        """The value of a parameter, or None."""
        return next((value for found, value in self.parameters if found == name), None)

    @property
    def parameter_names(self) -> frozenset[str]:
        """The lower-case names of the parameters."""
        return frozenset(name for name, _ in self.parameters)


def content_type(header: HeaderSection) -> Structured:
    """The media type; text/plain where none is given (RFC 2045 §5.2). Raises GateRefusedError."""
    value = header.value("content-type")
    return Structured("text/plain") if value is None else _parse(value, _MEDIA_TYPE, "content-type")


def content_disposition(header: HeaderSection) -> Structured | None:
    """The disposition (RFC 2183 §2), or None. Raises GateRefusedError."""
    value = header.value("content-disposition")
    return None if value is None else _parse(value, _DISPOSITION, "content-disposition")


def transfer_encoding(header: HeaderSection) -> str:
    """The lower-case transfer encoding; 7bit where none is given (RFC 2045 §6.1). Raises GateRefusedError."""
    value = (header.value("content-transfer-encoding") or b"7bit").decode("ascii").lower()
    if value not in _ENCODINGS:
        raise malformed("content-transfer-encoding")
    return value


def _parse(value: bytes, head: re.Pattern[bytes], rule: str) -> Structured:
    match = head.match(value)
    if match is None:
        raise malformed(rule)
    parameters: dict[str, str] = {}
    position = match.end()
    while (parameter := _PARAMETER.match(value, position)) is not None:
        raw_name, quoted, token = parameter.groups()
        name = raw_name.decode("ascii").lower()
        text = (token if quoted is None else quoted).decode("ascii")
        if name in parameters or not _is_acceptable(name, text):
            raise malformed(rule)
        parameters[name] = text
        position = parameter.end()
    if value[position:].strip(b" \t") not in {b"", b";"}:  # a last semicolon is common (Delta Chat, GPGMail)
        raise malformed(rule)
    return Structured(match.group(1).decode("ascii").lower(), tuple(parameters.items()))


def _is_acceptable(name: str, text: str) -> bool:
    if name == "charset":
        return text.lower() in CHARSETS
    if "*" not in name:
        return True
    extended = _EXTENDED.fullmatch(name)
    if extended is None:
        return False
    begins_value = name.endswith("*") and extended.group(2) in {None, "*0"}
    return not begins_value or _EXTENDED_CHARSET.match(text) is not None
