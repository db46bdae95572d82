"""The door for certificates: which are admitted, for which address, and the true reason where one is not.

Packets are read by ourselves first, so that GnuPG only sees what it can read; GnuPG then says which self-signatures
verify. Never in the path of a mail.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pysequoia

from keyring_admin.certificate_packets import CERTIFICATE_LIMIT, CertificatePackets, read_one_certificate
from keyring_admin.certificate_refusal import CertificateError, CertificateRefusal
from keyring_admin.gnupg_listing import ListedCertificate, ListedKey, ListedSignature, list_certificates
from keyring_admin.key_strength import MINIMUM_RSA_BITS, key_problem
from keyring_admin.user_ids import user_id_address, user_id_problem

__all__ = [
    "CERTIFICATE_LIMIT",
    "MINIMUM_RSA_BITS",
    "Candidate",
    "CertificateError",
    "CertificateFacts",
    "CertificateRefusal",
    "KeyFacts",
    "alive",
    "canonical_octets",
    "describe_certificate",
    "examine_certificate",
    "examine_certificates",
    "examine_issuer",
    "examine_listed",
    "merged",
    "read_candidate",
]

_BATCH = 200  # certificates in one run of GnuPG
_CLOCK_TOLERANCE = timedelta(days=1)  # a key made on a machine whose clock is ahead
_STRONG_HASHES = frozenset({8, 9, 10, 11, 12, 14})  # RFC 9580 §9.5: SHA-2 and SHA-3
# RFC 9580 §5.2.1
_CERTIFICATIONS = frozenset({0x10, 0x11, 0x12, 0x13})
_CERTIFICATION_REVOCATION, _SUBKEY_BINDING, _DIRECT_KEY = 0x30, 0x18, 0x1F
_FEATURES, _EMBEDDED_SIGNATURE = 30, 32  # RFC 9580 §5.2.3.32, §5.2.3.34
_UNBOUND = "i"  # GnuPG doc/DETAILS, field 2
_NEW_ENCRYPTION = 0x02 | 0x08  # GnuPG's own OCB (draft-koch-librepgp), and SEIPDv2


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
    octets: bytes = field(repr=False)
    keys: tuple[KeyFacts, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A certificate (armored or binary) for a canonical address."""

    octets: bytes = field(repr=False)
    address: str = field(repr=False)
    must_sign: bool = True


def examine_certificate(
    octets: bytes, address: str, *, now: datetime, special_use_domains: bool, must_sign: bool = True
) -> CertificateFacts:
    """Decide whether a certificate may be admitted for `address` (canonical), and read its keys.

    Raises CertificateError with the true reason, or GnuPGError.
    """
    candidate = Candidate(octets, address, must_sign)
    (examined,) = examine_certificates([candidate], now=now, special_use_domains=special_use_domains)
    if isinstance(examined, CertificateRefusal):
        raise CertificateError(examined)
    return examined


def examine_certificates(
    candidates: Sequence[Candidate], *, now: datetime, special_use_domains: bool
) -> list[CertificateFacts | CertificateRefusal]:
    """Examine many in few runs of GnuPG: what each is, in their order, or why it is not admitted. Raises GnuPGError."""
    found: list[CertificateFacts | CertificateRefusal] = []
    for start in range(0, len(candidates), _BATCH):
        batch = candidates[start : start + _BATCH]
        read = [read_candidate(candidate) for candidate in batch]
        fit = {packets.fingerprint: packets for packets in read if isinstance(packets, CertificatePackets)}
        listed = list_certificates([packets.certified_only_by(()) for packets in fit.values()]) if fit else {}
        found += [
            examine_listed(candidate, packets, listed, now=now, special_use_domains=special_use_domains)
            for candidate, packets in zip(batch, read, strict=True)
        ]
    return found


