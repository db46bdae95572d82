"""Who is told that a certificate ends: its holder, and the administrators of the Party."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from gateway.policy.facts import NoticeKind
from keyring_admin.certificate_store import Purpose
from keyring_admin.key_life.expiry import ExpiryWarning, take_due_warnings, take_lost_readers
from keyring_admin.officers import Officer, Role, list_officers
from mailroom.notice_requests import NoticeRequest, request_notice


def warn_of_ends(connection: Connection, now: datetime) -> int:
    """Ask for every notice that is due; return how many. The caller owns the transaction."""
    asked = 0
    for warning in take_due_warnings(connection, now):
        for officer, kind in _whom_to_tell(connection, warning):
            details = {
                "fingerprint": warning.certificate.fingerprint,
                "date": f"{warning.ends_at:%Y-%m-%d}",
                "days": str(warning.left),
            }
            _request(connection, officer, kind, details, now)
            asked += 1
    for lost in take_lost_readers(connection, now):
        for officer in _who_answers_for(connection, lost.party):
            details = {"fingerprint": lost.fingerprint}
            _request(connection, officer, NoticeKind.NO_READING_CERTIFICATE, details, now)
            asked += 1
    return asked


def _whom_to_tell(connection: Connection, warning: ExpiryWarning) -> list[tuple[Officer, NoticeKind]]:
    """An officer's own; the Party's reading certificate is everybody's who can read with it, if nobody administers."""
    certificate = warning.certificate
    active = _active(connection, certificate.party)
    holders = [one for one in active if one.certificate == certificate.fingerprint]
    administrators = [one for one in active if Role.ADMINISTER in one.roles and one not in holders]
    if certificate.purpose is Purpose.READING:
        told = _who_answers_for(connection, certificate.party)
        return [(one, NoticeKind.READING_CERTIFICATE_ENDS) for one in told]
    own = [(one, NoticeKind.CERTIFICATE_ENDS) for one in holders]
    return own + [(one, NoticeKind.OFFICERS_CERTIFICATE_ENDS) for one in administrators if holders]


def _who_answers_for(connection: Connection, party: str | None) -> list[Officer]:
    """The administrators; where there is none, everybody who reads."""
    active = _active(connection, party)
    return [one for one in active if Role.ADMINISTER in one.roles] or active


def _active(connection: Connection, party: str | None) -> list[Officer]:
    return [one for one in list_officers(connection, party=party) if one.active and one.enrolled]


def _request(
    connection: Connection, officer: Officer, kind: NoticeKind, details: Mapping[str, str], now: datetime
) -> None:
    queue_id = secrets.token_hex(8).upper()
    request_notice(connection, NoticeRequest(0, now, officer.id, kind.value, queue_id, details=details))
