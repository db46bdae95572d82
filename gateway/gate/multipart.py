"""Split a multipart body at its boundary (RFC 2046 §5.1), and refuse whatever another parser might split elsewhere."""

import re
from dataclasses import dataclass, field

from gateway.gate.parameters import Structured
from gateway.gate.refusal import GateRefusedError, malformed
from gateway.replies import POLICY

PARTS_MAXIMUM = 16
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")  # RFC 2046 §5.1.1
# Sentences that clients put before the first part, for readers without MIME. Dropped.
_PREAMBLES = frozenset(
    {
        b"",
        b"This is an OpenPGP/MIME encrypted message (RFC 2440 and 3156)",
        b"This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)",
        b"This is an OpenPGP/MIME encrypted message (RFC 9580 and 3156)",
        b"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)",
        b"This is a multi-part message in MIME format.",
        b"This is a multi-part message in MIME format",
        b"This is a multipart message in MIME format.",
        b"This is a multipart message in MIME format",
        b"This is a MIME-formatted message.",
        b"This is a MIME-encapsulated message",
    }
)
_BLANK_LINES_MAXIMUM = 16


@dataclass(frozen=True, slots=True)
class Multipart:
    """The pieces of a multipart body. closed: whether the closing delimiter is there."""

    preamble: bytes = field(repr=False)
    parts: tuple[bytes, ...] = field(repr=False)
    epilogue: bytes = field(repr=False)
    closed: bool


def split_multipart(media: Structured, body: bytes) -> Multipart:
    """Split `body` at the boundary that `media` declares.

    Raises GateRefusedError: no boundary or an unsafe one, a line that only begins like a delimiter, more than 16 parts.
    """
    boundary = media.parameter("boundary") or ""
    # A boundary of dashes can't be told from its own closing delimiter.
    if not _BOUNDARY.fullmatch(boundary) or not boundary.strip("-"):
        raise malformed("boundary")
    delimiter = b"--" + boundary.encode("ascii")
    line = b"\r\n" + delimiter
    parts: list[bytes] = []
    found = 0 if body.startswith(delimiter) else body.find(line)
    if found < 0:
        return Multipart(body, (), b"", closed=False)
    preamble = body[:found]
    after = found + len(delimiter if body.startswith(delimiter) else line)
    while True:
        if body.startswith(b"--", after) and body[after + 2 : after + 4] in {b"", b"\r\n"}:
            return Multipart(preamble, tuple(parts), body[after + 4 :], closed=True)
        if not body.startswith(b"\r\n", after):
            raise malformed("boundary-ambiguous")
        if len(parts) == PARTS_MAXIMUM:
            raise malformed("parts")
        found = body.find(line, after)
        if found == after:  # one CR LF can't end a delimiter and begin the next: Python's email package sees no end
            raise malformed("boundary-ambiguous")
        parts.append(body[after + 2 : found if found >= 0 else len(body)])
        if found < 0:
            return Multipart(preamble, tuple(parts), b"", closed=False)
        after = found + len(line)


def check_surroundings(multipart: Multipart) -> None:
    """Raise GateRefusedError unless it is closed, and nothing but a known sentence stands around the parts."""
    if not multipart.closed:
        raise malformed("multipart-unclosed")
    if multipart.preamble.strip(b"\r\n") not in _PREAMBLES or _too_many_lines(multipart.preamble):
        raise GateRefusedError(POLICY, "preamble")
    if multipart.epilogue.strip(b"\r\n") or _too_many_lines(multipart.epilogue):
        raise GateRefusedError(POLICY, "epilogue")


def _too_many_lines(surrounding: bytes) -> bool:
    return surrounding.count(b"\n") > _BLANK_LINES_MAXIMUM
