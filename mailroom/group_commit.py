"""One writer for many: the transactions that wait are committed together, so they share one lock and one fsync."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from keyring_admin.database import write_transaction

Result = TypeVar("Result")
GROUP_LIMIT = 64


@dataclass(slots=True)
class _Job(Generic[Result]):
    work: Callable[[Connection], Result]
    future: "Future[Result]"


class GroupCommitter:
    """Runs pieces of work in write transactions, several in one; what one of them does wrong is not the others' fault.

    A piece of work may be run twice: if one of a group raises, nothing of the group is kept, and all are run again,
    each in a savepoint of its own. It must do nothing but write with the connection it is given.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job[object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], Result]) -> "Future[Result]":
        """Have `work(connection)` run in a transaction; the future's result is there once it is on disk.

        Whatever the work, or the commit, raised is the future's exception, and then nothing of this work is in the
        database. The future cannot be cancelled; its callbacks run on the writer's thread and must be short.
        """
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        self._jobs.put(_Job(work, future))  # type: ignore[arg-type]  # the queue holds jobs of every result type
        return future

    async def commit(self, work: Callable[[Connection], Result]) -> Result:
        """The same for a coroutine: returns, or raises, when that is certain."""
        return await asyncio.wrap_future(self.submit(work))

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

    def _commit_group(self, group: Sequence[_Job[object]]) -> None:
        try:
            with write_transaction(self._engine) as connection:
                results = [job.work(connection) for job in group]
        except OperationalError as error:  # the database is away or full: that is nobody's fault
            _tell_all(group, error)
        except Exception as error:  # noqa: BLE001 - top of a worker: every sender is told, none is left waiting
            if len(group) == 1:
                _tell_all(group, error)
            else:
                self._commit_each(group)
        else:
            for job, result in zip(group, results, strict=True):
                job.future.set_result(result)

    def _commit_each(self, group: Sequence[_Job[object]]) -> None:
        """Still in one transaction, but what one of them wrote can be taken back alone."""
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
        except Exception as error:  # noqa: BLE001 - as above
            _tell_all(group, error)
            return
        for job, result in done:
            job.future.set_result(result)
        for job, failure in failed:
            job.future.set_exception(failure)


def _tell_all(group: Sequence[_Job[object]], error: BaseException) -> None:
    for job in group:
        job.future.set_exception(error)
