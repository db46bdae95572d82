"""OpenPGP messages with any inside, octet by octet: GnuPG would not write most of these."""

import bz2
import hashlib
import os
import zlib
from collections.abc import Callable

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from openpgp.composed import MessageBuilder, SignedPublicKey, SignedPublicSubKey

from keyring_admin.openpgp.framing import iterate_packets

_LITERAL, _COMPRESSED, _ENCRYPTED = 11, 8, 18


def packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 255]) + len(body).to_bytes(4) + body


def literal(data: bytes, *, name: bytes = b"", mode: bytes = b"b") -> bytes:
    return packet(_LITERAL, mode + bytes([len(name)]) + name + bytes(4) + data)


def deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush()


def compressed(inner: bytes, algorithm: int = 1) -> bytes:
    """1: ZIP, 2: ZLIB, 3: bzip2 (RFC 9580 §9.4)."""
    compressors: dict[int, Callable[[bytes], bytes]] = {1: deflate, 2: zlib.compress, 3: bz2.compress}
    return packet(_COMPRESSED, bytes([algorithm]) + compressors[algorithm](inner))


def layers(inner: bytes, count: int) -> bytes:
    for _ in range(count):
        inner = compressed(inner)
    return inner


def encryption_subkeys(certificate: bytes) -> list[SignedPublicSubKey]:
    """The subkeys that take messages, oldest first."""
    subkeys = SignedPublicKey.from_bytes(certificate).public_subkeys
    return [subkey for subkey in subkeys if subkey.key.public_key_algorithm == "ecdh"]


def encrypt(inner: bytes, recipient: SignedPublicSubKey, *, integrity: bool = True) -> bytes:
    """Whatever octets, as the plaintext of one SEIPDv1 packet (RFC 9580 §5.13.1)."""
    key = os.urandom(32)
    builder = MessageBuilder.from_bytes("", b"").seipd_v1("aes256").set_session_key(key).encrypt_to_key(recipient)
    octets = builder.to_vec()
    session_key = next(iterate_packets(octets))
    prefix = os.urandom(16)
    plain = prefix + prefix[-2:] + inner
    if integrity:
        plain += b"\xd3\x14"
        plain += hashlib.sha1(plain).digest()  # noqa: S324 - RFC 9580 §5.13.1 demands it
    encryptor = Cipher(algorithms.AES(key), CFB(bytes(16))).encryptor()
    return octets[: session_key.end] + packet(_ENCRYPTED, b"\x01" + encryptor.update(plain) + encryptor.finalize())
