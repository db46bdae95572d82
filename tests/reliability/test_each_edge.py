"""Each edge of docs/states.md: taken, and taken again after its program was killed just before the commit."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from keyring_admin.database import write_transaction
from keyring_admin.schema import officers
from mailroom.group_commit import GroupCommitter
from mailroom.intake import MailState, forget_expired_slips, remember_slip, store_mail, unshunt_mails
from mailroom.outbound import lease_deliveries, release_delivery, unshunt_deliveries
from mailroom.schema import accepted_mails

from .lmtp_server import Answer, LmtpServer
from .queue_world import BODY, LONG_ENOUGH, POLICY, QueueWorld

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACCEPTED, PROCESSED = "mail accepted, body", "mail processed, {}, body"
READY = PROCESSED.format("party ready")
LEASED = PROCESSED.format("party leased")
DEFERRED = PROCESSED.format("party deferred")
DELIVERED = "mail processed, log delivered"
Act = Callable[[QueueWorld, Engine], None]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[QueueWorld]:
    """An empty queue."""
    server = LmtpServer(tmp_path / "lmtp")
    made = QueueWorld(tmp_path, server)
    yield made
    made.engine.dispose()
    server.stop()


@dataclass(frozen=True, slots=True)
class Edge:
    """before, after: the picture. commit: which of the act's commits is the edge. crashed: the picture if the program
    is killed before it; None: `before`. again: the picture after the next try; None: `after`."""

    name: str
    prepare: Callable[[QueueWorld], object]
    act: Act
    before: str
    after: str
    commit: int = 1
    crashed: str | None = None
    again: str | None = None


def store(queue: QueueWorld, engine: Engine) -> None:
    async def accept() -> None:
        await committer.commit(lambda connection: store_mail(connection, queue.mail(), BODY))

    committer = GroupCommitter(engine)
    asyncio.run(accept())
    committer.close()


def process(queue: QueueWorld, engine: Engine) -> None:
    queue.process(engine)


def process_with_fault(queue: QueueWorld, engine: Engine) -> None:
    queue.process(engine, broken=True)


def deliver(queue: QueueWorld, engine: Engine) -> None:
    queue.deliver(engine)


def tell_delays(queue: QueueWorld, engine: Engine) -> None:
    queue.processor(engine).tell_delays(POLICY.late)


def lease(_queue: QueueWorld, engine: Engine) -> None:
    now = datetime.now(UTC)
    with write_transaction(engine) as connection:
        assert lease_deliveries(
            connection, now=now, until=now + POLICY.lease, longest_wait=HOUR, limit=64, busy_mailboxes=()
        )


def lease_and_give_back(_queue: QueueWorld, engine: Engine) -> None:
    now = datetime.now(UTC)
    with write_transaction(engine) as connection:
        (delivery,) = lease_deliveries(
            connection, now=now, until=now + POLICY.lease, longest_wait=HOUR, limit=64, busy_mailboxes=()
        )
    with write_transaction(engine) as connection:
        release_delivery(connection, delivery)


def let_go(_queue: QueueWorld, engine: Engine) -> None:
    with write_transaction(engine) as connection:
        unshunt_mails(connection)
        unshunt_deliveries(connection, datetime.now(UTC))


def forget(_queue: QueueWorld, engine: Engine) -> None:
    with write_transaction(engine) as connection:
        forget_expired_slips(connection, datetime.now(UTC))


def shunted_mail(queue: QueueWorld) -> None:
    queue.accept(age=5 * HOUR)
    values = {"state": MailState.SHUNTED.value, "attempts": 3}
    queue.write(lambda connection: connection.execute(update(accepted_mails).values(**values)))


def poisoned(queue: QueueWorld) -> None:
    queue.ready()
    queue.set(head=b"bare\nline feed")


def ready_for(answer: Answer, **values: object) -> Callable[[QueueWorld], None]:
    def prepare(queue: QueueWorld) -> None:
        queue.ready()
        queue.set(**{"attempts": 0, **values})
        queue.lmtp.answer = answer

    return prepare


def tried_since(age: timedelta, failures: int) -> Callable[[QueueWorld], None]:
    return ready_for(Answer.LATER, created_at=datetime.now(UTC) - age, attempts=failures)


def in_state(state: str, **values: object) -> Callable[[QueueWorld], None]:
    return ready_for(Answer.STORE, state=state, **values)


def with_receipts(queue: QueueWorld) -> None:
    queue.ready()
    queue.write(lambda connection: connection.execute(update(officers).values(receipts=True)))


def asked_for_receipt(queue: QueueWorld) -> None:
    queue.ready()
    queue.write(lambda connection: connection.execute(update(accepted_mails).values(receipt=True)))


def with_receipts_and_asked(queue: QueueWorld) -> None:
    with_receipts(queue)
    queue.write(lambda connection: connection.execute(update(accepted_mails).values(receipt=True)))


def remembered_slip(queue: QueueWorld) -> None:
    queue.write(lambda connection: remember_slip(connection, 1, "A", "ab", datetime.now(UTC) - HOUR))


PAST = datetime.now(UTC) - DAY
EDGES = (
    Edge("a mail is stored", lambda _queue: None, store, "", ACCEPTED),
    Edge("a mail is processed", QueueWorld.accept, process, ACCEPTED, PROCESSED.format("party ready, sent ready")),
    Edge("processing fails once", QueueWorld.accept, process_with_fault, ACCEPTED, "mail shunted, body"),
    Edge(
        "processing fails for the third time", QueueWorld.accept, process_with_fault, ACCEPTED, "mail shunted, body", 3
    ),
    Edge("a shunted mail is let go", shunted_mail, let_go, "mail shunted, body", ACCEPTED),
    Edge("a due delivery is leased", QueueWorld.ready, lease, READY, LEASED),
    Edge("the mailbox has it", QueueWorld.ready, deliver, READY, DELIVERED, 2, LEASED),
    Edge("a temporary answer", ready_for(Answer.LATER), deliver, READY, DEFERRED, 2, LEASED),
    Edge(
        "the connection breaks after the mail was sent",
        ready_for(Answer.STORE_AND_HANG_UP),
        deliver,
        READY,
        PROCESSED.format("party deferred?"),
        2,
        LEASED,
        again=DELIVERED,
    ),
    Edge(
        "the mailbox server shuts down after the mail was sent",
        ready_for(Answer.STORE_AND_SHUT_DOWN),
        deliver,
        READY,
        PROCESSED.format("party deferred?"),
        2,
        LEASED,
        again=DELIVERED,
    ),
    Edge(
        "a permanent answer",
        ready_for(Answer.NEVER),
        deliver,
        READY,
        "mail processed, request returned/0, log returned",
        2,
        LEASED,
    ),
    Edge(
        "older than give_up_hours",
        tried_since(3 * DAY, LONG_ENOUGH),
        deliver,
        READY,
        "mail processed, request returned/0, log returned",
        2,
        LEASED,
    ),
    Edge("an exception", poisoned, deliver, READY, PROCESSED.format("party shunted?"), 2, LEASED),
    Edge(
        "stopped in order before it has begun this one",
        QueueWorld.ready,
        lease_and_give_back,
        READY,
        READY,
        2,
        LEASED,
        again=PROCESSED.format("party ready?"),
    ),
    Edge(
        "a lease has run out",
        in_state("leased", leased_until=PAST),
        lease,
        LEASED,
        PROCESSED.format("party leased?"),
    ),
    Edge("the moment of a deferred one has come", in_state("deferred", next_attempt_at=PAST), lease, DEFERRED, LEASED),
    Edge(
        "a shunted delivery is let go",
        in_state("shunted", uncertain=True),
        let_go,
        PROCESSED.format("party shunted?"),
        PROCESSED.format("party ready?"),
    ),
    Edge("a notice is written", QueueWorld.request_notice_to_reader, process, "request new-query/0", "notice ready"),
    Edge(
        "a notice is held",
        QueueWorld.request_notice,
        process,
        "request new-query/0",
        "notice ready, request new-query/0 held",
    ),
    Edge(
        "a notice fails for the third time",
        QueueWorld.request_notice,
        process_with_fault,
        "request new-query/0",
        "request new-query/3",
        3,
        "request new-query/2",
    ),
    Edge(
        "a receipt is requested",
        with_receipts,
        deliver,
        READY,
        "mail processed, request receipt/0, log delivered",
        2,
        LEASED,
    ),
    Edge(
        "a receipt is requested because the mail asked for it",
        asked_for_receipt,
        deliver,
        READY,
        "mail processed, request receipt/0, log delivered",
        2,
        LEASED,
    ),
    Edge(
        "one receipt is requested although officer and mail ask for it",
        with_receipts_and_asked,
        deliver,
        READY,
        "mail processed, request receipt/0, log delivered",
        2,
        LEASED,
    ),
    Edge(
        "a delay is told",
        tried_since(5 * HOUR, 20),
        deliver,
        READY,
        PROCESSED.format("party deferred, request delayed/0"),
        2,
        LEASED,
    ),
    Edge(
        "the delay of a parked mail is told",
        shunted_mail,
        tell_delays,
        "mail shunted, body",
        "mail shunted, request delayed/0, body",
    ),
    Edge("a slip is forgotten", remembered_slip, forget, "slip", ""),
)
each_edge = pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.name)


@each_edge
def test_it_leads_where_the_table_says(queue: QueueWorld, edge: Edge) -> None:
    edge.prepare(queue)
    assert queue.picture() == edge.before
    edge.act(queue, queue.engine)
    assert queue.picture() == edge.after


@each_edge
def test_killed_on_it_nothing_is_lost(queue: QueueWorld, edge: Edge) -> None:
    edge.prepare(queue)
    queue.die_before_commit(edge.commit, lambda engine: edge.act(queue, engine))
    assert queue.picture() == (edge.before if edge.crashed is None else edge.crashed)
    if edge.crashed == LEASED:
        queue.set(leased_until=PAST)
    edge.act(queue, queue.engine)
    assert queue.picture() == (edge.after if edge.again is None else edge.again)
    assert all(len(mails) == 1 for mails in queue.lmtp.stored.values() if mails), "nothing is delivered twice"
