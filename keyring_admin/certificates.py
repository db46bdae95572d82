"""What a certificate says about itself, read by GnuPG when somebody is admitted: never in the path of a mail."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import gnupg
import pysequoia
from pysequoia.packet import PacketPile, Tag

from keyring_admin.addresses import AddressError, canonical_address

CERTIFICATE_LIMIT = 64 * 1024  # octets; a poisoned certificate is larger (CVE-2019-13050)
MINIMUM_RSA_BITS = 2048
_RSA_ALGORITHMS = {"1", "2", "3"}  # RFC 9580 §9.1
_DSA = "17"
_SECRET_PACKETS = (Tag.SecretKey, Tag.SecretSubkey)  # RFC 9580 §5.5.1.3, §5.5.1.4


class CertificateRefusal(StrEnum):
    """Why a certificate is not admitted."""

    TOO_LARGE = "the certificate is larger than 64 KiB; export it with --export-options export-minimal"
    UNREADABLE = "expected one OpenPGP certificate, armored or binary"
    SEVERAL = "expected one certificate, found several"
    SECRET = "this is a SECRET key; it was not stored. Export the certificate only, and treat this key as leaked"  # noqa: S105 - a sentence
    NO_USER_ID = "no User ID holds the expected address"
    REVOKED = "the certificate is revoked"
    EXPIRED = "the certificate has expired"
    WEAK = "the key is too weak: RSA needs 2048 bits or more, DSA is not admitted"
    NO_ENCRYPTION = "the certificate has no valid encryption subkey"
    NO_SIGNING = "the certificate has no valid signing key"


class CertificateError(ValueError):
    """A certificate was refused; `reason` is safe to show to its holder."""

    def __init__(self, reason: CertificateRefusal) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """One primary key or subkey of a certificate. fingerprint and key_id are upper-case hex; times are UTC."""

    key_id: str
    fingerprint: str
    can_encrypt: bool
    can_sign: bool
    expires_at: datetime | None
    revoked: bool


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate fit to be admitted. `keys[0]` is the primary key; `octets` is binary."""

    fingerprint: str
    octets: bytes
    keys: tuple[KeyFacts, ...]


def examine_certificate(
    octets: bytes, address: str, *, now: datetime, special_use_domains: bool, must_sign: bool = True
) -> CertificateFacts:
    """Decide whether a certificate may be admitted for `address` (canonical), and read its keys.

    Raises CertificateError with the true reason.
    """
    if len(octets) > CERTIFICATE_LIMIT:
        raise CertificateError(CertificateRefusal.TOO_LARGE)
    cert = _parse_one(octets)
    binary = bytes(cert)
    with tempfile.TemporaryDirectory(prefix="gsp-", ignore_cleanup_errors=True) as home:
        scanner = gnupg.GPG(gnupghome=home, options=["--no-options", "--no-auto-key-locate"])
        listing = scanner.scan_keys_mem(binary)
    if len(listing) != 1:
        raise CertificateError(CertificateRefusal.UNREADABLE)
    primary = listing[0]
    if primary["trust"] == "r" or cert.is_revoked:
        raise CertificateError(CertificateRefusal.REVOKED)
    subkeys = primary.get("subkey_info", {})  # python-gnupg leaves it out where there is none
    keys = (
        _key_facts(primary["fingerprint"], primary),
        *(_key_facts(fingerprint, subkeys[key_id]) for key_id, _, fingerprint, *_ in primary["subkeys"]),
    )
    if not alive(keys[0], now):
        raise CertificateError(CertificateRefusal.EXPIRED)
    if any(_is_weak(info) for info in (primary, *subkeys.values())):
        raise CertificateError(CertificateRefusal.WEAK)
    if address not in {_user_id_address(uid, special_use_domains) for uid in primary["uids"]}:
        raise CertificateError(CertificateRefusal.NO_USER_ID)
    if not any(key.can_encrypt and alive(key, now) for key in keys):
        raise CertificateError(CertificateRefusal.NO_ENCRYPTION)
    if must_sign and not any(key.can_sign and alive(key, now) for key in keys):
        raise CertificateError(CertificateRefusal.NO_SIGNING)
    return CertificateFacts(fingerprint=primary["fingerprint"], octets=binary, keys=keys)


def alive(key: KeyFacts, now: datetime) -> bool:
    """Whether a key is neither revoked nor expired at `now`."""
    return not key.revoked and (key.expires_at is None or now < key.expires_at)


def merged(known: bytes, fresh: bytes) -> bytes:
    """Two copies of one certificate as one: whatever was revoked in either is revoked (RFC 9580 §10.1)."""
    return bytes(pysequoia.Cert.from_bytes(known).merge(pysequoia.Cert.from_bytes(fresh)))


def _parse_one(octets: bytes) -> pysequoia.Cert:
    try:
        certs = pysequoia.Cert.split_bytes(octets)
        # pysequoia names Tsk as successor of Cert.has_secret_keys, but that takes certificates too: the packets tell.
        secret = any(packet.tag in _SECRET_PACKETS for packet in PacketPile.from_bytes(octets))
    except (RuntimeError, OSError):
        raise CertificateError(CertificateRefusal.UNREADABLE) from None
    if not certs:
        raise CertificateError(CertificateRefusal.UNREADABLE)
    if secret:
        raise CertificateError(CertificateRefusal.SECRET)
    if len(certs) > 1:
        raise CertificateError(CertificateRefusal.SEVERAL)
    return certs[0]


def _key_facts(fingerprint: str, info: dict[str, str]) -> KeyFacts:
    own_capabilities = {letter for letter in info["cap"] if letter.islower()}  # upper case: of the whole certificate
    expires = info["expires"]
    return KeyFacts(
        key_id=info["keyid"].upper(),
        fingerprint=fingerprint.upper(),
        can_encrypt="e" in own_capabilities,
        can_sign="s" in own_capabilities,
        expires_at=datetime.fromtimestamp(int(expires), UTC) if expires else None,
        revoked=info["trust"] in {"r", "i"},  # revoked, or without a valid binding (GnuPG doc/DETAILS, field 2)
    )


def _is_weak(info: dict[str, str]) -> bool:
    if info["algo"] == _DSA:
        return True
    return info["algo"] in _RSA_ALGORITHMS and int(info["length"]) < MINIMUM_RSA_BITS


def _user_id_address(user_id: str, special_use_domains: bool) -> str | None:
    """The address of a User ID of the form `Name <address>` or `address`; None if it holds none, or several."""
    inner = user_id.rpartition("<")[2].removesuffix(">") if "<" in user_id else user_id
    if user_id.count("<") > 1 or user_id.count("@") != 1:
        return None
    try:
        return canonical_address(inner.strip(), special_use_domains=special_use_domains)
    except AddressError:
        return None
