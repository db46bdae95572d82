"""Certificates in the directory, with the IDs of all their keys. The mail path reads only this, never a keyring.

Validity depends on a moment, which the caller passes in. The caller owns the transaction.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, insert, or_, select, update

from keyring_admin.administration_schema import root_certificates
from keyring_admin.certificate_packets import CERTIFICATE_LIMIT, read_one_certificate
from keyring_admin.certificates import CertificateFacts, KeyFacts, alive, describe_certificate, merged
from keyring_admin.chain.certifiers import kept_certifiers
from keyring_admin.chain_state import ChainState
from keyring_admin.directory_error import DirectoryError
from keyring_admin.schema import certificate_keys, certificates


class Purpose(StrEnum):
    """What a certificate is for."""

    OFFICER = "officer"  # an administrator's too: administrators are officers who may administer
    READING = "reading"
    SECRETARIAT = "secretariat"  # of a person there; the root itself is in another table
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of the directory. `keys[0]` is the primary key."""

    fingerprint: str
    purpose: Purpose
    party: str | None
    withdrawn_at: datetime | None
    keys: tuple[KeyFacts, ...]
    octets: bytes = field(repr=False)
    person: int | None = None  # people.id
    chain: ChainState = ChainState.BY_HAND
    chain_until: datetime | None = None

    def valid_at(self, now: datetime) -> bool:
        """Whether it is in force: certified, not withdrawn, its primary key neither expired nor revoked."""
        return self.withdrawn_at is None and self.certified_at(now) and alive(self.keys[0], now)

    def certified_at(self, now: datetime) -> bool:
        """Whether the chain from the root to this certificate holds, or was not asked for."""
        return self.chain.grants and (self.chain_until is None or now < self.chain_until)

    def encryption_key_ids(self, now: datetime) -> frozenset[str]:
        """The key IDs a message to this certificate may be encrypted to at `now`."""
        if not self.valid_at(now):
            return frozenset()
        return frozenset(key.key_id for key in self.keys if key.can_encrypt and alive(key, now))

    def signing_fingerprints(self, now: datetime) -> frozenset[str]:
        """The fingerprints of keys that may sign at `now`."""
        if not self.valid_at(now):
            return frozenset()
        return frozenset(key.fingerprint for key in self.keys if key.can_sign and alive(key, now))


def admit_certificate(
    connection: Connection, facts: CertificateFacts, *, purpose: Purpose, party: str | None, now: datetime
) -> None:
    """Store a certificate that was examined, with the IDs of all its keys.

    Signatures of others are kept only if they are the chain's. An older copy never brings back a key that was revoked,
    a certificate that was withdrawn, or an expiry that was changed since.
    Raises DirectoryError if it belongs to somebody else or shares a 64-bit key ID with another certificate.
    """
    existing = find_certificate(connection, facts.fingerprint)
    if existing is not None and (existing.purpose is not purpose or existing.party != party):
        raise DirectoryError("this certificate is already in the directory for somebody else")
    if existing is not None and existing.withdrawn_at is not None:
        raise DirectoryError("this certificate was withdrawn and cannot come back")
    if existing is not None:
        refresh_certificate(connection, existing, facts)
        return
    _require_own_key_ids(connection, facts)
    connection.execute(
        insert(certificates).values(
            fingerprint=facts.fingerprint,
            octets=_with_chain_only(connection, facts.octets, party),
            purpose=purpose.value,
            party=party,
            admitted_at=now,
            chain=_first_chain_state(connection, purpose).value,
        )
    )
    _store_keys(connection, facts, frozenset())


def refresh_certificate(connection: Connection, existing: Certificate, fresh: CertificateFacts) -> CertificateFacts:
    """Bring a fresh copy together with the one that is stored; return what is stored now.

    Whatever is revoked in either is revoked. Raises DirectoryError.
    """
    octets = _with_chain_only(connection, merged(existing.octets, fresh.octets), existing.party)
    if len(octets) > CERTIFICATE_LIMIT:
        raise DirectoryError("the certificate has grown beyond 64 KiB: replace it by a new one")
    # Which self-signature is the newest, GnuPG tells of the whole.
    facts = fresh if octets == fresh.octets else describe_certificate(octets)
    _require_own_key_ids(connection, facts)
    connection.execute(
        update(certificates).where(certificates.c.fingerprint == existing.fingerprint).values(octets=octets)
    )
    fresh_key_ids = {key.key_id for key in facts.keys}
    # A revoked key stays on record even where the copy lacks it: another copy may bring it again.
    gone = or_(certificate_keys.c.revoked.is_(False), certificate_keys.c.key_id.in_(sorted(fresh_key_ids)))
    connection.execute(delete(certificate_keys).where(certificate_keys.c.certificate == existing.fingerprint, gone))
    _store_keys(connection, facts, frozenset(key.key_id for key in existing.keys if key.revoked))
    return facts


