"""The delivery program: leases deliveries, hands each to its mailbox by LMTP, keeps what failed for later.

One writer a mailbox: parallel writers to one mailbox gain nothing and wait for each other's locks. Delivery is at
least once; an uncertain one is first looked for in the mailbox by its Message-ID.
"""

import math
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from keyring_admin.database import write_transaction
from keyring_admin.openpgp.armor import enarmor
from mailroom.group_commit import GroupCommitter
from mailroom.lmtp import DeliveryOutcome, DeliveryResult, LmtpConnection
from mailroom.outbound import (
    Delivery,
    defer_delivery,
    finish_delivery,
    holds_lease,
    is_due,
    lease_deliveries,
    release_delivery,
    shunt_delivery,
)

_LEASE_AT_ONCE = 64
_LEAST_JITTER, _MOST_JITTER = 0.75, 1.25
_STORING = timedelta(seconds=2)  # a mailbox server that lost its connection may still be storing: ask it later
# RFC 3463 §3.4, system not accepting messages: a Dovecot that is stopped says so after storing the mail (measured)
_SHUTTING_DOWN = "4.3.2"
_NOBODY_MAY_READ = DeliveryResult(DeliveryOutcome.PERMANENT, "5.7.5")  # RFC 3463 §3.8, cryptographic failure
_CONNECTION_BROKEN_AFTER_DATA = DeliveryResult(DeliveryOutcome.TEMPORARY, "4.4.2", uncertain=True)


class MailboxUnavailableError(RuntimeError):
    """The mailbox server cannot be asked; its own text is not repeated."""


