"""The public-key encrypted session key packet (RFC 9580 §5.1): for whom, and is it whole?

Profile: version 3 for SEIPDv1 and version 6 for SEIPDv2, with RSA, ECDH, X25519 or X448. Everything else is refused:
Elgamal (RFC 9580 §12.4 forbids encrypting with it), the sign-only and encrypt-only RSA numbers, unknown and
post-quantum algorithms. The fields must fill the packet exactly, so that nothing can ride along in it.
"""

from dataclasses import dataclass

from keyring_admin.openpgp.errors import OpenPGPRefusedError, Rule

_RSA, _ECDH, _X25519, _X448 = 1, 18, 25, 26  # RFC 9580 §9.1
# A 2048-bit ciphertext is shorter than this once in 2^64 times.
_RSA_BITS = range(2048 - 64, 16384 + 1)
# RFC 9580 §11.2: 0x40 and a Montgomery coordinate, or 0x04 and two coordinates of NIST or Brainpool curves.
_POINT_OCTETS = {0x40: frozenset({33, 57}), 0x04: frozenset({65, 97, 129, 133})}
# RFC 9580 §11.5: AES key wrap of the padded session key.
_ECDH_WRAPPED_OCTETS = frozenset({32, 40, 48})
# RFC 9580 §5.1.6: AES key wrap of a session key for AES-128, AES-192, AES-256 (§9.3).
_AES_WRAPPED_OCTETS = {7: 24, 8: 32, 9: 40}
_COORDINATE_OCTETS = {_X25519: 32, _X448: 56}
_FINGERPRINT_OCTETS = {4: 20, 6: 32}


@dataclass(frozen=True, slots=True)
class SessionKeyPacket:
    """version: 3 or 6. key_id: the recipient subkey's, 16 upper-case hexadecimal digits."""

    version: int
    key_id: str


def read_session_key_packet(body: bytes) -> SessionKeyPacket:
    """Read the body of one PKESK packet.

    Raises OpenPGPRefusedError: hidden recipient, a version or an algorithm outside of the profile, or fields that
    don't add up with the packet's length. Source: RFC 9580 §5.1.1, §5.1.2.
    """
    if not body:
        raise OpenPGPRefusedError(Rule.RECIPIENT_MALFORMED)
    version = body[0]
    if version == 3:
        key_id, rest = body[1:9], body[9:]
    elif version == 6:
        key_id, rest = _version_6_recipient(body[1:])
    else:
        raise OpenPGPRefusedError(Rule.RECIPIENT_VERSION)
    if len(key_id) < 8 or not rest:
        raise OpenPGPRefusedError(Rule.RECIPIENT_MALFORMED)
    if not any(key_id):  # RFC 9580 §5.1.8: a speculative key ID
        raise OpenPGPRefusedError(Rule.HIDDEN_RECIPIENT)
    algorithm, fields = rest[0], rest[1:]
    if algorithm == _RSA:
        whole = _is_rsa(fields)
    elif algorithm == _ECDH:
        whole = _is_ecdh(fields)
    elif algorithm in _COORDINATE_OCTETS:
        whole = _is_montgomery(fields, _COORDINATE_OCTETS[algorithm], version)
    else:
        raise OpenPGPRefusedError(Rule.RECIPIENT_ALGORITHM)
    if not whole:
        raise OpenPGPRefusedError(Rule.RECIPIENT_MALFORMED)
    return SessionKeyPacket(version, key_id.hex().upper())


def _version_6_recipient(data: bytes) -> tuple[bytes, bytes]:
    """Key ID and what follows it, from key version and fingerprint (RFC 9580 §5.1.2, §5.5.4)."""
    if not data:
        raise OpenPGPRefusedError(Rule.RECIPIENT_MALFORMED)
    length = data[0]
    if length == 0:
        raise OpenPGPRefusedError(Rule.HIDDEN_RECIPIENT)
    named, rest = data[1 : 1 + length], data[1 + length :]
    if len(named) < length or _FINGERPRINT_OCTETS.get(named[0]) != length - 1:
        raise OpenPGPRefusedError(Rule.RECIPIENT_MALFORMED)
    fingerprint = named[1:]
    return (fingerprint[-8:] if named[0] == 4 else fingerprint[:8]), rest


def _split_mpi(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Bits, octets and rest of a canonical multiprecision integer (RFC 9580 §3.2), or None."""
    bits = int.from_bytes(data[:2])
    length = (bits + 7) // 8
    value = data[2 : 2 + length]
    if len(data) < 2 or not value or len(value) < length or int(value[0]).bit_length() != (bits - 1) % 8 + 1:
        return None
    return bits, value, data[2 + length :]


def _is_rsa(fields: bytes) -> bool:
    number = _split_mpi(fields)  # RFC 9580 §5.1.3
    return number is not None and number[0] in _RSA_BITS and not number[2]


def _is_ecdh(fields: bytes) -> bool:
    point = _split_mpi(fields)  # RFC 9580 §5.1.5
    if point is None:
        return False
    _, octets, rest = point
    known = len(octets) in _POINT_OCTETS.get(octets[0], ())
    return known and len(rest) > 1 and rest[0] == len(rest) - 1 and rest[0] in _ECDH_WRAPPED_OCTETS


def _is_montgomery(fields: bytes, coordinate: int, version: int) -> bool:
    rest = fields[coordinate:]  # RFC 9580 §5.1.6, §5.1.7
    if len(rest) < 2 or rest[0] != len(rest) - 1:
        return False
    if version == 3:  # the symmetric algorithm stands in the clear, and is AES
        return len(rest) - 2 == _AES_WRAPPED_OCTETS.get(rest[1])
    return rest[0] in _AES_WRAPPED_OCTETS.values()
