"""One writer for many senders: the transactions that wait are committed together, so they share one fsync."""

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine

from keyring_admin.database import write_transaction

Result = TypeVar("Result")
GROUP_LIMIT = 64


@dataclass(slots=True)
class _Job(Generic[Result]):
    work: Callable[[Connection], Result]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Result]"


class GroupCommitter:
    """Runs pieces of work in write transactions, several in one, each in a savepoint of its own.

    `await commit(work)` returns after the commit that made the work durable; whatever the work, or the commit,
    raised is raised there, and then nothing of this work is in the database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job[object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    async def commit(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work(connection)` in a transaction and wait until it is on disk."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._jobs.put(_Job(work, loop, future))  # type: ignore[arg-type]  # the queue holds jobs of every result type
        return await future

    def close(self) -> None:
        """Finish what waits, then stop."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            group = self._next_group()
            open_jobs = [job for job in group if job is not None]
            if open_jobs:
                self._commit_group(open_jobs)
            if None in group:
                return

    def _next_group(self) -> list[_Job[object] | None]:
        group = [self._jobs.get()]
        while group[-1] is not None and len(group) < GROUP_LIMIT and not self._jobs.empty():
            group.append(self._jobs.get())
        return group

    def _commit_group(self, group: list[_Job[object]]) -> None:
        done: list[tuple[_Job[object], object]] = []
        failed: list[tuple[_Job[object], BaseException]] = []
        try:
            with write_transaction(self._engine) as connection:
                for job in group:
                    try:
                        with connection.begin_nested():
                            result = job.work(connection)
                        done.append((job, result))
                    except Exception as error:
                        if connection.invalidated:
                            raise
                        failed.append((job, error))
        except Exception as error:  # noqa: BLE001 - top of a worker: every sender is told, none is left waiting
            failed = [(job, error) for job in group]
            done = []
        for job, result in done:
            job.loop.call_soon_threadsafe(_settle, job.future, result, None)
        for job, failure in failed:
            job.loop.call_soon_threadsafe(_settle, job.future, None, failure)


def _settle(future: "asyncio.Future[object]", result: object, error: BaseException | None) -> None:
    if future.done():  # the sender has gone
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
