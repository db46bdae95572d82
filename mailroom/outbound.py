"""The second half of the queue: deliveries, each for one mailbox, leased by a delivery program until it is done.

Delivery is at least once. A delivery whose lease ran out, or whose connection broke after the data, is `uncertain`:
before it is tried again, the mailbox is asked whether it holds the Message-ID. The caller owns the transaction.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from mailroom.schema import accepted_mails, bodies, deliveries


class DeliveryState(StrEnum):
    """States of a delivery (docs/states.md). A delivery that is done has no row any more."""

    READY = "ready"
    LEASED = "leased"
    DEFERRED = "deferred"
    SHUNTED = "shunted"


class DeliveryKind(StrEnum):
    """What is delivered."""

    PARTY = "party"  # into the Party's mailbox
    SENT = "sent"  # into the sender's own Sent folder
    NOTICE = "notice"  # from the gateway to an officer


# Made once: to build a statement takes longer than SQLite takes to run it.
_QUEUE = insert(deliveries)
_IS_DUE = or_(
    deliveries.c.state == DeliveryState.READY.value,
    and_(
        deliveries.c.state == DeliveryState.DEFERRED.value,
        not_(deliveries.c.next_attempt_at.between(bindparam("now"), bindparam("latest"))),
    ),
    and_(
        deliveries.c.state == DeliveryState.LEASED.value,
        not_(deliveries.c.leased_until.between(bindparam("now"), bindparam("until"))),
    ),
)
_IS_FREE = not_(deliveries.c.mailbox.in_(bindparam("busy", expanding=True)))
_DUE = select(deliveries.c.id).where(_IS_DUE, _IS_FREE).limit(1)
_TAKE = (
    select(deliveries, bodies.c.octets)
    .join_from(deliveries, bodies, deliveries.c.body == bodies.c.id, isouter=True)
    .where(_IS_DUE, _IS_FREE)
    .order_by(deliveries.c.next_attempt_at, deliveries.c.id)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True, of=deliveries)
)
_FINISH = delete(deliveries).where(deliveries.c.id == bindparam("delivery_id")).returning(deliveries.c.body)
_DROP_BODY = delete(bodies).where(
    bodies.c.id == bindparam("body_id"),
    not_(exists().where(deliveries.c.body == bindparam("body_id"))),
    not_(exists().where(accepted_mails.c.body == bindparam("body_id"))),
)
_FORGET_SENDER = (
    update(accepted_mails)
    .where(accepted_mails.c.id == bindparam("mail_id"), not_(exists().where(deliveries.c.mail == bindparam("mail_id"))))
    .values(sender=None)
)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to be queued. The mail is head + armored body + tail; a notice has no body."""

    queue_id: str
    kind: DeliveryKind
    mail: int | None  # accepted mail it belongs to
    mailbox: str  # LMTP recipient
    message_id: str
    head: bytes = field(repr=False)
    tail: bytes = field(repr=False)
    body: int | None
    uncertain: bool = False  # an earlier life of this queue may have delivered it: the mailbox is asked first


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery leased by this program."""

    id: int
    queue_id: str
    kind: DeliveryKind
    mail: int | None
    mailbox: str
    message_id: str
    attempts: int  # before this one
    created_at: datetime
    leased_until: datetime  # also tells this lease from every later one
    uncertain: bool
    head: bytes = field(repr=False)
    tail: bytes = field(repr=False)
    body: bytes | None = field(repr=False)


def queue_deliveries(connection: Connection, new: Sequence[NewDelivery], now: datetime) -> None:
    """Queue deliveries for now."""
    connection.execute(
        _QUEUE,
        [
            {
                "queue_id": delivery.queue_id,
                "kind": delivery.kind.value,
                "mail": delivery.mail,
                "mailbox": delivery.mailbox,
                "message_id": delivery.message_id,
                "head": delivery.head,
                "tail": delivery.tail,
                "body": delivery.body,
                "state": DeliveryState.READY.value,
                "attempts": 0,
                "created_at": now,
                "next_attempt_at": now,
                "uncertain": delivery.uncertain,
            }
            for delivery in new
        ],
    )


def is_due(
    connection: Connection, *, now: datetime, until: datetime, longest_wait: timedelta, busy_mailboxes: Collection[str]
) -> bool:
    """Whether `lease_deliveries` would find something: asked without the lock that a writer needs."""
    moments = _moments(now, until, longest_wait)
    found = connection.execute(_DUE, {**moments, "busy": list(busy_mailboxes)})
    return found.first() is not None


def lease_deliveries(
    connection: Connection,
    *,
    now: datetime,
    until: datetime,
    longest_wait: timedelta,
    limit: int,
    busy_mailboxes: Collection[str],
) -> list[Delivery]:
    """Take due deliveries, oldest first, leaving out mailboxes that somebody is writing to.

    A moment further away than any wait or lease was written by a clock that has been set back since: it is due.
    """
    moments = _moments(now, until, longest_wait)
    rows = connection.execute(_TAKE, {**moments, "busy": list(busy_mailboxes), "at_most": limit}).mappings()
    leased = [
        Delivery(
            id=row["id"],
            queue_id=row["queue_id"],
            kind=DeliveryKind(row["kind"]),
            mail=row["mail"],
            mailbox=row["mailbox"],
            message_id=row["message_id"],
            attempts=row["attempts"],
            created_at=row["created_at"],
            leased_until=until,
            uncertain=row["uncertain"] or row["state"] == DeliveryState.LEASED.value,
            head=row["head"],
            tail=row["tail"],
            body=row["octets"],
        )
        for row in rows
    ]
    if leased:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_([delivery.id for delivery in leased]))
            .values(state=DeliveryState.LEASED.value, leased_until=until)
        )
    for delivery in leased:
        if delivery.uncertain:
            _set(connection, delivery, uncertain=True)
    return leased


def holds_lease(connection: Connection, delivery: Delivery) -> bool:
    """Whether the lease this delivery was taken with is still the one in force."""
    found = select(deliveries.c.id).where(*_leased_as(delivery)).with_for_update()
    return connection.scalar(found) is not None


def finish_delivery(connection: Connection, delivery: Delivery, tell: Callable[[], None]) -> bool:
    """The mailbox has it, or never will: the row goes, and with the last one of a mail its ciphertext.

    tell: called if it was still queued, while its mail can be asked about. Returns whether it was: another program
    may have had the lease later, and been faster.
    """
    row = connection.execute(_FINISH, {"delivery_id": delivery.id}).first()
    if row is None:
        return False
    tell()
    if row.body is not None:
        connection.execute(_DROP_BODY, {"body_id": row.body})
    if delivery.mail is not None:
        connection.execute(_FORGET_SENDER, {"mail_id": delivery.mail})
    return True


def defer_delivery(connection: Connection, delivery: Delivery, *, next_attempt_at: datetime, uncertain: bool) -> None:
    """Try again later. Nothing happens if the lease is another's by now."""
    _set(
        connection,
        delivery,
        state=DeliveryState.DEFERRED.value,
        attempts=delivery.attempts + 1,
        next_attempt_at=next_attempt_at,
        leased_until=None,
        uncertain=uncertain,
    )