def examine_listed(
    candidate: Candidate,
    packets: CertificatePackets | CertificateRefusal,
    listed: Mapping[str, ListedCertificate],
    *,
    now: datetime,
    special_use_domains: bool,
) -> CertificateFacts | CertificateRefusal:
    """The second half of an examination. packets: from read_candidate; listed: what GnuPG says, by fingerprint."""
    if isinstance(packets, CertificateRefusal):
        return packets
    own = listed.get(packets.fingerprint)
    if own is None:
        return CertificateRefusal.UNREADABLE
    refusal = _refusal(own, candidate, now, special_use_domains)
    return _facts(own, packets) if refusal is None else refusal


def describe_certificate(octets: bytes) -> CertificateFacts:
    """The keys of a certificate, whatever their state: for one that is in the directory already.

    Raises CertificateError if it can't be read, or GnuPGError.
    """
    packets = read_one_certificate(canonical_octets(read_one_certificate(octets).octets))
    listed = list_certificates([packets.certified_only_by(())])
    if packets.fingerprint not in listed:
        raise CertificateError(CertificateRefusal.UNREADABLE)
    return _facts(listed[packets.fingerprint], packets)


def examine_issuer(octets: bytes, *, now: datetime) -> CertificateFacts:
    """Decide whether a certificate is fit to certify others: a root. It needs no address and no encryption subkey.

    Raises CertificateError, or GnuPGError.
    """
    packets = _read(octets)
    if isinstance(packets, CertificateRefusal):
        raise CertificateError(packets)
    listed = list_certificates([packets.certified_only_by(())]).get(packets.fingerprint)
    if listed is None:
        raise CertificateError(CertificateRefusal.UNREADABLE)
    refusal = _life_refusal(listed, now)
    if refusal is None and not any(_newest(listed, user_id.signatures) for user_id in listed.user_ids):
        refusal = CertificateRefusal.NO_USER_ID
    if refusal is None and not all(word.hash_algorithm in _STRONG_HASHES for word in _words(listed)):
        refusal = CertificateRefusal.WEAK_HASH
    if refusal is not None:
        raise CertificateError(refusal)
    return _facts(listed, packets)


def alive(key: KeyFacts, now: datetime) -> bool:
    """Whether a key is neither revoked nor expired at `now`."""
    return not key.revoked and (key.expires_at is None or now < key.expires_at)


def canonical_octets(octets: bytes) -> bytes:
    """The one spelling of a certificate: the mail path's own library reads and writes it. Raises CertificateError."""
    try:
        return bytes(pysequoia.Cert.from_bytes(octets))
    except (RuntimeError, OSError):
        raise CertificateError(CertificateRefusal.UNREADABLE) from None


def merged(known: bytes, fresh: bytes) -> bytes:
    """Two copies of one certificate as one: whatever was revoked in either is revoked (RFC 9580 §10.1)."""
    return bytes(pysequoia.Cert.from_bytes(known).merge(pysequoia.Cert.from_bytes(fresh)))


def read_candidate(candidate: Candidate) -> CertificatePackets | CertificateRefusal:
    """The first half of an examination: what can be said before any signature is checked."""
    return _read(candidate.octets)


def _read(octets: bytes) -> CertificatePackets | CertificateRefusal:
    try:
        packets = read_one_certificate(octets)
        if packets.user_ids:
            packets = read_one_certificate(canonical_octets(packets.octets))
    except CertificateError as error:
        return error.reason
    if not packets.user_ids:
        return CertificateRefusal.NO_USER_ID
    problems: list[CertificateRefusal | None] = [key_problem(key) for key in packets.keys]
    problems += [user_id_problem(user_id) for user_id in packets.user_ids]
    return next((problem for problem in problems if problem is not None), packets)


