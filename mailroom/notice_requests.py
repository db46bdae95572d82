"""Notices that are still to be written: who is to be told what. The gateway's program signs and encrypts them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from keyring_admin.database import UtcDateTime, metadata

notice_requests = Table(
    "notice_requests",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("officer", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("queue_id", String(26), nullable=False),  # of the mail, or the slip id of one that was refused
    Column("token", String(9)),  # of the exchange, where there is one
    Column("parties", Text),  # codes, one space apart
    Column("library_version", Integer),
    Column("attempts", Integer, nullable=False),
    Column("seal", Text),  # a receipt's: the statement on the mail that was delivered
    Column("details", Text),  # what the sentence of this kind names, as JSON: fingerprints, dates, never content
    Column("attachment", LargeBinary),  # a certificate, a signed file
    Column("attachment_name", String(64)),
    Column("encrypt_to", LargeBinary),  # a certificate that is not in the directory yet: of somebody who enrols
    Column("held_until", UtcDateTime),  # its holder has no certificate to encrypt to; looked at again then
)


@dataclass(frozen=True, slots=True)
class NoticeRequest:
    """One notice to write. id: 0 until stored. officer: officer id. seal: GSP-Seal, of a receipt.

    details: what the sentence of this kind names. attachment: a file, with its name in ASCII. encrypt_to: the
    certificate of somebody who enrols, instead of the one in the directory.
    """

    id: int
    requested_at: datetime
    officer: int
    kind: str
    queue_id: str
    token: str | None = None
    parties: tuple[str, ...] = ()
    library_version: int | None = None
    seal: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    attachment: bytes | None = field(default=None, repr=False)
    attachment_name: str | None = None
    encrypt_to: bytes | None = field(default=None, repr=False)
    attempts: int = 0  # to write it, before this one


def request_notice(connection: Connection, notice: NoticeRequest) -> None:
    """Ask for a notice. The caller owns the transaction."""
    connection.execute(
        insert(notice_requests).values(
            requested_at=notice.requested_at,
            officer=notice.officer,
            kind=notice.kind,
            queue_id=notice.queue_id,
            token=notice.token,
            parties=" ".join(notice.parties) or None,
            library_version=notice.library_version,
            attempts=0,
            seal=notice.seal,
            details=json.dumps(dict(notice.details), sort_keys=True) if notice.details else None,
            attachment=notice.attachment,
            attachment_name=notice.attachment_name,
            encrypt_to=notice.encrypt_to,
        )
    )


def next_notice(connection: Connection, *, attempts_below: int, now: datetime) -> NoticeRequest | None:
    """The oldest request that has not failed too often and is not held, locked for this transaction."""
    row = (
        connection.execute(
            select(notice_requests)
            .where(notice_requests.c.attempts < attempts_below)
            .where(or_(notice_requests.c.held_until.is_(None), notice_requests.c.held_until <= now))
            .order_by(notice_requests.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    return NoticeRequest(
        id=row["id"],
        requested_at=row["requested_at"],
        officer=row["officer"],
        kind=row["kind"],
        queue_id=row["queue_id"],
        token=row["token"],
        parties=tuple((row["parties"] or "").split()),
        library_version=row["library_version"],
        seal=row["seal"],
        details=json.loads(row["details"]) if row["details"] else {},
        attachment=row["attachment"],
        attachment_name=row["attachment_name"],
        encrypt_to=row["encrypt_to"],
        attempts=row["attempts"],
    )


def finish_notice(connection: Connection, notice: NoticeRequest) -> None:
    """The notice is queued for delivery, in the same transaction."""
    connection.execute(delete(notice_requests).where(notice_requests.c.id == notice.id))


def hold_notice(connection: Connection, notice: NoticeRequest, *, until: datetime, now: datetime) -> bool:
    """Keep it for the holder; whether the holder is to be told now that something waits: at most once in that time."""
    other = select(func.max(notice_requests.c.held_until)).where(
        notice_requests.c.officer == notice.officer, notice_requests.c.held_until > now
    )
    told_until = connection.scalar(other)
    held = update(notice_requests).where(notice_requests.c.id == notice.id)
    connection.execute(held.values(held_until=told_until or until))
    return told_until is None


def held_for(connection: Connection) -> list[int]:
    """The officers for whom something is held."""
    query = select(notice_requests.c.officer).where(notice_requests.c.held_until.is_not(None)).distinct()
    return list(connection.scalars(query))


def release_held(connection: Connection, officer: int) -> None:
    """The officer can be written to again."""
    connection.execute(update(notice_requests).where(notice_requests.c.officer == officer).values(held_until=None))


def count_notice_failure(connection: Connection, notice_id: int) -> None:
    """Writing it raised."""
    connection.execute(
        update(notice_requests).where(notice_requests.c.id == notice_id).values(attempts=notice_requests.c.attempts + 1)
    )


def count_notices(connection: Connection, *, shunt_after: int) -> dict[bool, int]:
    """How many notices wait (False), and how many are parked because writing them failed so often (True)."""
    parked = notice_requests.c.attempts >= shunt_after
    rows = connection.execute(select(parked, func.count()).group_by(parked))
    return {bool(is_parked): number for is_parked, number in rows}


def unshunt_notices(connection: Connection, *, shunt_after: int) -> int:
    """Let every parked notice be tried again; return how many."""
    changed = connection.execute(
        update(notice_requests).where(notice_requests.c.attempts >= shunt_after).values(attempts=0)
    )
    return changed.rowcount
