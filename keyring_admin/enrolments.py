"""Enrolments: a certificate on its way into the directory, in no other table before it is approved.

An officer's first one, or one that replaces another. The caller owns the transaction.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, insert, select, update

from keyring_admin.administration_schema import enrolments

ATTEMPTS_MAXIMUM = 5
CHALLENGE_LIFE = timedelta(hours=24)  # KEY-03


class EnrolmentState(StrEnum):
    """How far it has come; docs/states.md."""

    ISSUED = "issued"  # a code was given to the officer
    CHALLENGED = "challenged"  # a certificate came with the right code, or signed by the one before
    PROVED = "proved"  # its holder has decrypted the challenge: administrators are asked
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"  # too late, too many wrong answers, or another one in its place


OPEN = (EnrolmentState.ISSUED, EnrolmentState.CHALLENGED, EnrolmentState.PROVED)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """officer: id. issued_by: people.id, None for the custodian. certificate: as the officer sent it, binary.

    code_sha256, challenge_sha256: lower-case hex, empty or None as long as there is none.
    """

    id: str
    officer: int
    state: EnrolmentState
    code_sha256: str = field(repr=False)
    issued_by: int | None
    issued_at: datetime
    expires_at: datetime
    attempts: int = 0
    certificate: bytes | None = field(default=None, repr=False)
    fingerprint: str | None = None
    challenge_sha256: str | None = field(default=None, repr=False)
    challenged_at: datetime | None = None
    proved_at: datetime | None = None
    closed_at: datetime | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether it can still go on."""
        return self.state in OPEN and now < self.expires_at and self.attempts < ATTEMPTS_MAXIMUM


def open_enrolment(connection: Connection, enrolment: Enrolment) -> None:
    """Store a new one; another that was open for this officer is closed."""
    close_enrolments(connection, enrolment.officer, now=enrolment.issued_at)
    values = {column.name: getattr(enrolment, column.name) for column in enrolments.columns}
    connection.execute(insert(enrolments).values(values | {"state": enrolment.state.value}))


def close_enrolments(connection: Connection, officer_id: int, *, now: datetime) -> None:
    """Whatever is open for this officer has expired."""
    connection.execute(
        update(enrolments)
        .where(enrolments.c.officer == officer_id, enrolments.c.state.in_([state.value for state in OPEN]))
        .values(state=EnrolmentState.EXPIRED.value, closed_at=now)
    )


def find_enrolment(connection: Connection, enrolment_id: str) -> Enrolment | None:
    """The one with this number."""
    return _first(connection.execute(select(enrolments).where(enrolments.c.id == enrolment_id)).mappings().first())


def open_enrolment_of(connection: Connection, officer_id: int) -> Enrolment | None:
    """The one that is open for this officer; it may have expired by the clock."""
    query = select(enrolments).where(
        enrolments.c.officer == officer_id, enrolments.c.state.in_([state.value for state in OPEN])
    )
    return _first(connection.execute(query).mappings().first())


def list_enrolments(connection: Connection, *, every: bool = False) -> list[Enrolment]:
    """Those that are open, or every one, in the order in which they began."""
    query = select(enrolments).order_by(enrolments.c.issued_at, enrolments.c.id)
    if not every:
        query = query.where(enrolments.c.state.in_([state.value for state in OPEN]))
    return [_enrolment(row) for row in connection.execute(query).mappings()]


def set_code(connection: Connection, enrolment_id: str, code_sha256: str) -> None:
    """The code the officer will have to send."""
    connection.execute(update(enrolments).where(enrolments.c.id == enrolment_id).values(code_sha256=code_sha256))


def store_certificate(connection: Connection, enrolment_id: str, certificate: bytes, fingerprint: str) -> None:
    """A certificate came: its holder is to be challenged."""
    connection.execute(
        update(enrolments)
        .where(enrolments.c.id == enrolment_id)
        .values(
            state=EnrolmentState.CHALLENGED.value,
            certificate=certificate,
            fingerprint=fingerprint,
            challenge_sha256=None,
            challenged_at=None,
        )
    )


def set_challenge(connection: Connection, enrolment_id: str, challenge_sha256: str, *, now: datetime) -> None:
    """The challenge that was encrypted to the certificate."""
    connection.execute(
        update(enrolments)
        .where(enrolments.c.id == enrolment_id, enrolments.c.state == EnrolmentState.CHALLENGED.value)
        .values(challenge_sha256=challenge_sha256, challenged_at=now)
    )


def mark_proved(connection: Connection, enrolment_id: str, *, now: datetime) -> None:
    """The challenge was answered; it is spent."""
    connection.execute(
        update(enrolments)
        .where(enrolments.c.id == enrolment_id)
        .values(state=EnrolmentState.PROVED.value, proved_at=now, challenge_sha256=None)
    )


def close_enrolment(connection: Connection, enrolment_id: str, state: EnrolmentState, *, now: datetime) -> None:
    """Approved, rejected, or expired."""
    connection.execute(
        update(enrolments).where(enrolments.c.id == enrolment_id).values(state=state.value, closed_at=now)
    )


def count_wrong_answer(connection: Connection, officer_id: int, *, now: datetime) -> None:
    """A wrong code, or a wrong answer to the challenge: after five of them the enrolment has expired."""
    found = open_enrolment_of(connection, officer_id)
    if found is None:
        return
    attempts = found.attempts + 1
    connection.execute(update(enrolments).where(enrolments.c.id == found.id).values(attempts=attempts))
    if attempts >= ATTEMPTS_MAXIMUM:
        close_enrolment(connection, found.id, EnrolmentState.EXPIRED, now=now)


def expire_enrolments(connection: Connection, now: datetime) -> None:
    """Close what is past its time."""
    connection.execute(
        update(enrolments)
        .where(enrolments.c.expires_at <= now, enrolments.c.state.in_([state.value for state in OPEN]))
        .values(state=EnrolmentState.EXPIRED.value, closed_at=now)
    )


def _first(row: RowMapping | None) -> Enrolment | None:
    return _enrolment(row) if row is not None else None


def _enrolment(row: RowMapping) -> Enrolment:
    return Enrolment(**{**row, "state": EnrolmentState(row["state"])})
