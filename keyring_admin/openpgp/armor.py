"""ASCII armor (RFC 9580 §6): one strict reader, one canonical writer.

The reader takes exactly one armor with nothing around it but empty lines. What it tolerates, and why:

- Armor headers `Version`, `Comment`, `Charset`, `Hash` and `MessageID` of at most 512 octets altogether are accepted
  and dropped: Proton, GnuPG and Kleopatra write them, and whatever the gateway delivers is armored anew from the
  packets, so they go no further. Any other key, a longer header or one outside of printable ASCII is refused.
- No CRC24 is accepted (RFC 9580 §6.1). A CRC24 that is there must be right, although RFC 9580 tells decoders to ignore
  it: a wrong one means damage on the way, which the sender can still repair and the recipient can't.
- Line ends are all CR LF or all LF (files); a mixture is refused.
"""

import binascii
import re
from enum import Enum

from keyring_admin.openpgp.crc24 import crc24
from keyring_admin.openpgp.errors import OpenPGPRefusedError, Rule
from keyring_admin.openpgp.radix64 import decode_block

_COLUMNS = 64
_HEADERS_MAXIMUM = 512
_BEGIN = re.compile(rb"-----BEGIN PGP ([A-Z0-9 ,/]{1,40})-----(\r\n|\n)")
_HEADER_LINES = re.compile(rb"(?:(?:Version|Comment|Charset|Hash|MessageID):(?: [\x20-\x7e]{0,200})?\r?\n){0,8}+")
_CHECKSUM = re.compile(rb"=[A-Za-z0-9+/]{4}")


class ArmorKind(Enum):
    """What an armor holds (RFC 9580 §6.2.1)."""

    MESSAGE = b"MESSAGE"
    PUBLIC_KEY = b"PUBLIC KEY BLOCK"
    SECRET_KEY = b"PRIVATE KEY BLOCK"
    SIGNATURE = b"SIGNATURE"


def is_armored(data: bytes) -> bool:
    """Whether `data` starts, after empty lines, like an armor of any kind."""
    return data.lstrip(b"\r\n").startswith(b"-----BEGIN PGP ")


def dearmor(data: bytes, kind: ArmorKind = ArmorKind.MESSAGE) -> bytes:
    """The octets inside of the one armor of `kind` that `data` consists of.

    Raises OpenPGPRefusedError: no armor, another kind, anything before or after it, a header that is not a known
    software header, lines over 76 octets, base64 with a second reading, a wrong CRC24. Source: RFC 9580 §6.2.
    """
    begin = _BEGIN.search(data)
    if begin is None:
        raise OpenPGPRefusedError(Rule.ARMOR_ABSENT)
    label, line_end = begin.groups()
    if data[: begin.start()].strip(b"\r\n"):
        raise OpenPGPRefusedError(Rule.ARMOR_SURROUNDED)
    if label == b"SIGNED MESSAGE":
        raise OpenPGPRefusedError(Rule.ARMOR_CLEARTEXT_SIGNED)
    if label != kind.value:
        raise OpenPGPRefusedError(Rule.ARMOR_KIND)
    start = _skip_headers(data, begin.end(), line_end)
    tail = line_end + b"-----END PGP " + label + b"-----"
    end = data.find(tail, start)
    if end < 0:
        raise OpenPGPRefusedError(Rule.ARMOR_UNCLOSED)
    after = data[end + len(tail) :]
    if after.replace(line_end, b""):
        raise OpenPGPRefusedError(Rule.ARMOR_SURROUNDED)
    return _decode(data[start:end], line_end)


def _skip_headers(data: bytes, start: int, line_end: bytes) -> int:
    """Where the base64 begins: after the armor headers and the empty line (RFC 9580 §6.2.2)."""
    headers = _HEADER_LINES.match(data, start)
    end = headers.end() if headers else start
    if end - start > _HEADERS_MAXIMUM or not data.startswith(line_end, end):
        raise OpenPGPRefusedError(Rule.ARMOR_HEADER)
    return end + len(line_end)


def _decode(text: bytes, line_end: bytes) -> bytes:
    checksum = None
    last = text.rfind(line_end)
    if last >= 0 and _CHECKSUM.fullmatch(text, last + len(line_end)):
        checksum = text[last + len(line_end) :]
        text = text[:last]
    try:
        octets = decode_block(text, line_end)
    except ValueError:
        raise OpenPGPRefusedError(Rule.ARMOR_BASE64) from None
    if checksum is not None and _checksum_line(octets) != checksum:
        raise OpenPGPRefusedError(Rule.ARMOR_CHECKSUM)
    return octets


def _checksum_line(octets: bytes) -> bytes:
    return b"=" + binascii.b2a_base64(crc24(octets).to_bytes(3), newline=False)


def enarmor(octets: bytes, kind: ArmorKind = ArmorKind.MESSAGE) -> bytes:
    """One canonical armor of `octets`: 64 columns, CR LF, CRC24, no armor headers.

    The CRC24 is always there: GnuPG 2.2 fails without it where the base64 needs no padding.
    """
    text = binascii.b2a_base64(octets, newline=False)
    return b"\r\n".join(
        [
            b"-----BEGIN PGP " + kind.value + b"-----",
            b"",
            *[text[start : start + _COLUMNS] for start in range(0, len(text), _COLUMNS)],
            _checksum_line(octets),
            b"-----END PGP " + kind.value + b"-----",
            b"",
        ]
    )
