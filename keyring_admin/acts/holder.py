"""Acts on certificates by who holds them, or by the administrator: sent again, revoked.

All raise DirectoryError, CertificateError and GnuPGError.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from keyring_admin.acts.actor import Actor
from keyring_admin.acts.certificates import bring_certificate
from keyring_admin.acts.deriving import derive_again
from keyring_admin.acts.enrolment_error import EnrolmentError, EnrolmentRefusal
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.addresses import domain_of
from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.certificate_store import Certificate, find_certificate, withdraw_certificate
from keyring_admin.certificates import alive
from keyring_admin.key_log.log import record
from keyring_admin.officers import Officer, find_officer_by_id
from keyring_admin.schema import officers


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of a certificate that was sent again. until: when its primary key ends, None: never."""

    fingerprint: str
    revoked: bool
    until: datetime | None


def renew_certificate(
    connection: Connection,
    actor: Actor,
    officer: Officer,
    certificate: bytes,
    *,
    signer: str | None,
    rules: DirectoryRules,
    now: datetime,
) -> Renewal:
    """The holder sends the own certificate again, with another end or more certifications (KEY-10).

    signer: fingerprint of the key that signed the request; it has to be one that may sign now. A revocation that comes
    along counts at once and for good.
    """
    existing = _held(connection, officer, officer.certificate)
    if read_one_certificate(certificate).fingerprint != existing.fingerprint:
        raise EnrolmentError(EnrolmentRefusal.UNKNOWN_CERTIFICATE)
    brought = bring_certificate(connection, actor, certificate, rules=rules, now=now)
    stored = _held(connection, officer, existing.fingerprint)
    if not brought.revoked and not any(
        key.fingerprint == signer and key.can_sign and alive(key, now) for key in stored.keys
    ):
        raise EnrolmentError(EnrolmentRefusal.OLD_KEY)
    return Renewal(existing.fingerprint, brought.revoked, stored.keys[0].expires_at)


def revoke_own_certificate(
    connection: Connection,
    actor: Actor,
    officer: Officer,
    fingerprint: str,
    revocation: bytes | None,
    *,
    signed: bool,
    rules: DirectoryRules,
    now: datetime,
) -> None:
    """The holder takes a certificate out of force, at once and for good (KEY-07).

    revocation: a revocation certificate, or the whole certificate revoked. signed: whether the request is signed with
    the certificate in force; without either nothing is revoked.
    """
    existing = _held(connection, officer, fingerprint)
    if revocation is not None:
        brought = bring_certificate(connection, actor, revocation, rules=rules, now=now)
        if brought.fingerprint != fingerprint or not brought.revoked:
            raise EnrolmentError(EnrolmentRefusal.NOT_REVOKED)
        return
    if not signed:
        raise EnrolmentError(EnrolmentRefusal.NOT_REVOKED)
    _withdraw(connection, actor, officer, existing, rules=rules, now=now)


def revoke_officers_certificate(
    connection: Connection, actor: Actor, fingerprint: str, *, rules: DirectoryRules, now: datetime
) -> Officer:
    """An administrator takes an officer's certificate out of force; return the officer."""
    held = or_(officers.c.certificate == fingerprint, officers.c.previous_certificate == fingerprint)
    found = connection.scalar(select(officers.c.id).where(held))
    officer = find_officer_by_id(connection, found) if found is not None else None
    if officer is None:
        raise EnrolmentError(EnrolmentRefusal.UNKNOWN_CERTIFICATE)
    domain = domain_of(officer.address)
    require_right(connection, actor, Act.OFFICER_SUSPENDED, now=now, party=officer.party, domain=domain)
    _withdraw(connection, actor, officer, _held(connection, officer, fingerprint), rules=rules, now=now)
    return officer


def _held(connection: Connection, officer: Officer, fingerprint: str | None) -> Certificate:
    if fingerprint is None or fingerprint not in {officer.certificate, officer.previous_certificate}:
        raise EnrolmentError(EnrolmentRefusal.UNKNOWN_CERTIFICATE)
    existing = find_certificate(connection, fingerprint)
    if existing is None or existing.withdrawn_at is not None:
        raise EnrolmentError(EnrolmentRefusal.UNKNOWN_CERTIFICATE)
    return existing


def _withdraw(
    connection: Connection,
    actor: Actor,
    officer: Officer,
    certificate: Certificate,
    *,
    rules: DirectoryRules,
    now: datetime,
) -> None:
    withdraw_certificate(connection, certificate.fingerprint, now=now)
    record(
        connection,
        "certificate-revoked",
        actor,
        now=now,
        party=officer.party,
        subject=certificate.fingerprint,
        details={"officer": officer.id},
    )
    derive_again(connection, rules, now=now, certificate=certificate.fingerprint)
