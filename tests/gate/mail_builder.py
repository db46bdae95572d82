"""Mails of the three shapes, each with places where a test can put something else."""

import base64

from gateway.gate import Accepted, Refused, judge

from .packet_builder import OTHER_KEY_ID, armor, message, session_key
from .packet_builder import data as data_packet

SIZE_LIMIT = 25 * 1024 * 1024
CANARY = b"CANARY 04AB7719"
HEAD = (
    b"From: Alice <alice@ke.example>\r\nTo: eu@gsp.example\r\nSubject: ...\r\n"
    b"Date: Sat, 21 Nov 2026 09:00:51 +0000\r\nMessage-ID: <1@ke.example>\r\nMIME-Version: 1.0\r\n"
)
ENCRYPTED_TYPE = b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="B"\r\n'
CONTROL = b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
OCTETS = b"Content-Type: application/octet-stream\r\n\r\n"


def run(mail: bytes) -> Accepted | Refused:
    return judge(mail, size_limit=SIZE_LIMIT)


def multipart(*parts: bytes, boundary: bytes = b"B", preamble: bytes = b"", epilogue: bytes = b"") -> bytes:
    lines = [preamble] if preamble else []
    lines += [line for part in parts for line in (b"--" + boundary, part)]
    return b"\r\n".join([*lines, b"--" + boundary + b"--", epilogue])


def direct(
    *,
    head: bytes = HEAD,
    content_type: bytes = ENCRYPTED_TYPE,
    control: bytes = CONTROL,
    second: bytes | None = None,
    extra: tuple[bytes, ...] = (),
    preamble: bytes = b"",
    epilogue: bytes = b"",
) -> bytes:
    """An RFC 3156 mail."""
    if second is None:
        second = OCTETS + armor(message())
    body = multipart(control, second, *extra, preamble=preamble, epilogue=epilogue)
    return head + content_type + b"\r\n" + body


def direct_of(octets: bytes) -> bytes:
    """An RFC 3156 mail around these packets."""
    return direct(second=OCTETS + armor(octets))


def inline(body: bytes | None = None, *, fields: bytes = b"Content-Type: text/plain; charset=utf-8\r\n") -> bytes:
    return HEAD + fields + b"\r\n" + (armor(message()) if body is None else body)


def slip() -> bytes:
    return session_key(OTHER_KEY_ID) + data_packet(300, seed=11)


def attachment(
    octets: bytes,
    *,
    name: bytes = b"slip.asc",
    media: bytes = b"application/octet-stream",
    encoding: bytes = b"7bit",
    armored: bool = True,
    line_end: bytes = b"\r\n",
) -> bytes:
    content = armor(octets, line_end=line_end) if armored else octets
    if encoding == b"base64":
        content = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return (
        b"Content-Type: " + media + b'; name="' + name + b'"\r\nContent-Transfer-Encoding: ' + encoding + b"\r\n"
        b'Content-Disposition: attachment; filename="' + name + b'"\r\n\r\n' + content
    )


def text(body: bytes = b"\r\n", *, fields: bytes = b"Content-Type: text/plain; charset=UTF-8\r\n") -> bytes:
    return fields + b"\r\n" + body


def mixed(*parts: bytes, subtype: bytes = b"mixed", boundary: bytes = b"M", parameters: bytes = b"") -> bytes:
    """A multipart entity: Content-Type, empty line, body."""
    content_type = b"Content-Type: multipart/" + subtype + b'; boundary="' + boundary + b'"' + parameters + b"\r\n"
    return content_type + b"\r\n" + multipart(*parts, boundary=boundary)


def sealed(*parts: bytes, first: bytes | None = None) -> bytes:
    """A mail with an empty text and two attachments, or with the given parts instead."""
    if not parts:
        parts = (attachment(slip()), attachment(message(), name=b"body.asc"))
    return HEAD + mixed(text() if first is None else first, *parts)
