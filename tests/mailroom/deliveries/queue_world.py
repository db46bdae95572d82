"""A queue with mails in it, and delivery programs that work on it."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, select, update

from keyring_admin.database import write_transaction
from mailroom.delivery import Deliverer, MailboxUnavailableError, RetryPolicy
from mailroom.exchanges import Exchange, Mode, open_exchange
from mailroom.intake import AcceptedMail, Presentation, mark_processed, store_mail, waiting_mails
from mailroom.lmtp import LmtpConnection
from mailroom.outbound import Delivery, DeliveryKind, NewDelivery, queue_deliveries
from mailroom.schema import bodies, deliveries, exchanges

from .servers import LmtpServer

EXCHANGE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
BODY = b"\x84ciphertext"
PARTY, SENT = "eu@gsp.test", "alice+sent@customs.ke.test"
NOW_FIELDS = {
    "mode": "direct",
    "requesting_party": "KE",
    "requested_party": "EU",
    "created_at": datetime(2026, 11, 21, tzinfo=UTC),
}
POLICY = {
    "first": 0.1,
    "longest": 0.4,
    "late": timedelta(hours=4),
    "give_up": timedelta(hours=48),
    "lease": timedelta(seconds=60),
    "connections": 3,
}


def policy(**changes: Any) -> RetryPolicy:
    known = {each.name for each in fields(RetryPolicy)}
    return RetryPolicy(**{name: value for name, value in {**POLICY, **changes}.items() if name in known})


@dataclass(slots=True)
class Observer:
    """Writes down what it is told. fails: raises instead of taking note of a delivery."""

    told: list[tuple[str, int]]
    fails: bool = False

    def delivered(self, _connection: Connection, delivery: Delivery) -> None:
        if self.fails:
            raise ZeroDivisionError
        self.told.append(("delivered", delivery.id))

    def returned(self, _connection: Connection, delivery: Delivery) -> None:
        self.told.append(("returned", delivery.id))

    def deferred(self, *arguments: Any, **_more: Any) -> None:
        (delivery,) = [each for each in arguments if isinstance(each, Delivery)]
        self.told.append(("deferred", delivery.id))

    def shunted(self, delivery: Delivery, _error: Exception) -> None:
        self.told.append(("shunted", delivery.id))

    def unsettled(self, delivery: Delivery, _error: Exception) -> None:
        self.told.append(("unsettled", delivery.id))


class QueueWorld:
    """A queue, a mailbox server, and deliverers made on demand."""

    def __init__(self, engine: Engine, lmtp: LmtpServer) -> None:
        self.engine, self.lmtp = engine, lmtp
        self.observer = Observer([])
        self.asked: list[tuple[str, str]] = []
        self.answers_questions = True
        self._deliverers: list[Deliverer] = []

    def deliverer(self, **changes: Any) -> Deliverer:
        made = Deliverer(
            self.engine,
            connect=lambda: LmtpConnection(self.lmtp.path, timeout=5),
            holds_message=self._holds,
            observer=self.observer,
            policy=policy(**changes),
            when_free=lambda: None,
        )
        self._deliverers.append(made)
        return made

    def _holds(self, mailbox: str, message_id: str) -> bool:
        self.asked.append((mailbox, message_id))
        if not self.answers_questions:
            raise MailboxUnavailableError("away")
        return self.lmtp.holds(mailbox, message_id)

    def stop(self) -> None:
        for each in self._deliverers:
            each.stop()

    def write(self, work: Callable[[Connection], Any]) -> Any:
        with write_transaction(self.engine) as connection:
            return work(connection)

    def accept(self, **changes: Any) -> AcceptedMail:
        """An accepted mail; the first of a test opens its exchange."""

        def work(connection: Connection) -> None:
            now = datetime.now(UTC)
            if connection.scalar(select(func.count()).select_from(exchanges)) == 0:
                open_exchange(connection, Exchange(EXCHANGE, "7F3K-9Q2M", Mode.SEALED, "KE", "EU", now))
            mail = AcceptedMail(
                id=0,
                queue_id=secrets.token_hex(8).upper(),
                accepted_at=now,
                exchange=EXCHANGE,
                message_class="query",
                mode=Mode.SEALED,
                presentation=Presentation.MIME,
                sender=1,
                sending_party="KE",
                receiving_party="EU",
                body_sha256="ab" * 32,
                library_version=2,
                log_position=1,
                rules_passed=("one", "two"),
                unmatched_reply=False,
            )
            store_mail(connection, replace(mail, **changes), BODY)

        self.write(work)
        with self.engine.connect() as connection:
            return waiting_mails(connection, limit=100)[-1]

    def queue(self, *mailboxes: str) -> list[int]:
        """One processed mail with a delivery for each mailbox; the ids of the deliveries."""
        mail = self.accept()
        message_id = f"<{secrets.token_hex(8)}@gsp.test>"

        def work(connection: Connection) -> None:
            head = f"Message-ID: {message_id}\r\n\r\n".encode()
            new = [
                NewDelivery(mail.queue_id, DeliveryKind.PARTY, mail.id, mailbox, message_id, head, b"\r\n", mail.body)
                for mailbox in mailboxes
            ]
            queue_deliveries(connection, new, datetime.now(UTC) - timedelta(seconds=1))
            mark_processed(connection, [mail.id])

        self.write(work)
        return [row["id"] for row in self.rows() if row["mail"] == mail.id]

    def rows(self) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(deliveries).order_by(deliveries.c.id)).mappings()]

    def row(self, delivery: int) -> dict[str, Any] | None:
        return next((row for row in self.rows() if row["id"] == delivery), None)

    def set(self, **values: Any) -> None:
        self.write(lambda connection: connection.execute(update(deliveries).values(**values)))

    def bodies(self) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(bodies)) or 0)

    def until(self, condition: Callable[[], bool], deliverer: Deliverer | None = None) -> None:
        deadline = time.monotonic() + 15
        while not condition():
            assert time.monotonic() < deadline, self.observer.told
            if deliverer is not None:
                deliverer.start_due()
            time.sleep(0.01)