def release_delivery(connection: Connection, delivery: Delivery) -> None:
    """Give a lease back unused, for instance at shutdown. Nothing happens if it is another's by now."""
    _set(connection, delivery, state=DeliveryState.READY.value, leased_until=None)


def shunt_delivery(connection: Connection, delivery: Delivery) -> None:
    """Something raised: park it for a human. Nothing happens if the lease is another's by now."""
    _set(connection, delivery, state=DeliveryState.SHUNTED.value, leased_until=None, uncertain=True)


def unshunt_deliveries(connection: Connection, now: datetime) -> int:
    """Put every parked delivery back into the queue; return how many."""
    changed = connection.execute(
        update(deliveries)
        .where(deliveries.c.state == DeliveryState.SHUNTED.value)
        .values(state=DeliveryState.READY.value, attempts=0, next_attempt_at=now, created_at=now)
    )
    return changed.rowcount


def count_deliveries(connection: Connection) -> dict[DeliveryState, int]:
    """How many deliveries stand in each state."""
    rows = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
    return {DeliveryState(state): number for state, number in rows}


def _moments(now: datetime, until: datetime, longest_wait: timedelta) -> dict[str, object]:
    return {"now": now, "latest": now + longest_wait, "until": until}


def _set(connection: Connection, delivery: Delivery, **values: object) -> None:
    connection.execute(update(deliveries).where(*_leased_as(delivery)).values(**values))


def _leased_as(delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    return (
        deliveries.c.id == delivery.id,
        deliveries.c.state == DeliveryState.LEASED.value,
        deliveries.c.leased_until == delivery.leased_until,
    )
