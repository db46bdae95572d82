"""The first half of the queue: mails that were accepted and wait to be made ready for delivery.

`250` is said after the transaction that called `store_mail` has committed. The caller owns the transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select, update

from mailroom.exchanges import Mode
from mailroom.schema import accepted_mails, bodies, seen_slips

# Made once: to build a statement takes longer than SQLite takes to run it.
_STORE_BODY = insert(bodies).returning(bodies.c.id)
_STORE_MAIL = insert(accepted_mails)
_SEEN_SLIP = select(seen_slips.c.body_sha256).where(
    seen_slips.c.officer == bindparam("by"), seen_slips.c.slip == bindparam("id")
)
_REMEMBER_SLIP = insert(seen_slips)
_RECORD = select(accepted_mails).where(accepted_mails.c.id == bindparam("mail_id"))


class MailState(StrEnum):
    """States of an accepted mail (docs/states.md)."""

    ACCEPTED = "accepted"
    PROCESSED = "processed"
    SHUNTED = "shunted"


_WAITING = (
    select(accepted_mails)
    .where(accepted_mails.c.state == MailState.ACCEPTED.value)
    .order_by(accepted_mails.c.id)
    .limit(bindparam("at_most"))
)
_PROCESSED = (
    update(accepted_mails)
    .where(
        accepted_mails.c.id.in_(bindparam("ids", expanding=True)), accepted_mails.c.state == MailState.ACCEPTED.value
    )
    .values(state=MailState.PROCESSED.value, body=None)
    .returning(accepted_mails.c.id)
)


class Presentation(StrEnum):
    """How the sealed body is shown to the recipient's mail client (DESIGN §5.4)."""

    MIME = "mime"  # RFC 3156 multipart/encrypted
    FILE = "file"  # an attachment
    INLINE = "inline"  # armor in the text


@dataclass(frozen=True, slots=True)
class AcceptedMail:
    """A mail the gateway has taken responsibility for."""

    id: int  # 0 until stored
    queue_id: str
    accepted_at: datetime
    exchange: str
    message_class: str
    mode: Mode
    presentation: Presentation
    sender: int
    sending_party: str
    receiving_party: str
    body_sha256: str
    library_version: int
    log_position: int
    rules_passed: tuple[str, ...]
    unmatched_reply: bool
    body: int = 0  # id of its ciphertext in the table of bodies; 0 until stored
    receipt: bool = False  # its sender asked for one
    attempts: int = 0  # to make it ready for delivery, before this one


class UnreadableMailError(RuntimeError):
    """The row of a mail says what this version does not know. The text names nothing."""

    def __init__(self, mail_id: int, queue_id: str) -> None:
        super().__init__("a mail in the queue cannot be read")
        self.mail_id = mail_id
        self.queue_id = queue_id


def store_mail(connection: Connection, mail: AcceptedMail, body: bytes) -> None:
    """Put a mail into the queue, with the packets of its sealed body."""
    body_id = connection.execute(_STORE_BODY, {"octets": body}).scalar_one()
    connection.execute(
        _STORE_MAIL,
        {
            "queue_id": mail.queue_id,
            "state": MailState.ACCEPTED.value,
            "attempts": 0,
            "accepted_at": mail.accepted_at,
            "exchange": mail.exchange,
            "message_class": mail.message_class,
            "mode": mail.mode.value,
            "presentation": mail.presentation.value,
            "sender": mail.sender,
            "sending_party": mail.sending_party,
            "receiving_party": mail.receiving_party,
            "body": body_id,
            "body_sha256": mail.body_sha256,
            "library_version": mail.library_version,
            "log_position": mail.log_position,
            "rules_passed": " ".join(mail.rules_passed),
            "unmatched_reply": mail.unmatched_reply,
            "receipt": mail.receipt,
        },
    )


def waiting_mails(connection: Connection, *, limit: int) -> list[AcceptedMail]:
    """The oldest mails that wait, up to the first that cannot be read. Raises UnreadableMailError if that is the first.

    They are not locked: whoever has made one ready finds out from `mark_processed` whether another was faster.
    """
    found: list[AcceptedMail] = []
    for row in connection.execute(_WAITING, {"at_most": limit}).mappings():
        try:
            found.append(_mail(row))
        except ValueError:
            if found:
                break
            raise UnreadableMailError(row["id"], row["queue_id"]) from None
    return found