def _refusal(
    listed: ListedCertificate, candidate: Candidate, now: datetime, special_use_domains: bool
) -> CertificateRefusal | None:
    refusal = _life_refusal(listed, now)
    if refusal is not None:
        return refusal
    keys, words = [_key_facts(key) for key in listed.keys], _words(listed)
    in_force = [user_id.octets.decode() for user_id in listed.user_ids if _newest(listed, user_id.signatures)]
    addresses = {user_id_address(text, special_use_domains=special_use_domains) for text in in_force}
    if candidate.address not in addresses:
        return CertificateRefusal.NO_USER_ID
    if not all(word.hash_algorithm in _STRONG_HASHES for word in words) or not _bindings_strong(listed):
        return CertificateRefusal.WEAK_HASH
    if any(content[:1] and content[0] & _NEW_ENCRYPTION for word in words for content in word.contents(_FEATURES)):
        return CertificateRefusal.FEATURES
    if not any(key.can_encrypt and alive(key, now) for key in keys):
        return CertificateRefusal.NO_ENCRYPTION
    if candidate.must_sign and not any(key.can_sign and alive(key, now) for key in keys):
        return CertificateRefusal.NO_SIGNING
    return None


def _life_refusal(listed: ListedCertificate, now: datetime) -> CertificateRefusal | None:
    primary = _key_facts(listed.keys[0])
    if primary.revoked:
        return CertificateRefusal.REVOKED
    if not alive(primary, now):
        return CertificateRefusal.EXPIRED
    return CertificateRefusal.NOT_YET if listed.keys[0].created > now + _CLOCK_TOLERANCE else None


def _words(listed: ListedCertificate) -> list[ListedSignature]:
    """The self-signatures that the certificate rests on: the newest on each User ID, and those on the key itself."""
    newest = [_newest(listed, user_id.signatures) for user_id in listed.user_ids]
    on_the_key = _own(listed, listed.keys[0].signatures, {_DIRECT_KEY})
    return [*(word for word in newest if word is not None), *on_the_key]


def _own(
    listed: ListedCertificate, signatures: Iterable[ListedSignature], classes: Iterable[int]
) -> list[ListedSignature]:
    """Verified signatures of these classes by the certificate's primary key."""
    holder, chosen = listed.keys[0].key_id, frozenset(classes)
    return [each for each in signatures if each.verified and each.issuer == holder and each.signature_class in chosen]


def _newest(listed: ListedCertificate, signatures: Iterable[ListedSignature]) -> ListedSignature | None:
    """The self-signature that makes a User ID one in force, if its holder's last word is that."""
    own = _own(listed, signatures, _CERTIFICATIONS | {_CERTIFICATION_REVOCATION})
    last = max(own, key=lambda each: (each.created, each.signature_class), default=None)
    return None if last is None or last.signature_class == _CERTIFICATION_REVOCATION else last


def _bindings_strong(listed: ListedCertificate) -> bool:
    """Whether the subkeys that count are bound by strong hashes, in both directions where they sign."""
    for key in listed.keys[1:]:
        if key.validity in {"r", _UNBOUND}:
            continue
        binding = max(_own(listed, key.signatures, {_SUBKEY_BINDING}), key=lambda each: each.created, default=None)
        if binding is None or binding.hash_algorithm not in _STRONG_HASHES:
            return False
        back = binding.contents(_EMBEDDED_SIGNATURE)  # RFC 9580 §5.2.3: its hash algorithm is the fourth octet
        if "s" in key.capabilities and not any(content[3:4] and content[3] in _STRONG_HASHES for content in back):
            return False
    return True


def _facts(listed: ListedCertificate, packets: CertificatePackets) -> CertificateFacts:
    # A subkey that is not bound is nobody's here: else anybody could take another's key IDs by grafting their subkeys.
    primary, *subkeys = listed.keys
    keys = tuple(_key_facts(key) for key in (primary, *(key for key in subkeys if key.validity != _UNBOUND)))
    return CertificateFacts(listed.fingerprint, packets.octets, keys)


def _key_facts(key: ListedKey) -> KeyFacts:
    return KeyFacts(
        key_id=key.key_id,
        fingerprint=key.fingerprint,
        can_encrypt="e" in key.capabilities,  # upper case: of the whole certificate
        can_sign="s" in key.capabilities,
        expires_at=key.expires_at,
        revoked=key.validity in {"r", _UNBOUND},  # GnuPG doc/DETAILS, field 2
    )
