"""A reader of signed libraries made from docs/library.md alone: no line of the gateway, no OpenPGP library.

It stands for another implementation; the vectors and both readers must agree.
"""

import hashlib
import tomllib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_HASHES = {8: hashlib.sha256, 10: hashlib.sha512}  # RFC 9580 §9.5


class RefusedError(ValueError):
    """Not a library that two release keys signed."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature packet, version 4. signed: what is hashed; digest: of that."""

    issuer: str
    hash_algorithm: int
    signed: bytes
    digest: bytes
    hint: bytes
    values: bytes


def read(file: bytes, release_keys: dict[str, bytes]) -> dict[str, object]:
    """The library in a signed file. release_keys: Ed25519 public keys by fingerprint."""
    packets = split(file)
    if [tag for tag, _ in packets] != [4, 4, 11, 2, 2]:
        raise RefusedError
    literal = packets[2][1]
    if literal[:6] != b"b\x00\x00\x00\x00\x00":
        raise RefusedError
    library = literal[6:]
    signatures = [signature(body, library) for _, body in packets[3:]]
    for (_, one_pass), made, nested in zip(packets, reversed(signatures), (0, 1), strict=False):
        expected = bytes([3, 0, made.hash_algorithm, 22]) + bytes.fromhex(made.issuer)[-8:] + bytes([nested])
        if one_pass != expected:
            raise RefusedError
    signers = {one.issuer for one in signatures if verified(one, release_keys)}
    if len(signers) != 2 or [one.issuer for one in signatures] != sorted(signers, reverse=True):
        raise RefusedError
    return tomllib.loads(library.decode("utf-8"))


def split(file: bytes) -> list[tuple[int, bytes]]:
    """Packets with new-format headers and five-octet lengths; nothing else (RFC 9580 §4.2.1)."""
    found, position = [], 0
    while position < len(file):
        head = file[position : position + 6]
        if len(head) < 6 or head[0] & 0xC0 != 0xC0 or head[1] != 0xFF:
            raise RefusedError
        end = position + 6 + int.from_bytes(head[2:], "big")
        if end > len(file):
            raise RefusedError
        found.append((head[0] & 0x3F, file[position + 6 : end]))
        position = end
    return found


def signature(body: bytes, library: bytes) -> Signature:
    """RFC 9580 §5.2.3 and §5.2.4: hashed are the library, the packet up to its hashed subpackets, and a trailer."""
    version, kind, algorithm, hash_algorithm = body[:4]
    if (version, kind, algorithm) != (4, 0x00, 22) or hash_algorithm not in _HASHES:
        raise RefusedError
    hashed_end = 6 + int.from_bytes(body[4:6], "big")
    signed = library + body[:hashed_end] + b"\x04\xff" + hashed_end.to_bytes(4, "big")
    rest = hashed_end + 2 + int.from_bytes(body[hashed_end : hashed_end + 2], "big")
    subpackets = body[6:hashed_end] + body[hashed_end + 2 : rest]
    return Signature(
        issuer=issuer_in(subpackets),
        hash_algorithm=hash_algorithm,
        signed=signed,
        digest=_HASHES[hash_algorithm](signed).digest(),
        hint=body[rest : rest + 2],
        values=mpis(body[rest + 2 :]),
    )


def issuer_in(subpackets: bytes) -> str:
    """The issuer fingerprint, subpacket 33, version 4 (RFC 9580 §5.2.3.35). All are shorter than 192 octets here."""
    position = 0
    while position < len(subpackets):
        length, kind = subpackets[position], subpackets[position + 1] & 0x7F
        if kind == 33 and subpackets[position + 2] == 4:
            return subpackets[position + 3 : position + 1 + length].hex().upper()
        position += 1 + length
    raise RefusedError


def mpis(octets: bytes) -> bytes:
    """R and S of an EdDSA signature, 32 octets each (RFC 9580 §5.2.3.3.1)."""
    found = b""
    while octets:
        length = (int.from_bytes(octets[:2], "big") + 7) // 8
        found += octets[2 : 2 + length].rjust(32, b"\x00")
        octets = octets[2 + length :]
    return found


def verified(one: Signature, release_keys: dict[str, bytes]) -> bool:
    """EdDSA in OpenPGP signs the digest (RFC 9580 §5.2.3.3.1)."""
    key = release_keys.get(one.issuer)
    if key is None or one.hint != one.digest[:2]:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(one.values, one.digest)
    except InvalidSignature:
        return False
    return True


def release_key(certificate: bytes) -> tuple[str, bytes]:
    """Fingerprint and Ed25519 key of the primary key: EdDSA, version 4 (RFC 9580 §5.5.2, §5.5.5.5)."""
    if certificate[0] != 0x98:  # old format, one octet of length, tag 6: as gpg --export writes it
        raise RefusedError
    body = certificate[2 : 2 + certificate[1]]
    fingerprint = hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body).hexdigest()  # noqa: S324 - RFC 9580 §5.5.4.2
    return fingerprint.upper(), body[-32:]