def _mail(row: RowMapping) -> AcceptedMail:
    return AcceptedMail(
        id=row["id"],
        queue_id=row["queue_id"],
        accepted_at=row["accepted_at"],
        exchange=row["exchange"],
        message_class=row["message_class"],
        mode=Mode(row["mode"]),
        presentation=Presentation(row["presentation"]),
        sender=row["sender"],
        sending_party=row["sending_party"],
        receiving_party=row["receiving_party"],
        body_sha256=row["body_sha256"],
        library_version=row["library_version"],
        log_position=row["log_position"],
        rules_passed=tuple(row["rules_passed"].split()),
        unmatched_reply=row["unmatched_reply"],
        receipt=row["receipt"],
        body=row["body"],
        attempts=row["attempts"],
    )


@dataclass(frozen=True, slots=True)
class MailRecord:
    """What is still known of a mail while its deliveries are under way."""

    exchange: str
    message_class: str
    mode: str
    sending_party: str
    receiving_party: str
    sender: int | None
    delay_told: bool
    receipt: bool


def mail_record(connection: Connection, mail_id: int) -> MailRecord:
    """The record of an accepted mail."""
    row = connection.execute(_RECORD, {"mail_id": mail_id}).mappings().one()
    return MailRecord(**{name: row[name] for name in MailRecord.__slots__})


def mark_processed(connection: Connection, mails: Collection[int]) -> frozenset[int]:
    """Their deliveries stand in the queue with this transaction. Returns the ids of those that still waited."""
    return frozenset(connection.scalars(_PROCESSED, {"ids": sorted(mails)}))


def count_failure(connection: Connection, mail_id: int, *, shunt_after: int) -> MailState:
    """Something raised while the mail was processed: try again, or park it for a human. Nothing is lost."""
    waits = (accepted_mails.c.id == mail_id, accepted_mails.c.state == MailState.ACCEPTED.value)
    attempts = connection.scalar(
        update(accepted_mails)
        .where(*waits)
        .values(attempts=accepted_mails.c.attempts + 1)
        .returning(accepted_mails.c.attempts)
    )
    if attempts is None:
        return MailState.PROCESSED  # by another program
    if attempts < shunt_after:
        return MailState.ACCEPTED
    connection.execute(update(accepted_mails).where(*waits).values(state=MailState.SHUNTED.value))
    return MailState.SHUNTED


def count_mails(connection: Connection) -> dict[MailState, int]:
    """How many mails stand in each state."""
    rows = connection.execute(select(accepted_mails.c.state, func.count()).group_by(accepted_mails.c.state))
    return {MailState(state): number for state, number in rows}


def unshunt_mails(connection: Connection) -> int:
    """Put every parked mail back into the queue; return how many."""
    changed = connection.execute(
        update(accepted_mails)
        .where(accepted_mails.c.state == MailState.SHUNTED.value)
        .values(state=MailState.ACCEPTED.value, attempts=0)
    )
    return changed.rowcount


def seen_slip(connection: Connection, officer: int, slip: str) -> str | None:
    """The body hash with which this officer has used this slip id before."""
    return connection.scalar(_SEEN_SLIP, {"by": officer, "id": slip})


def remember_slip(connection: Connection, officer: int, slip: str, body_sha256: str, expires_at: datetime) -> None:
    """Remember a slip until it expires. Raises sqlalchemy.exc.IntegrityError if it was seen."""
    slip_row = {"officer": officer, "slip": slip, "body_sha256": body_sha256, "expires_at": expires_at}
    connection.execute(_REMEMBER_SLIP, slip_row)


def forget_expired_slips(connection: Connection, now: datetime) -> int:
    """Slips past their expiry are refused by their date: nothing more to remember. Returns how many."""
    return connection.execute(delete(seen_slips).where(seen_slips.c.expires_at < now)).rowcount
