"""Which senders are to be told that their mail still waits, once a mail. The caller owns the transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, or_, select, update

from mailroom.intake import MailState
from mailroom.outbound import DeliveryKind, DeliveryState
from mailroom.schema import accepted_mails, deliveries


def mark_delay_told(connection: Connection, mail_id: int) -> None:
    """The notice of the delay is requested, in the same transaction: there is one a mail."""
    connection.execute(update(accepted_mails).where(accepted_mails.c.id == mail_id).values(delay_told=True))


@dataclass(frozen=True, slots=True)
class ParkedMail:
    """A mail that waits for a human, whole or with its delivery to the Party."""

    id: int
    queue_id: str
    exchange: str
    sender: int


def parked_mails(connection: Connection, *, accepted_before: datetime) -> list[ParkedMail]:
    """The mails that are parked, were accepted before this moment, and whose senders were not told of the delay."""
    parked_delivery = exists().where(
        deliveries.c.mail == accepted_mails.c.id,
        deliveries.c.kind == DeliveryKind.PARTY.value,
        deliveries.c.state == DeliveryState.SHUNTED.value,
    )
    rows = connection.execute(
        select(*(accepted_mails.c[name] for name in ParkedMail.__slots__)).where(
            accepted_mails.c.accepted_at <= accepted_before,
            accepted_mails.c.delay_told.is_(False),
            accepted_mails.c.sender.is_not(None),
            or_(accepted_mails.c.state == MailState.SHUNTED.value, parked_delivery),
        )
    ).mappings()
    return [ParkedMail(**row) for row in rows]