def _require_own_key_ids(connection: Connection, facts: CertificateFacts) -> None:
    """PKESK packets name keys by 64 bits, so no two certificates may share one."""
    key_ids = [key.key_id for key in facts.keys]
    taken = connection.scalars(
        select(certificate_keys.c.certificate).where(
            certificate_keys.c.key_id.in_(key_ids), certificate_keys.c.certificate != facts.fingerprint
        )
    )
    if taken.first() is not None:
        raise DirectoryError("a key ID of this certificate is already used by another certificate")


def _store_keys(connection: Connection, facts: CertificateFacts, revoked_before: frozenset[str]) -> None:
    connection.execute(
        insert(certificate_keys),
        [
            {
                "key_id": key.key_id,
                "fingerprint": key.fingerprint,
                "certificate": facts.fingerprint,
                "can_encrypt": key.can_encrypt,
                "can_sign": key.can_sign,
                "expires_at": key.expires_at,
                "revoked": key.revoked or key.key_id in revoked_before,
            }
            for key in facts.keys
        ],
    )


def _with_chain_only(connection: Connection, octets: bytes, party: str | None) -> bytes:
    certifiers = kept_certifiers(connection, party)
    return octets if certifiers is None else read_one_certificate(octets).certified_only_by(certifiers)


def _first_chain_state(connection: Connection, purpose: Purpose) -> ChainState:
    """Nothing is in force between its admission and the derivation of access. The gateway's own needs no chain."""
    root = connection.scalar(select(root_certificates.c.fingerprint).limit(1))
    return ChainState.BY_HAND if root is None or purpose is Purpose.GATEWAY else ChainState.UNDERIVED


def withdraw_certificate(connection: Connection, fingerprint: str, *, now: datetime) -> None:
    """Take a certificate out of force for good. Raises DirectoryError if it is unknown."""
    changed = connection.execute(
        update(certificates)
        .where(and_(certificates.c.fingerprint == fingerprint, certificates.c.withdrawn_at.is_(None)))
        .values(withdrawn_at=now)
    )
    if changed.rowcount == 0:
        raise DirectoryError("no certificate in force has this fingerprint")


def find_certificate(connection: Connection, fingerprint: str) -> Certificate | None:
    """The certificate with this full fingerprint."""
    found = _certificates(connection, certificates.c.fingerprint == fingerprint)
    return found[0] if found else None


def reading_certificates(connection: Connection, party: str) -> list[Certificate]:
    """The reading certificates a Party ever had, withdrawn ones included."""
    return _certificates(
        connection, and_(certificates.c.party == party, certificates.c.purpose == Purpose.READING.value)
    )


def gateway_certificates(connection: Connection) -> list[Certificate]:
    """The gateway's own certificates."""
    return _certificates(connection, certificates.c.purpose == Purpose.GATEWAY.value)


def certificate_by_key_id(connection: Connection, key_id: str) -> str | None:
    """The fingerprint of the certificate one of whose keys has this 64-bit key ID."""
    return connection.scalar(select(certificate_keys.c.certificate).where(certificate_keys.c.key_id == key_id))


def _certificates(connection: Connection, condition: ColumnElement[bool]) -> list[Certificate]:
    rows = connection.execute(
        select(certificates).where(condition).order_by(certificates.c.admitted_at, certificates.c.fingerprint)
    )
    return [_certificate(connection, row) for row in rows.mappings()]


def _certificate(connection: Connection, row: RowMapping) -> Certificate:
    fingerprint = row["fingerprint"]
    keys = connection.execute(select(certificate_keys).where(certificate_keys.c.certificate == fingerprint)).mappings()
    facts = [
        KeyFacts(
            key_id=key["key_id"],
            fingerprint=key["fingerprint"],
            can_encrypt=key["can_encrypt"],
            can_sign=key["can_sign"],
            expires_at=key["expires_at"],
            revoked=key["revoked"],
        )
        for key in keys
    ]
    facts.sort(key=lambda key: key.fingerprint != fingerprint)  # the primary key first
    return Certificate(
        fingerprint=fingerprint,
        purpose=Purpose(row["purpose"]),
        party=row["party"],
        withdrawn_at=row["withdrawn_at"],
        keys=tuple(facts),
        octets=row["octets"],
        person=row["person"],
        chain=ChainState(row["chain"]),
        chain_until=row["chain_until"],
    )
