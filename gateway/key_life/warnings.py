"""Who is told that a certificate ends: its holder, and the administrators of the Party."""

import secrets
from datetime import datetime

from sqlalchemy import Connection

from gateway.policy.facts import NoticeKind
from keyring_admin.certificate_store import Purpose
from keyring_admin.key_life.expiry import ExpiryWarning, take_due_warnings
from keyring_admin.officers import Officer, Role, list_officers
from mailroom.notice_requests import NoticeRequest, request_notice


def warn_of_ends(connection: Connection, now: datetime) -> int:
    """Ask for every notice that is due; return how many. The caller owns the transaction."""
    asked = 0
    for warning in take_due_warnings(connection, now):
        for officer, kind in _whom_to_tell(connection, warning):
            request_notice(
                connection,
                NoticeRequest(
                    id=0,
                    requested_at=now,
                    officer=officer.id,
                    kind=kind.value,
                    queue_id=secrets.token_hex(8).upper(),
                    details={
                        "fingerprint": warning.certificate.fingerprint,
                        "date": f"{warning.ends_at:%Y-%m-%d}",
                        "days": str(warning.left),
                    },
                ),
            )
            asked += 1
    return asked


def _whom_to_tell(connection: Connection, warning: ExpiryWarning) -> list[tuple[Officer, NoticeKind]]:
    """An officer's own; the Party's reading certificate is everybody's who can read with it, if nobody administers."""
    certificate = warning.certificate
    active = [one for one in list_officers(connection, party=certificate.party) if one.active and one.enrolled]
    holders = [one for one in active if one.certificate == certificate.fingerprint]
    administrators = [one for one in active if Role.ADMINISTER in one.roles and one not in holders]
    if certificate.purpose is Purpose.READING:
        told = administrators or active
        return [(one, NoticeKind.READING_CERTIFICATE_ENDS) for one in told]
    own = [(one, NoticeKind.CERTIFICATE_ENDS) for one in holders]
    return own + [(one, NoticeKind.OFFICERS_CERTIFICATE_ENDS) for one in administrators if holders]
