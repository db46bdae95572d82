"""Challenges, codes and one-time passwords: made when the notice that tells them is written, in the same transaction.

So that none of them is ever stored: what stays is their hashes, and the notice, encrypted to the one who is told.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from gateway.policy.facts import NoticeKind
from keyring_admin.acts.enrolment import sha256_of
from keyring_admin.enrolments import set_challenge, set_code
from keyring_admin.officers import set_officer_password
from mailroom.credentials import hash_password, new_password
from mailroom.notice_requests import NoticeRequest


def with_secrets(connection: Connection, notice: NoticeRequest, *, readable: bool, now: datetime) -> NoticeRequest:
    """The notice with what only it says. readable: whether it can be encrypted to the officer; if not, nothing is made.

    What it names is in its details: `enrolment`, and `address` of the officer whose password it is.
    """
    details = dict(notice.details)
    if not readable and notice.encrypt_to is None:
        return notice
    match notice.kind:
        case NoticeKind.KEY_CHALLENGE:
            details["challenge"] = new_password()
            set_challenge(connection, details["enrolment"], sha256_of(details["challenge"]), now=now)
        case NoticeKind.KEY_INVITED:
            details["code"], details["password"] = new_password(), new_password()
            set_code(connection, details["enrolment"], sha256_of(details["code"]))
            set_officer_password(connection, details["address"], hash_password(details["password"]))
        case NoticeKind.KEY_PASSWORD:
            details["password"] = new_password()
            set_officer_password(connection, details["address"], hash_password(details["password"]))
        case _:
            return notice
    return replace(notice, details=details)
