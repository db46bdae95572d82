"""OpenPGP certificates of version 4 written packet by packet: ten thousand in seconds, and such as no program makes.

Ed25519 with a Curve25519 subkey, as GnuPG 2.2 makes them. Not for real use: for benchmarks and hostile tests.
"""

import hashlib
import struct
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ED25519 = bytes.fromhex("092b06010401da470f01")  # RFC 9580 §9.2, with its length
_CURVE25519 = bytes.fromhex("0a2b060104019755010501")
_HASHES = {1: "md5", 2: "sha1", 8: "sha256", 10: "sha512"}  # RFC 9580 §9.5
EDDSA, ECDH = 22, 18


@dataclass(frozen=True)
class MadeKey:
    """A key that signs. created: seconds since 1970."""

    private: Ed25519PrivateKey = field(repr=False)
    created: int

    @property
    def body(self) -> bytes:
        """The public key packet's body (RFC 9580 §5.5.2)."""
        point = b"\x40" + self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return b"\x04" + struct.pack(">IB", self.created, EDDSA) + _ED25519 + integer(point)

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha1(key_frame(self.body), usedforsecurity=False).digest()


@dataclass(frozen=True)
class SignatureShape:
    """What a signature says. extra: more hashed subpackets. life: seconds; 0 is for ever."""

    kind: int
    created: int
    hash_algorithm: int = 8
    extra: tuple[bytes, ...] = ()


def make_key(created: int) -> MadeKey:
    return MadeKey(Ed25519PrivateKey.generate(), created)


def make_certificate(
    key: MadeKey,
    *user_ids: bytes,
    life: int = 3 * 365 * 86400,
    hash_algorithm: int = 8,
    features: int = 1,
    subkey: bool = True,
) -> bytes:
    """A certificate with its self-signatures."""
    expiry = subpacket(9, struct.pack(">I", life))
    own = SignatureShape(
        0x13, key.created, hash_algorithm, (expiry, subpacket(27, b"\x03"), subpacket(30, bytes([features])))
    )
    parts = [packet(6, key.body)]
    for user_id in user_ids:
        parts += [packet(13, user_id), sign(key, own, key_frame(key.body) + user_id_frame(user_id))]
    if subkey:
        point = b"\x40" + X25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        kdf = b"\x03\x01\x08\x07"  # RFC 9580 §5.5.5.6: SHA-256, AES-128
        body = b"\x04" + struct.pack(">IB", key.created, ECDH) + _CURVE25519 + integer(point) + kdf
        binding = replace(own, kind=0x18, extra=(expiry, subpacket(27, b"\x0c")))
        parts += [packet(14, body), sign(key, binding, key_frame(key.body) + key_frame(body))]
    return b"".join(parts)


def certification(
    certifier: MadeKey, key: MadeKey, user_id: bytes, created: int, *, hash_algorithm: int = 8, scope: str = ""
) -> bytes:
    """The packet of a certification; with a scope, of a trust signature for that mail domain."""
    extra: tuple[bytes, ...] = ()
    if scope:
        expression = "<[^>]+[@.]" + scope.replace(".", "\\.") + ">$"
        extra = (subpacket(5, b"\x01\x78"), subpacket(6, expression.encode() + b"\x00", critical=True))
    shape = SignatureShape(0x10, created, hash_algorithm, extra)
    return sign(certifier, shape, key_frame(key.body) + user_id_frame(user_id))


def certified(certificate: bytes, user_id: bytes, signature: bytes) -> bytes:
    """The certificate with a certification of this User ID, before what was there."""
    marker = packet(13, user_id)
    before, _, after = certificate.partition(marker)
    return before + marker + signature + after


def sign(key: MadeKey, shape: SignatureShape, signed: bytes) -> bytes:
    """A signature packet of version 4 (RFC 9580 §5.2.3, §5.2.4)."""
    issuer = subpacket(33, b"\x04" + key.fingerprint)
    hashed = b"".join([subpacket(2, struct.pack(">I", shape.created)), issuer, *shape.extra])
    head = bytes([4, shape.kind, EDDSA, shape.hash_algorithm]) + struct.pack(">H", len(hashed)) + hashed
    trailer = b"\x04\xff" + struct.pack(">I", len(head))
    digest = hashlib.new(_HASHES[shape.hash_algorithm], signed + head + trailer, usedforsecurity=False).digest()
    made = key.private.sign(digest)
    unhashed = subpacket(16, key.fingerprint[-8:])
    body = head + struct.pack(">H", len(unhashed)) + unhashed + digest[:2] + integer(made[:32]) + integer(made[32:])
    return packet(2, body)


def packet(tag: int, body: bytes) -> bytes:
    """RFC 9580 §4.2.1."""
    return bytes([0xC0 | tag, 0xFF]) + struct.pack(">I", len(body)) + body


def subpacket(kind: int, content: bytes, *, critical: bool = False) -> bytes:
    """RFC 9580 §5.2.3.7."""
    return bytes([len(content) + 1, kind | (0x80 if critical else 0)]) + content


def key_frame(body: bytes) -> bytes:
    """RFC 9580 §5.2.4: how a key goes into a signature."""
    return b"\x99" + struct.pack(">H", len(body)) + body


def user_id_frame(user_id: bytes) -> bytes:
    """RFC 9580 §5.2.4: how a User ID goes into a certification."""
    return b"\xb4" + struct.pack(">I", len(user_id)) + user_id


def integer(octets: bytes) -> bytes:
    """RFC 9580 §3.2: without leading zeros."""
    stripped = octets.lstrip(b"\x00")
    bits = len(stripped) * 8 - (8 - stripped[0].bit_length()) if stripped else 0
    return struct.pack(">H", bits) + stripped
