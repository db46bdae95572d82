"""The signatures of a certificate that count for the chain: verified by GnuPG, read into frozen values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.chain.scope import ScopeExpression
from keyring_admin.gnupg_listing import ListedCertificate, ListedSignature, ListedUserId, list_certificates

STRONG_HASHES = frozenset({8, 9, 10, 11, 12, 14})  # RFC 9580 §9.5: SHA-2 and SHA-3, neither MD5, SHA-1 nor RIPEMD-160
_CERTIFICATIONS = frozenset({0x10, 0x11, 0x12, 0x13})  # RFC 9580 §5.2.1.4 to §5.2.1.7
_CERTIFICATION_REVOCATION, _KEY_REVOCATION = 0x30, 0x20  # RFC 9580 §5.2.1.15, §5.2.1.13
# RFC 9580 §5.2.3.7
_EXPIRATION, _TRUST, _EXPRESSION, _REVOCABLE, _REASON, _ISSUER = 3, 5, 6, 7, 29, 33
_SOFT_REASONS = frozenset({1, 3})  # RFC 9580 §5.2.3.31: superseded, retired; all others take the past away too


class Revocation(StrEnum):
    """How a key was revoked (RFC 9580 §5.2.3.31)."""

    HARD = "hard"  # compromised, or no reason given: past signatures are worth nothing either
    SOFT = "soft"  # superseded or retired


@dataclass(frozen=True, slots=True)
class Certification:
    """Somebody's certification of a User ID, or the revocation of what they certified before.

    issuer: full fingerprint. trust_depth: 0 where it is no trust signature. trust_amount: 120 is full (RFC 9580
    §5.2.3.21). hash_algorithm: RFC 9580 §9.5.
    """

    issuer: str
    created: datetime
    hash_algorithm: int
    signature_class: int = 0x10
    expires: datetime | None = None
    revocable: bool = True
    trust_depth: int = 0
    trust_amount: int = 0
    expressions: tuple[ScopeExpression, ...] = ()

    @property
    def revokes(self) -> bool:
        """Whether it takes back what the issuer certified."""
        return self.signature_class == _CERTIFICATION_REVOCATION


@dataclass(frozen=True, slots=True)
class CertifiedUserId:
    """A User ID its holder signed and did not revoke, with what others say about it."""

    text: str
    certifications: tuple[Certification, ...]


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """What of a certificate counts for the chain. user_ids: those in force only."""

    fingerprint: str
    expires_at: datetime | None
    revocation: Revocation | None
    user_ids: tuple[CertifiedUserId, ...]


def signed_certificates(certificates: Iterable[bytes], issuers: Sequence[bytes]) -> Mapping[str, SignedCertificate]:
    """Read certificates (binary) and what `issuers` (binary certificates) certified in them, by fingerprint.

    A certificate that can't be read, or that shares a key ID with an issuer, is missing from the answer.
    Raises GnuPGError, and CertificateError for octets that are no certificate.
    """
    issuing = {packets.fingerprint: packets for packets in map(read_one_certificate, issuers)}
    issuer_of = {fingerprint[-16:]: fingerprint for fingerprint in issuing}
    fit: list[bytes] = []
    for packets in map(read_one_certificate, certificates):
        foreign = {key.fingerprint for key in packets.keys} - {packets.fingerprint}
        look_alike = packets.fingerprint[-16:] in issuer_of and packets.fingerprint not in issuing
        if not look_alike and not any(fingerprint[-16:] in issuer_of for fingerprint in foreign):
            fit.append(packets.certified_only_by(issuing))
    listed = list_certificates(fit, [packets.certified_only_by(issuing) for packets in issuing.values()])
    return {fingerprint: read_signatures(each, issuer_of) for fingerprint, each in listed.items()}


def read_signatures(listed: ListedCertificate, issuer_of: Mapping[str, str]) -> SignedCertificate:
    """issuer_of: full fingerprints of those whose certifications count, by key ID."""
    primary = listed.keys[0]
    revocations = [
        signature
        for signature in primary.signatures
        if signature.signature_class == _KEY_REVOCATION and signature.verified and signature.issuer == primary.key_id
    ]
    revocation = None
    if revocations or primary.validity == "r":
        hard = not revocations or any(_reason(signature) not in _SOFT_REASONS for signature in revocations)
        revocation = Revocation.HARD if hard else Revocation.SOFT
    user_ids = [_user_id(user_id, issuer_of) for user_id in listed.user_ids if _in_force(user_id, primary.key_id)]
    return SignedCertificate(primary.fingerprint, primary.expires_at, revocation, tuple(user_ids))


def _in_force(user_id: ListedUserId, holder: str) -> bool:
    """Whether the holder's own newest word on a User ID is that it is theirs."""
    own = [signature for signature in user_id.signatures if signature.verified and signature.issuer == holder]
    if not own or user_id.validity == "r":
        return False
    newest = max(own, key=lambda signature: (signature.created, signature.signature_class))  # a tie: it is revoked
    return newest.signature_class in _CERTIFICATIONS and newest.hash_algorithm in STRONG_HASHES


def _user_id(user_id: ListedUserId, issuer_of: Mapping[str, str]) -> CertifiedUserId:
    certifications = [
        _certification(signature, issuer_of[signature.issuer])
        for signature in user_id.signatures
        if signature.verified
        and signature.issuer in issuer_of
        and signature.signature_class in _CERTIFICATIONS | {_CERTIFICATION_REVOCATION}
        and _names(signature, issuer_of[signature.issuer])
    ]
    return CertifiedUserId(user_id.octets.decode("utf-8", errors="replace"), tuple(certifications))


def _names(signature: ListedSignature, issuer: str) -> bool:
    """Whether the fingerprint in the signature, where it has one, is the issuer's (RFC 9580 §5.2.3.35)."""
    return all(content[1:].hex().upper() == issuer for content in signature.contents(_ISSUER))


def _certification(signature: ListedSignature, issuer: str) -> Certification:
    seconds = [int.from_bytes(content) for content in signature.contents(_EXPIRATION)]
    trust = [content for content in signature.contents(_TRUST) if len(content) == 2]
    depth, amount = trust[0] if trust else (0, 0)
    return Certification(
        issuer=issuer,
        created=signature.created,
        hash_algorithm=signature.hash_algorithm,
        signature_class=signature.signature_class,
        expires=signature.created + timedelta(seconds=min(seconds)) if any(seconds) else None,
        revocable=signature.contents(_REVOCABLE) != (b"\x00",),
        trust_depth=depth,
        trust_amount=amount,
        expressions=tuple(
            ScopeExpression(subpacket.content.removesuffix(b"\x00").decode("latin-1"), subpacket.critical)
            for subpacket in signature.subpackets
            if subpacket.kind == _EXPRESSION
        ),
    )


def _reason(signature: ListedSignature) -> int:
    reasons = signature.contents(_REASON)
    return reasons[0][0] if reasons and reasons[0] else 0
