"""What mutation starts from: mails of real clients, and mails of each shape made here octet by octet."""

import base64
import random
from pathlib import Path

CLIENTS = tuple(file.read_bytes() for file in sorted((Path(__file__).parent / "seeds").glob("*.eml")))
HEAD = (
    b"From: Alice <alice@ke.example>\r\nTo: eu@gsp.example\r\nSubject: ...\r\n"
    b"Date: Sat, 21 Nov 2026 09:00:51 +0000\r\nMessage-ID: <1@ke.example>\r\nMIME-Version: 1.0\r\n"
)
RECIPIENTS = (bytes.fromhex("E0EEBD80E44CF8A7"), bytes.fromhex("EC869473D6F50483"))


def noise(length: int, seed: int) -> bytes:
    """Octets that look like ciphertext, the same in every run."""
    return random.Random(seed).randbytes(length)  # noqa: S311 - stands for ciphertext, protects nothing


def session_key(key_id: bytes) -> bytes:
    """A PKESK of version 3 for RSA 2048 (RFC 9580 §5.1.3), old packet format."""
    body = b"\x03" + key_id + b"\x01\x08\x00\x80" + noise(255, 2)
    return b"\x85" + len(body).to_bytes(2) + body


def curve_session_key(key_id: bytes) -> bytes:
    """A PKESK of version 3 for ECDH on Curve25519 (RFC 9580 §5.1.5), new packet format."""
    body = b"\x03" + key_id + b"\x12\x01\x07\x40" + noise(32, 3) + b"\x30" + noise(48, 4)
    return b"\xc1" + bytes([len(body)]) + body


def session_key_6() -> bytes:
    """A PKESK of version 6 for X25519 (RFC 9580 §5.1.2, §5.1.6)."""
    body = b"\x06\x21\x06" + noise(32, 5) + b"\x19" + noise(32, 6) + b"\x28" + noise(40, 7)
    return b"\xc1" + bytes([len(body)]) + body


def data(length: int, seed: int) -> bytes:
    """A SEIPD of version 1 with a five-octet length."""
    return b"\xd2\xff" + (length + 1).to_bytes(4) + b"\x01" + noise(length, seed)


def partial_data() -> bytes:
    """The same in chunks (RFC 9580 §4.2.1.4)."""
    body = b"\x01" + noise(1200, 8)
    return b"\xd2\xe9" + body[:512] + b"\xe8" + body[512:768] + b"\xc0\xf1" + body[768:]


def data_2() -> bytes:
    """A SEIPD of version 2: AES-256, OCB (RFC 9580 §5.13.2)."""
    body = b"\x02\x09\x02\x06" + noise(332, 9)
    return b"\xd2\xff" + len(body).to_bytes(4) + body


MESSAGES = (
    session_key(RECIPIENTS[0]) + data(300, 1),
    curve_session_key(RECIPIENTS[1]) + session_key(RECIPIENTS[0]) + data(200, 10),
    curve_session_key(RECIPIENTS[1]) + partial_data(),
    session_key_6() + data_2(),
)


def armor(octets: bytes) -> bytes:
    """One armor without checksum."""
    text = base64.b64encode(octets)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\r\n".join([b"-----BEGIN PGP MESSAGE-----", b"", *lines, b"-----END PGP MESSAGE-----", b""])


def direct(octets: bytes) -> bytes:
    """RFC 3156."""
    return (
        HEAD + b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="B"\r\n\r\n'
        b"--B\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        b"--B\r\nContent-Type: application/octet-stream\r\n\r\n" + armor(octets) + b"\r\n--B--\r\n"
    )


def inline(octets: bytes) -> bytes:
    """One armor as the text."""
    return HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + armor(octets)


def attachment(octets: bytes, name: bytes, *, encoded: bool) -> bytes:
    """An attached armor, 7bit or base64."""
    content = base64.encodebytes(armor(octets)).replace(b"\n", b"\r\n") if encoded else armor(octets)
    return (
        b'Content-Type: application/octet-stream; name="' + name + b'"\r\nContent-Transfer-Encoding: '
        + (b"base64" if encoded else b"7bit")
        + b'\r\nContent-Disposition: attachment; filename="' + name + b'"\r\n\r\n' + content
    )  # fmt: skip


def sealed(first: bytes, second: bytes, *, encoded: bool) -> bytes:
    """An empty text in two forms, and two attachments."""
    empty = (
        b"Content-Type: multipart/alternative; boundary=A\r\n\r\n"
        b"--A\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\r\n"
        b"--A\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p><br></p></body></html>\r\n--A--\r\n"
    )
    parts = (empty, attachment(first, b"slip.asc", encoded=encoded), attachment(second, b"body.asc", encoded=encoded))
    return (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="M"\r\n\r\n'
        + b"".join(b"--M\r\n" + part + b"\r\n" for part in parts)
        + b"--M--\r\n"
    )


MAILS = (
    *CLIENTS,
    *(direct(message) for message in MESSAGES),
    *(inline(message) for message in MESSAGES),
    sealed(MESSAGES[0], MESSAGES[1], encoded=False),
    sealed(MESSAGES[2], MESSAGES[0], encoded=True),
)
