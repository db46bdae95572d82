"""A clock that jumps by hours, days or years: nothing expires in masses, nothing waits for ever."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .lmtp_server import Answer, LmtpServer
from .queue_world import LONG_ENOUGH, POLICY, QueueWorld

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
DEFERRED = "mail processed, party deferred, body"


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[QueueWorld]:
    """An empty queue."""
    server = LmtpServer(tmp_path / "lmtp")
    made = QueueWorld(tmp_path, server)
    yield made
    made.engine.dispose()
    server.stop()


def clock(jump: timedelta) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + jump


@pytest.mark.parametrize("jump", [5 * HOUR, 3 * DAY, YEAR])
def test_a_jump_ahead_gives_nothing_up_and_tells_nobody_of_delays(queue: QueueWorld, jump: timedelta) -> None:
    for _ in range(3):
        queue.ready()
    queue.lmtp.answer = Answer.LATER
    queue.deliver(now=clock(timedelta(0)))
    queue.deliver(now=clock(jump))
    queue.deliver(now=clock(2 * jump))
    waiting = ["mail processed"] * 3 + ["party deferred"] * 3 + ["body"] * 3
    assert queue.picture() == ", ".join(waiting)


def test_what_really_waited_for_so_long_is_given_up(queue: QueueWorld) -> None:
    """The control: age and attempts together."""
    queue.ready()
    queue.set(attempts=LONG_ENOUGH)
    queue.lmtp.answer = Answer.LATER
    queue.deliver(now=clock(3 * DAY))
    assert queue.picture() == "mail processed, request returned/0, log returned"


@pytest.mark.parametrize("jump", [-5 * HOUR, -3 * DAY, -YEAR])
@pytest.mark.parametrize("state", ["ready", "deferred", "leased"])
def test_a_jump_back_leaves_nothing_waiting_for_the_old_time(queue: QueueWorld, state: str, jump: timedelta) -> None:
    queue.ready()
    now = datetime.now(UTC)
    queue.set(state=state, next_attempt_at=now + POLICY.wait(3), leased_until=now + POLICY.lease)
    queue.deliver(now=clock(jump))
    assert queue.picture() == "mail processed, log delivered"
    assert [len(mails) for mails in queue.lmtp.stored.values() if mails] == [1]


@pytest.mark.parametrize("state", ["deferred", "leased"])
def test_without_a_jump_a_wait_and_a_lease_are_respected(queue: QueueWorld, state: str) -> None:
    queue.ready()
    now = datetime.now(UTC)
    queue.set(state=state, next_attempt_at=now + POLICY.wait(3), leased_until=now + POLICY.lease)
    queue.deliver()
    assert queue.picture() == f"mail processed, party {state}, body"


def test_a_lease_given_under_the_old_time_is_not_given_away_twice(queue: QueueWorld) -> None:
    """The clock jumps ahead while a program delivers: the next one asks the mailbox first."""
    queue.ready()
    queue.lmtp.answer = Answer.STORE_AND_HANG_UP
    queue.deliver()
    queue.lmtp.answer = Answer.STORE
    queue.deliver(now=clock(DAY))
    assert queue.picture() == "mail processed, log delivered"
    assert [len(mails) for mails in queue.lmtp.stored.values() if mails] == [1]
