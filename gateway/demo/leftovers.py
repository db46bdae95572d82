"""Looks for content where none may be: every file of a folder, raw and in the disguises content hides in.

Searched as it is, as base64 at its three alignments, as hexadecimal, as UTF-16, as quoted-printable, and inside
zlib and gzip streams (security cases PRIV-01, PRIV-02).
"""

import base64
import quopri
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b")
_INFLATED_LIMIT = 1024 * 1024
_STREAMS_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Leftover:
    """Where content was found, and in which disguise; never the content."""

    file: Path
    disguise: str


def disguises(secret: bytes) -> dict[str, tuple[bytes, ...]]:
    """How a secret may look in a file."""
    text = secret.decode("latin-1")
    return {
        "raw": (secret,),
        "base64": tuple(_base64_core(secret, offset) for offset in range(3)),
        "hexadecimal": (secret.hex().encode(), secret.hex().upper().encode()),
        "UTF-16": (text.encode("utf-16-le"), text.encode("utf-16-be")),
        "quoted-printable": (quopri.encodestring(secret, quotetabs=True),),
    }


def find_leftovers(folder: Path, secrets: list[bytes]) -> Iterator[Leftover]:
    """Every file below `folder` that holds one of the secrets in some disguise."""
    for file in sorted(folder.rglob("*")):
        if not file.is_symlink() and file.is_file():
            for disguise in find_disguises(file.read_bytes(), secrets):
                yield Leftover(file, disguise)


def find_disguises(octets: bytes, secrets: list[bytes]) -> Iterator[str]:
    """In which disguises some octets hold one of the secrets."""
    forms = [(name, form) for secret in secrets for name, some in disguises(secret).items() for form in some]
    for where, content in _layers(octets):
        yield from (f"{name}{where}" for name in sorted({name for name, form in forms if form in content}))


def _layers(octets: bytes) -> Iterator[tuple[str, bytes]]:
    yield "", octets
    # Base64 in mails is broken into lines, and quoted-printable too, with an equals sign (RFC 2045 §6.7, §6.8).
    unfolded = octets.replace(b"=\r\n", b"").replace(b"=\n", b"").replace(b"\r\n", b"").replace(b"\n", b"")
    if unfolded != octets:
        yield " across lines", unfolded
    streams = 0
    for header in _ZLIB_HEADERS:
        position = octets.find(header)
        while position >= 0 and streams < _STREAMS_LIMIT:
            streams += 1
            inflated = _inflate(octets[position : position + _INFLATED_LIMIT])
            if inflated:
                yield " inside a compressed stream", inflated
            position = octets.find(header, position + 1)


def _inflate(octets: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=47).decompress(octets, _INFLATED_LIMIT)
    except zlib.error:
        return b""


def _base64_core(secret: bytes, offset: int) -> bytes:
    """The characters of the secret's base64 that depend on nothing before or after it."""
    encoded = base64.b64encode(bytes(offset) + secret).rstrip(b"=")
    return encoded[(0, 2, 3)[offset] : -1 if (len(secret) + offset) % 3 else None]
