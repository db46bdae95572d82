"""The delivery program: leases deliveries, hands each to its mailbox by LMTP, keeps what failed for later.

One writer a mailbox: parallel writers to one mailbox gain nothing and wait for each other's locks. Delivery is at
least once; an uncertain one is first looked for in the mailbox by its Message-ID.
"""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine

from keyring_admin.database import write_transaction
from keyring_admin.openpgp.armor import enarmor
from mailroom.lmtp import DeliveryOutcome, DeliveryResult, LmtpConnection
from mailroom.outbound import (
    Delivery,
    defer_delivery,
    finish_delivery,
    lease_deliveries,
    release_delivery,
    shunt_delivery,
)

_LEASE_AT_ONCE = 64
_CONNECTION_BROKEN_AFTER_DATA = DeliveryResult(DeliveryOutcome.TEMPORARY, "4.4.2", uncertain=True)


class MailboxUnavailableError(RuntimeError):
    """The mailbox server cannot be asked; its own text is not repeated."""


class DeliveryObserver(Protocol):
    """Is told what became of each delivery, in the transaction that says so."""

    def delivered(self, connection: Connection, delivery: Delivery) -> None:
        """The mailbox has it."""

    def returned(self, connection: Connection, delivery: Delivery) -> None:
        """It was given up: the sender gets one final notice."""

    def deferred(self, delivery: Delivery) -> None:
        """It will be tried again."""

    def shunted(self, delivery: Delivery, error: Exception) -> None:
        """Something raised; it is parked for a human."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """first, longest: seconds between attempts, doubled each time, with jitter. give_up: age of a delivery."""

    first: float
    longest: float
    give_up: timedelta
    lease: timedelta
    connections: int

    def wait(self, attempts: int) -> timedelta:
        """How long to wait after this many failures before."""
        seconds = min(self.longest, self.first * 2 ** min(attempts, 32))
        return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, not a secret


class Deliverer:
    """Delivers until told to stop.

    holds_message: whether a mailbox holds a Message-ID; raises MailboxUnavailableError. when_free: called, on a thread
    of its own, whenever a mailbox has become free: there may be more to start.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        connect: Callable[[], LmtpConnection],
        holds_message: Callable[[str, str], bool],
        observer: DeliveryObserver,
        policy: RetryPolicy,
        when_free: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._connect = connect
        self._holds_message = holds_message
        self._observer = observer
        self._policy = policy
        self._when_free = when_free
        self._local = threading.local()
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(policy.connections, thread_name_prefix="deliver")

    def start_due(self) -> int:
        """Start every delivery that is due and whose mailbox is free; return how many were started."""
        now = datetime.now(UTC)
        with self._lock:
            busy = frozenset(self._busy)
            if len(busy) >= self._policy.connections:
                return 0
        with write_transaction(self._engine) as connection:
            leased = lease_deliveries(
                connection, now=now, until=now + self._policy.lease, limit=_LEASE_AT_ONCE, busy_mailboxes=busy
            )
        by_mailbox: dict[str, list[Delivery]] = {}
        for delivery in leased:
            by_mailbox.setdefault(delivery.mailbox, []).append(delivery)
        for mailbox, deliveries in by_mailbox.items():
            with self._lock:
                self._busy.add(mailbox)
            self._pool.submit(self._deliver_in_order, mailbox, deliveries)
        return len(leased)

    def stop(self) -> None:
        """Finish the deliveries under way, give back the leases of the rest."""
        self._stopping.set()
        self._pool.shutdown(wait=True)

    def _deliver_in_order(self, mailbox: str, deliveries: list[Delivery]) -> None:
        try:
            for delivery in deliveries:
                if self._stopping.is_set():
                    with write_transaction(self._engine) as connection:
                        release_delivery(connection, delivery)
                else:
                    self._deliver(delivery)
        finally:
            with self._lock:
                self._busy.discard(mailbox)
            self._when_free()

    def _deliver(self, delivery: Delivery) -> None:
        try:
            self._settle(delivery, self._attempt(delivery))
        except Exception as error:  # noqa: BLE001 - top of a worker: the mail is parked, never lost
            with write_transaction(self._engine) as connection:
                shunt_delivery(connection, delivery)
            self._observer.shunted(delivery, error)

    def _attempt(self, delivery: Delivery) -> DeliveryResult:
        if delivery.uncertain:
            try:
                if self._holds_message(delivery.mailbox, delivery.message_id):
                    return DeliveryResult(DeliveryOutcome.DELIVERED, "2.0.0")
            except MailboxUnavailableError:
                return _CONNECTION_BROKEN_AFTER_DATA  # still uncertain
        armor = enarmor(delivery.body) if delivery.body is not None else b""
        return self._connection().deliver("", delivery.mailbox, delivery.head + armor + delivery.tail)

    def _settle(self, delivery: Delivery, result: DeliveryResult) -> None:
        now = datetime.now(UTC)
        given_up = now - delivery.created_at >= self._policy.give_up
        with write_transaction(self._engine) as connection:
            if result.outcome is DeliveryOutcome.DELIVERED:
                self._observer.delivered(connection, delivery)
                finish_delivery(connection, delivery)
                return
            if result.outcome is DeliveryOutcome.PERMANENT or given_up:
                self._observer.returned(connection, delivery)
                finish_delivery(connection, delivery)
                return
            wait = self._policy.wait(delivery.attempts)
            defer_delivery(connection, delivery, next_attempt_at=now + wait, uncertain=result.uncertain)
        self._observer.deferred(delivery)

    def _connection(self) -> LmtpConnection:
        connection: LmtpConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection
