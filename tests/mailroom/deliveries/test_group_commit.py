"""Many senders share one commit; what one does wrong is not the others' fault, and nobody is told a lie."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import IntegrityError

from mailroom.group_commit import GroupCommitter
from mailroom.schema import exchanges

from .queue_world import NOW_FIELDS


def store(name: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(exchanges.insert().values(id=name, token=name, **NOW_FIELDS))
        return name

    return work


def stored(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(select(exchanges.c.id)))


def together(engine: Engine, *works: Callable[[Connection], object]) -> list[object]:
    """All in one group: the first job holds the writer until the others wait."""

    async def run() -> list[object]:
        committer = GroupCommitter(engine)
        everybody = threading.Event()

        def first(_connection: Connection) -> None:
            everybody.wait(5)

        try:
            blocker = asyncio.ensure_future(committer.commit(first))
            jobs = [asyncio.ensure_future(committer.commit(work)) for work in works]
            await asyncio.sleep(0.05)
            everybody.set()
            return (await asyncio.gather(blocker, *jobs, return_exceptions=True))[1:]
        finally:
            await asyncio.to_thread(committer.close)

    return asyncio.run(run())


def test_every_result_comes_back_after_the_commit(engine: Engine) -> None:
    names = [f"e{number}" for number in range(100)]
    assert together(engine, *map(store, names)) == names
    assert stored(engine) == set(names)


def raises(_connection: Connection) -> None:
    raise ZeroDivisionError


def half_done(connection: Connection) -> None:
    store("half")(connection)
    raise ZeroDivisionError


@pytest.mark.parametrize("bad", [store("e1"), raises, half_done], ids=["constraint", "raises", "raises after writing"])
def test_a_job_that_fails_fails_alone(engine: Engine, bad: Callable[[Connection], object]) -> None:
    first, failed, last = together(engine, store("e1"), bad, store("e2"))
    assert (first, last) == ("e1", "e2")
    assert isinstance(failed, IntegrityError | ZeroDivisionError)
    assert stored(engine) == {"e1", "e2"}


def breaks_the_commit(connection: Connection) -> None:
    """A broken reference that only the commit notices."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        connection.execute(text("INSERT INTO minted_message_ids VALUES ('<m>', 'nowhere', '2026-01-01')"))
    else:
        connection.execute(text("CREATE TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)"))
        connection.execute(text("INSERT INTO late VALUES (1), (1)"))


def test_a_commit_that_fails_is_told_to_everybody(engine: Engine) -> None:
    results = together(engine, store("e1"), breaks_the_commit, store("e2"))
    assert all(isinstance(result, IntegrityError) for result in results)
    assert stored(engine) == set()
    assert together(engine, store("e1")) == ["e1"]


def test_a_sender_who_has_gone_disturbs_nobody(engine: Engine) -> None:
    async def run() -> object:
        committer = GroupCommitter(engine)
        go = threading.Event()
        try:
            gone = asyncio.ensure_future(committer.commit(lambda _connection: go.wait(5)))
            await asyncio.sleep(0.05)
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone
            other = asyncio.ensure_future(committer.commit(store("e1")))
            go.set()
            return await other
        finally:
            await asyncio.to_thread(committer.close)

    assert asyncio.run(run()) == "e1"


def test_closing_finishes_what_waits(engine: Engine) -> None:
    async def run() -> list[object]:
        committer = GroupCommitter(engine)
        jobs = [asyncio.ensure_future(committer.commit(store(f"e{number}"))) for number in range(10)]
        await asyncio.sleep(0)
        await asyncio.to_thread(committer.close)
        return await asyncio.gather(*jobs)

    assert len(asyncio.run(run())) == len(stored(engine)) == 10