class DeliveryObserver(Protocol):
    """Is told what became of each delivery, in the transaction that says so.

    It may be told twice, if the first transaction came to nothing: it must do nothing but write with the connection.
    """

    def delivered(self, connection: Connection, delivery: Delivery) -> None:
        """The mailbox has it."""

    def returned(self, connection: Connection, delivery: Delivery) -> None:
        """It was given up: the sender gets one final notice."""

    def deferred(self, connection: Connection, delivery: Delivery, *, late: bool) -> None:
        """It will be tried again. late: for so long already that the sender should know; may be told more than once."""

    def shunted(self, delivery: Delivery, error: Exception) -> None:
        """Something raised; it is parked for a human."""

    def unsettled(self, delivery: Delivery, error: Exception) -> None:
        """The database was away when it should have been told: once the lease has run out, the mailbox is asked."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """first, longest: seconds between attempts, doubled each time, with jitter. late, give_up: ages of a delivery.

    An age counts only if the attempts made would have taken as long: a clock that jumps makes nothing expire, and
    what waited while the gateway was away is tried again before it is given up.
    """

    first: float
    longest: float
    late: timedelta
    give_up: timedelta
    lease: timedelta
    connections: int

    def is_past(self, limit: timedelta, age: timedelta, failures: int) -> bool:
        """Whether a delivery has waited for `limit`, by the clock and by this many failed attempts."""
        return age >= limit and self._waited(failures) >= limit.total_seconds()

    def _waited(self, failures: int) -> float:
        """Seconds between the first of so many failures and the next attempt, without jitter."""
        if failures <= 0:
            return 0.0
        doublings = max(0, math.ceil(math.log2(max(self.longest / self.first, 1.0))))
        growing = min(failures, doublings)
        return self.first * (2.0**growing - 1) + (failures - growing) * self.longest

    def wait(self, attempts: int) -> timedelta:
        """How long to wait after this many failures before."""
        seconds = min(self.longest, self.first * 2 ** min(attempts, 32))
        return timedelta(seconds=seconds * random.uniform(_LEAST_JITTER, _MOST_JITTER))  # noqa: S311 - jitter, not a secret


class Deliverer:
    """Delivers until told to stop.

    holds_message: whether a mailbox holds a Message-ID; raises MailboxUnavailableError. when_free: called, on a thread
    of its own, whenever a mailbox has become free: there may be more to start. readable: whether anybody may still
    read a delivery; else it is returned. now: the clock, in UTC.
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
        readable: Callable[[Delivery], bool] = lambda _delivery: True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._connect = connect
        self._holds_message = holds_message
        self._observer = observer
        self._policy = policy
        self._when_free = when_free
        self._readable = readable
        self._now = now
        self._local = threading.local()
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._settler = GroupCommitter(engine)
        self._pool = ThreadPoolExecutor(policy.connections, thread_name_prefix="deliver")

    def start_due(self) -> int:
        """Start every delivery that is due and whose mailbox is free; return how many were started."""
        now = self._now()
        with self._lock:
            busy = frozenset(self._busy)
            if len(busy) >= self._policy.connections:
                return 0
        # Half of the lease is for the attempt under way when the other half is over.
        begin_before = time.monotonic() + self._policy.lease.total_seconds() / 2
        until, longest_wait = now + self._policy.lease, timedelta(seconds=self._policy.longest * _MOST_JITTER)
        with self._engine.connect() as connection:
            if not is_due(connection, now=now, until=until, longest_wait=longest_wait, busy_mailboxes=busy):
                return 0
        with write_transaction(self._engine) as connection:
            leased = lease_deliveries(
                connection,
                now=now,
                until=until,
                longest_wait=longest_wait,
                limit=_LEASE_AT_ONCE,
                busy_mailboxes=busy,
            )
        by_mailbox: dict[str, list[Delivery]] = {}
        for delivery in leased:
            by_mailbox.setdefault(delivery.mailbox, []).append(delivery)
        for mailbox, deliveries in by_mailbox.items():
            with self._lock:
                self._busy.add(mailbox)
            self._pool.submit(self._deliver_in_order, mailbox, deliveries, begin_before)
        return len(leased)

    @property
    def busy(self) -> bool:
        """Whether a delivery is under way."""
        with self._lock:
            return bool(self._busy)

    def stop(self) -> None:
        """Finish the deliveries under way, give back the leases of the rest."""
        self._stopping.set()
        self._pool.shutdown(wait=True)
        self._settler.close()

    def _deliver_in_order(self, mailbox: str, deliveries: list[Delivery], begin_before: float) -> None:
        """What came of one is written while the next is delivered, several in one transaction.

        Should this program die in between, the mailbox is asked before anything is delivered again.
        """
        try:
            settling = [(delivery, self._deliver(delivery, begin_before)) for delivery in deliveries]
            for delivery, settled in settling:
                self._await_settled(delivery, settled)
        finally:
            with self._lock:
                self._busy.discard(mailbox)
            self._when_free()

    def _deliver(self, delivery: Delivery, begin_before: float) -> "Future[None]":
        # Behind a slow one a lease runs out: whoever has it next must be the only one who delivers.
        if self._stopping.is_set() or time.monotonic() > begin_before:
            return self._settler.submit(lambda connection: release_delivery(connection, delivery))
        try:
            result = self._attempt(delivery)
        except Exception as error:  # noqa: BLE001 - top of a worker: the mail is parked, never lost
            failed: Future[None] = Future()
            failed.set_exception(error)
            return failed
        return self._settler.submit(lambda connection: self._settle(connection, delivery, result))

    def _await_settled(self, delivery: Delivery, settled: "Future[None]") -> None:
        error = settled.exception()
        if error is None:
            return
        if not isinstance(error, OperationalError):
            parked = self._settler.submit(lambda connection: shunt_delivery(connection, delivery)).exception()
            if parked is None and isinstance(error, Exception):
                self._observer.shunted(delivery, error)
                return
            error = parked or error
        if not isinstance(error, OperationalError):
            raise error
        self._observer.unsettled(delivery, error)  # the lease is left to run out

    def _attempt(self, delivery: Delivery) -> DeliveryResult:
        if not self._readable(delivery):
            return _NOBODY_MAY_READ
        if delivery.uncertain:
            try:
                if self._holds_message(delivery.mailbox, delivery.message_id):
                    return DeliveryResult(DeliveryOutcome.DELIVERED, "2.0.0")
            except MailboxUnavailableError:
                return _CONNECTION_BROKEN_AFTER_DATA  # still uncertain
        armor = enarmor(delivery.body) if delivery.body is not None else b""
        result = self._connection().deliver("", delivery.mailbox, delivery.head + armor + delivery.tail)
        return replace(result, uncertain=True) if result.enhanced == _SHUTTING_DOWN else result

    def _settle(self, connection: Connection, delivery: Delivery, result: DeliveryResult) -> None:
        now = self._now()
        policy, age = self._policy, now - delivery.created_at
        if result.outcome is DeliveryOutcome.DELIVERED:
            finish_delivery(connection, delivery, lambda: self._observer.delivered(connection, delivery))
            return
        if not holds_lease(connection, delivery):
            return
        if result.outcome is DeliveryOutcome.PERMANENT or policy.is_past(policy.give_up, age, delivery.attempts):
            finish_delivery(connection, delivery, lambda: self._observer.returned(connection, delivery))
            return
        wait = policy.wait(delivery.attempts)
        if result.uncertain:
            wait = max(wait, _STORING)
        defer_delivery(connection, delivery, next_attempt_at=now + wait, uncertain=result.uncertain)
        late = policy.is_past(policy.late, age, delivery.attempts)
        self._observer.deferred(connection, delivery, late=late)

    def _connection(self) -> LmtpConnection:
        connection: LmtpConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection
