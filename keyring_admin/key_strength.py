"""Whether the numbers of a public key are fit: size, algorithm, curve, and known flaws of RSA. Pure."""

from math import gcd, prod

from keyring_admin.certificate_packets import KeyPacket
from keyring_admin.certificate_refusal import CertificateRefusal

MINIMUM_RSA_BITS, MAXIMUM_RSA_BITS = 2048, 8192
_RSA = frozenset({1, 2, 3})  # RFC 9580 §9.1
_ELLIPTIC = frozenset({18, 19, 22})  # ECDH, ECDSA, EdDSA
_BROKEN = frozenset({16, 17, 20})  # ElGamal, DSA
# RFC 9580 §9.2: the curves that GnuPG 2.2 and the gateway's own library both have.
_CURVES = frozenset(
    bytes.fromhex(oid)
    for oid in (
        "2A8648CE3D030107",  # NIST P-256
        "2B81040022",  # NIST P-384
        "2B81040023",  # NIST P-521
        "2B06010401DA470F01",  # Ed25519
        "2B060104019755010501",  # Curve25519
    )
)
_SMALL_PRIMES = tuple(number for number in range(3, 168) if all(number % divisor for divisor in range(2, number)))
_SMALL_PRODUCT = 2 * prod(_SMALL_PRIMES)
_ROCA_GENERATOR = 65537


def key_problem(key: KeyPacket) -> CertificateRefusal | None:
    """Why a key is not admitted, or None."""
    if key.algorithm in _BROKEN:
        return CertificateRefusal.WEAK
    if key.algorithm in _RSA:
        return _rsa_problem(key.material)
    length = key.material[0] if key.material else 0
    if key.algorithm in _ELLIPTIC and key.material[1 : 1 + length] in _CURVES:
        return None
    return CertificateRefusal.ALGORITHM


def _rsa_problem(material: bytes) -> CertificateRefusal | None:
    """RFC 9580 §5.5.5.1: modulus and exponent."""
    modulus, rest = _multiprecision_integer(material)
    exponent, _ = _multiprecision_integer(rest)
    if modulus.bit_length() < MINIMUM_RSA_BITS:
        return CertificateRefusal.WEAK
    if modulus.bit_length() > MAXIMUM_RSA_BITS:
        return CertificateRefusal.ALGORITHM
    if exponent <= 3 or exponent % 2 == 0 or gcd(modulus, _SMALL_PRODUCT) != 1 or _has_roca_shape(modulus):
        return CertificateRefusal.FLAWED
    return None


def _has_roca_shape(modulus: int) -> bool:
    """CVE-2017-15361, Nemec et al., CCS 2017, §3: modulo each small prime, the modulus is a power of 65537."""
    return all(_is_power(modulus % prime, prime) for prime in _SMALL_PRIMES)


def _is_power(residue: int, prime: int) -> bool:
    power = 1
    for _ in range(prime):
        if power == residue:
            return True
        power = power * _ROCA_GENERATOR % prime
    return False


def _multiprecision_integer(octets: bytes) -> tuple[int, bytes]:
    """RFC 9580 §3.2; and what follows it. One that is cut is a short one."""
    length = (int.from_bytes(octets[:2]) + 7) // 8
    return int.from_bytes(octets[2 : 2 + length]), octets[2 + length :]
