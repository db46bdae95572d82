"""Acts on certificates that are in the directory: a fresh copy, or a revocation, from wherever it comes.

Nothing here asks who brings it: what counts is signed by the holder or by the chain. All raise CertificateError,
DirectoryError and GnuPGError.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from keyring_admin.acts.actor import Actor
from keyring_admin.acts.deriving import derive_again
from keyring_admin.acts.root import refresh_root, root_in_force
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.certificate_packets import CertificatePackets, read_one_certificate, read_revocations
from keyring_admin.certificate_refusal import CertificateError, CertificateRefusal
from keyring_admin.certificate_store import (
    Certificate,
    Purpose,
    certificate_by_key_id,
    find_certificate,
    refresh_certificate,
)
from keyring_admin.certificates import CertificateFacts, describe_certificate, examine_certificate, examine_issuer
from keyring_admin.chain.derive import AccessChange
from keyring_admin.chain.directory import holders
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.log import record
from keyring_admin.parties import require_party

# What may be true of a certificate that is here already: it is stored with it, and grants nothing.
_STATES_OF_LIFE = frozenset(
    {
        CertificateRefusal.REVOKED,
        CertificateRefusal.EXPIRED,
        CertificateRefusal.NO_ENCRYPTION,
        CertificateRefusal.NO_SIGNING,
    }
)


@dataclass(frozen=True, slots=True)
class Brought:
    """What a fresh copy brought. changed: whether anything in it was new. revoked: whether it is revoked now."""

    fingerprint: str
    party: str | None
    changed: bool
    revoked: bool
    access: tuple[AccessChange, ...]


def bring_certificate(
    connection: Connection, actor: Actor, octets: bytes, *, rules: DirectoryRules, now: datetime
) -> Brought:
    """Take a fresh copy of a certificate of the directory, or of the root: new certifications, expiry, revocations.

    octets: the certificate, or a revocation certificate alone; armored or binary.
    """
    root = root_in_force(connection)
    packets = _certificate_of(connection, octets, root.octets if root is not None else None)
    if root is not None and packets.fingerprint == root.fingerprint:
        access = refresh_root(connection, actor, packets.octets, rules=rules, now=now)
        fresh = root_in_force(connection)
        revoked = fresh is not None and describe_certificate(fresh.octets).keys[0].revoked
        return Brought(root.fingerprint, None, fresh != root, revoked, access)
    existing = find_certificate(connection, packets.fingerprint)
    if existing is None:
        raise DirectoryError("this certificate is not in the directory: admit its officer or Party first")
    if existing.purpose is Purpose.GATEWAY:
        raise DirectoryError("the gateway's own certificate is changed by `gsp keys gateway` only")
    if existing.withdrawn_at is not None:
        raise DirectoryError("this certificate was withdrawn and cannot come back")
    described = _fit(connection, existing, packets, rules=rules, now=now)
    facts = refresh_certificate(connection, existing, described)
    stored = find_certificate(connection, existing.fingerprint)
    changed = stored is not None and stored.octets != existing.octets
    newly_revoked = facts.keys[0].revoked and not existing.keys[0].revoked
    if changed:
        act = "certificate-revoked" if newly_revoked else "certificate-refreshed"
        record(connection, act, actor, now=now, party=existing.party, subject=existing.fingerprint)
    access = derive_again(connection, rules, now=now, certificate=existing.fingerprint)
    return Brought(existing.fingerprint, existing.party, changed, facts.keys[0].revoked, access)


def _certificate_of(connection: Connection, octets: bytes, root: bytes | None) -> CertificatePackets:
    """The certificate of a file; for a revocation certificate, the stored one with the revocation on its key."""
    revocations = read_revocations(octets)
    if not revocations:
        return read_one_certificate(octets)
    if len(revocations) > 1:
        raise CertificateError(CertificateRefusal.SEVERAL)
    issuer, packet = revocations[0]
    known = find_certificate(connection, certificate_by_key_id(connection, issuer[-16:]) or "")
    stored = known.octets if known is not None else root
    if stored is None or read_one_certificate(stored).fingerprint[-16:] != issuer[-16:]:
        raise DirectoryError("this revocation is for a certificate that is not in the directory")
    revoked = read_one_certificate(read_one_certificate(stored).with_signature(packet))
    if not describe_certificate(revoked.octets).keys[0].revoked:
        raise DirectoryError("this revocation is not signed by the key of a certificate in the directory")
    return revoked


def _fit(
    connection: Connection, existing: Certificate, packets: CertificatePackets, *, rules: DirectoryRules, now: datetime
) -> CertificateFacts:
    """The copy as it is, if the door would let it in, or refuses it for what may happen to any certificate."""
    try:
        if existing.purpose is Purpose.SECRETARIAT:
            return examine_issuer(packets.octets, now=now)
        return examine_certificate(
            packets.octets,
            _address_of(connection, existing, rules),
            now=now,
            special_use_domains=rules.special_use_domains,
            must_sign=existing.purpose is not Purpose.READING,
        )
    except CertificateError as error:
        described = describe_certificate(packets.octets)
        if described.keys[0].revoked or error.reason in _STATES_OF_LIFE:
            return described
        raise


def _address_of(connection: Connection, existing: Certificate, rules: DirectoryRules) -> str:
    if existing.purpose is Purpose.READING and existing.party is not None:
        return f"{require_party(connection, existing.party).mailbox}@{rules.gateway_domain}"
    address = holders(connection, [existing.fingerprint]).get(existing.fingerprint)
    if address is None:
        raise DirectoryError("no officer holds this certificate any more")
    return address
