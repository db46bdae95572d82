"""OpenPGP packets and armor made octet by octet, independently of the code under test."""

import base64
import random

KEY_ID = bytes.fromhex("E0EEBD80E44CF8A7")
OTHER_KEY_ID = bytes.fromhex("EC869473D6F50483")


def noise(length: int, seed: int = 1) -> bytes:
    """Octets that look like ciphertext, the same in every run."""
    return random.Random(seed).randbytes(length)  # noqa: S311 - stands for ciphertext, protects nothing


def packet(tag: int, body: bytes) -> bytes:
    """New format, shortest length."""
    return bytes([0xC0 | tag]) + new_length(len(body)) + body


def new_length(length: int) -> bytes:
    if length < 192:
        return bytes([length])
    if length < 8384:
        return bytes([(length - 192 >> 8) + 192, (length - 192) & 0xFF])
    return b"\xff" + length.to_bytes(4)


def old_packet(tag: int, body: bytes) -> bytes:
    """Old format, two-octet length, as GnuPG writes session keys."""
    return bytes([0x80 | tag << 2 | 1]) + len(body).to_bytes(2) + body


def partial_packet(tag: int, body: bytes, power: int = 9) -> bytes:
    """New format in chunks of 2**power octets, the last one definite."""
    size = 1 << power
    whole = len(body) // size
    chunks = [bytes([0xE0 | power]) + body[index * size : (index + 1) * size] for index in range(whole)]
    rest = body[whole * size :]
    return bytes([0xC0 | tag]) + b"".join(chunks) + new_length(len(rest)) + rest


def mpi(value: bytes) -> bytes:
    number = int.from_bytes(value)
    return number.bit_length().to_bytes(2) + number.to_bytes((number.bit_length() + 7) // 8)


def rsa_fields(bits: int = 3072) -> bytes:
    return mpi(b"\x80" + noise(bits // 8 - 1, seed=2))


def ecdh_fields(point: bytes = b"\x40" + b"\x07" * 32, wrapped: int = 48) -> bytes:
    return mpi(point) + bytes([wrapped]) + noise(wrapped, seed=3)


def x25519_fields(version: int = 3, wrapped: int = 40) -> bytes:
    algorithm = b"\x09" if version == 3 else b""
    key = algorithm + noise(wrapped, seed=4)
    return noise(32, seed=5) + bytes([len(key)]) + key


def session_key_body(key_id: bytes = KEY_ID, algorithm: int = 1, fields: bytes | None = None) -> bytes:
    return b"\x03" + key_id + bytes([algorithm]) + (rsa_fields() if fields is None else fields)


def session_key(key_id: bytes = KEY_ID, algorithm: int = 1, fields: bytes | None = None) -> bytes:
    return packet(1, session_key_body(key_id, algorithm, fields))


def session_key_6(fingerprint: bytes, key_version: int = 6, fields: bytes | None = None) -> bytes:
    named = bytes([len(fingerprint) + 1, key_version]) + fingerprint if fingerprint else b"\x00"
    return packet(1, b"\x06" + named + b"\x19" + (x25519_fields(6) if fields is None else fields))


def data_body(length: int = 600, seed: int = 6) -> bytes:
    return b"\x01" + noise(length, seed)


def data(length: int = 600, seed: int = 6) -> bytes:
    return packet(18, data_body(length, seed))


def data_2(length: int = 600) -> bytes:
    return packet(18, b"\x02\x09\x02\x06" + noise(32 + length, seed=7))


def message(length: int = 600, seed: int = 6) -> bytes:
    """One recipient, one integrity-protected data packet."""
    return session_key() + data(length, seed)


def literal(text: bytes = b"clear text") -> bytes:
    return packet(11, b"b\x00" + bytes(4) + text)


def reference_crc24(octets: bytes) -> int:
    """Bit by bit, as RFC 9580 §6.1.1 has it in C."""
    crc = 0xB704CE
    for octet in octets:
        crc ^= octet << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc & 0xFFFFFF


def checksum(octets: bytes) -> bytes:
    return b"=" + base64.b64encode(reference_crc24(octets).to_bytes(3))


def armor(
    octets: bytes,
    *,
    kind: bytes = b"MESSAGE",
    headers: bytes = b"",
    crc: bytes | None = None,
    columns: int = 64,
    line_end: bytes = b"\r\n",
) -> bytes:
    """crc: the checksum line; None for the right one, b"" for none."""
    text = base64.b64encode(octets)
    lines = [text[start : start + columns] for start in range(0, len(text), columns)]
    line = checksum(octets) if crc is None else crc
    return line_end.join(
        [
            b"-----BEGIN PGP " + kind + b"-----",
            *headers.splitlines(),
            b"",
            *lines,
            *([line] if line else []),
            b"-----END PGP " + kind + b"-----",
            b"",
        ]
    )
