"""When a certificate ends, and which warning of it is due: 60, 30, 14, 7 and 1 days before, each once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, or_, select

from keyring_admin.administration_schema import key_warnings
from keyring_admin.certificate_store import Certificate, Purpose, find_certificate, reading_certificates
from keyring_admin.certificates import KeyFacts
from keyring_admin.chain_state import ChainState
from keyring_admin.parties import list_parties
from keyring_admin.schema import certificate_keys, certificates

WARNING_DAYS = (60, 30, 14, 7, 1)
_DAY = timedelta(days=1)
_ENDED = datetime(1970, 1, 1, tzinfo=UTC)  # stands for "it is over", whatever ended it
NEVER_IN_FORCE = frozenset({ChainState.UNDERIVED, ChainState.NOT_CERTIFIED, ChainState.NOT_CERTIFIED_BY_ROOT})


@dataclass(frozen=True, slots=True)
class ExpiryWarning:
    """A certificate that ends: days is the step that is due, left the whole days that remain, rounded up."""

    certificate: Certificate
    ends_at: datetime
    days: int
    left: int


def usable_until(certificate: Certificate) -> datetime | None:
    """The first moment at which the certificate no longer does what it is for; None: never.

    The primary key, the chain, the last encryption subkey, and for officers the last signing key: the earliest counts.
    """
    ends = [certificate.keys[0].expires_at, certificate.chain_until]
    ends.append(_last([key for key in certificate.keys if key.can_encrypt and not key.revoked]))
    if certificate.purpose is not Purpose.READING:
        ends.append(_last([key for key in certificate.keys if key.can_sign and not key.revoked]))
    return min((end for end in ends if end is not None), default=None)


def due_step(ends_at: datetime, now: datetime, told: Collection[int]) -> int | None:
    """The warning that is due, in days; None if none is, or one as late was given. Pure."""
    left = days_left(ends_at, now)
    if left <= 0:
        return None
    step = min((days for days in WARNING_DAYS if left <= days), default=None)
    return step if step is not None and not any(days <= step for days in told) else None


def days_left(ends_at: datetime, now: datetime) -> int:
    """Days until then, rounded up: 1 on the last day."""
    return -((now - ends_at) // _DAY)


def take_due_warnings(connection: Connection, now: datetime) -> list[ExpiryWarning]:
    """The warnings to give now, marked as given. Officers' and reading certificates in force."""
    horizon = now + timedelta(days=max(WARNING_DAYS))
    ending = (
        select(certificates.c.fingerprint)
        .join(certificate_keys, certificate_keys.c.certificate == certificates.c.fingerprint)
        .where(
            certificates.c.withdrawn_at.is_(None),
            certificates.c.purpose.in_([Purpose.OFFICER.value, Purpose.READING.value]),
            or_(certificate_keys.c.expires_at <= horizon, certificates.c.chain_until <= horizon),
        )
        .distinct()
        .order_by(certificates.c.fingerprint)
    )
    due = []
    for fingerprint in connection.scalars(ending).all():
        certificate = find_certificate(connection, fingerprint)
        ends_at = usable_until(certificate) if certificate is not None and certificate.valid_at(now) else None
        if certificate is None or ends_at is None:
            continue
        told = select(key_warnings.c.days).where(
            key_warnings.c.certificate == fingerprint, key_warnings.c.expires_at == ends_at
        )
        step = due_step(ends_at, now, connection.scalars(told).all())
        if step is not None:
            row = {"certificate": fingerprint, "expires_at": ends_at, "days": step, "told_at": now}
            connection.execute(insert(key_warnings).values(row))
            due.append(ExpiryWarning(certificate, ends_at, step, days_left(ends_at, now)))
    return due


def take_lost_readers(connection: Connection, now: datetime) -> list[Certificate]:
    """The last reading certificate of each Party that has none in force any more, once; not before it had one."""
    lost = []
    for party in list_parties(connection):
        held = [one for one in reading_certificates(connection, party.code) if one.chain not in NEVER_IN_FORCE]
        if not party.member_on(now.date()) or not held or any(one.encryption_key_ids(now) for one in held):
            continue
        last = held[-1]
        row = {"certificate": last.fingerprint, "expires_at": _ENDED, "days": 0, "told_at": now}
        told = select(key_warnings.c.told_at).where(
            key_warnings.c.certificate == last.fingerprint, key_warnings.c.expires_at == _ENDED
        )
        if connection.scalar(told) is None:
            connection.execute(insert(key_warnings).values(row))
            lost.append(last)
    return lost


def _last(keys: list[KeyFacts]) -> datetime | None:
    """The end of the one that lasts longest; None if one of them never ends, or there is none."""
    ends = [key.expires_at for key in keys]
    return None if None in ends else max((end for end in ends if end is not None), default=None)
