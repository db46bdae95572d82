"""Session key packets octet by octet: any algorithm number and any key, wrapped correctly (RFC 9580 §11.5)."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from keyring_admin.openpgp.framing import iterate_packets

from .messages import packet

_SUBKEY, _PKESK, _ECDH = 14, 1, 18
_DIGESTS = {8: "sha256", 9: "sha384", 10: "sha512"}
_KEY_OCTETS = {7: 16, 8: 24, 9: 32}


def session_key_packet(algorithm: int, key: bytes, certificate: bytes, *, checksum: int | None = None) -> bytes:
    """A PKESK version 3 for the first Curve25519 subkey of a certificate. checksum: another one than is right."""
    body = next(each.body for each in iterate_packets(certificate) if each.tag == _SUBKEY and each.body[5] == _ECDH)
    fingerprint = hashlib.sha1(b"\x99" + len(body).to_bytes(2) + body).digest()  # noqa: S324 - version 4 demands it
    oid, rest = body[6 : 7 + body[6]], body[7 + body[6] :]
    point, (digest, cipher) = rest[3:35], rest[-2:]  # behind the bit count and the 0x40 of §11.2.1
    ephemeral = X25519PrivateKey.generate()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(point))
    bound = oid + bytes([_ECDH, 3, 1, digest, cipher]) + b"Anonymous Sender    " + fingerprint
    wrapping = hashlib.new(_DIGESTS[digest], b"\0\0\0\x01" + shared + bound).digest()[: _KEY_OCTETS[cipher]]
    payload = bytes([algorithm]) + key + (sum(key) % 65536 if checksum is None else checksum).to_bytes(2)
    padding = 8 - len(payload) % 8
    wrapped = aes_key_wrap(wrapping, payload + bytes([padding]) * padding)
    public = (263).to_bytes(2) + b"\x40" + ephemeral.public_key().public_bytes_raw()
    return packet(_PKESK, b"\x03" + fingerprint[-8:] + bytes([_ECDH]) + public + bytes([len(wrapped)]) + wrapped)
