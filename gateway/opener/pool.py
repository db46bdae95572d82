"""A pool of long-lived workers, each killed and replaced when it fails, stalls or dies."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process

from gateway.opener.frames import (
    HEADER_LIMIT,
    READY,
    FrameError,
    Job,
    JobResult,
    Outcome,
    decode_header,
    encode,
    encode_job,
    result_from,
)
from keyring_admin.gateway_key import GatewaySecret

_START_SECONDS = 60
_WORKERS_A_JOB = 2


class OpenerUnavailableError(RuntimeError):
    """No worker can be started: the mail is to be tried again later."""


class OpenerPool:
    """Workers for opening slips. Create it, `start()` it, `open()` jobs, `stop()` it; all on one event loop."""

    def __init__(self, secret: GatewaySecret, *, processes: int, timeout: float, memory_mebibytes: int) -> None:
        self._secret = secret
        self._outdated: set[Process] = set()  # started with an earlier secret
        self._processes = processes
        self._timeout = timeout
        self._memory = memory_mebibytes
        self._idle: asyncio.LifoQueue[Process | None] = asyncio.LifoQueue()
        self._running: set[Process] = set()

    async def start(self) -> None:
        """Start the workers. Raises OpenerUnavailableError."""
        for _ in range(self._processes):
            self._idle.put_nowait(await self._spawn())

    async def stop(self) -> None:
        """Stop every worker."""
        for process in list(self._running):
            await self._discard(process)

    def renew(self, secret: GatewaySecret) -> None:
        """Use these subkeys from now on: a worker that has others ends after the job it is doing."""
        self._secret = secret
        self._outdated |= self._running

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers that run."""
        return sorted(process.pid for process in self._running if process.returncode is None)

    async def refresh(self) -> None:
        """End idle workers that have an earlier secret now, and start others; not only at their next job."""
        for process in [self._idle.get_nowait() for _ in range(self._idle.qsize())]:
            outdated = process is not None and process in self._outdated
            if process is not None and outdated:
                await self._discard(process)
            self._idle.put_nowait(await self._spawn() if outdated else process)

    async def open(self, job: Job) -> JobResult:
        """Have a worker do a job. A message that kills two workers is unopenable like any other.

        Two, because a worker may also have been killed by somebody else: that is not the mail's fault.
        Raises OpenerUnavailableError when no worker can be started, or one took too long.
        """
        process = await self._idle.get()
        try:
            for _ in range(_WORKERS_A_JOB):
                if process is not None and process in self._outdated:
                    await self._discard(process)
                if process is None or process.returncode is not None:
                    process = await self._spawn()
                try:
                    return await asyncio.wait_for(self._ask(process, job), self._timeout)
                except TimeoutError:
                    # Stalled by its mail, or by the machine: nobody can tell, so the sender may try again.
                    await self._discard(process)
                    raise OpenerUnavailableError("a worker took too long") from None
                except (FrameError, EOFError, ConnectionError):
                    await self._discard(process)
                except asyncio.CancelledError:
                    await self._discard(process)  # an answer that nobody reads would be taken for the next one
                    raise
            return JobResult(Outcome.UNOPENABLE)
        finally:
            self._idle.put_nowait(process)

    async def _ask(self, process: Process, job: Job) -> JobResult:
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(encode_job(job))
        await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(4), "big")
        if length > HEADER_LIMIT:
            raise FrameError("not a frame")
        header, lengths = decode_header(await process.stdout.readexactly(length))
        if sum(lengths) > job.size_limit + HEADER_LIMIT:
            raise FrameError("not a frame")
        return result_from(header, [await process.stdout.readexactly(size) for size in lengths])

    async def _spawn(self) -> Process:
        """A worker that is ready: its start does not count as time of a mail. Raises OpenerUnavailableError."""
        process = await self._start_process()
        self._running = {each for each in self._running if each.returncode is None} | {process}
        try:
            await asyncio.wait_for(self._introduce(process), _START_SECONDS)
        except (TimeoutError, EOFError, ConnectionError, FrameError):
            await self._discard(process)
            raise OpenerUnavailableError("no worker for routing slips can be started") from None
        except asyncio.CancelledError:
            await self._discard(process)
            raise
        return process

    async def _introduce(self, process: Process) -> None:
        """Hand over the secret subkeys and wait until the worker has read them. Raises FrameError."""
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(encode({}, self._secret.octets))
        await process.stdin.drain()
        # pipe(7): so few octets come in one piece. A worker of another version may say fewer; it is not waited for.
        said = await process.stdout.read(len(READY))
        if not said:
            raise EOFError
        if said != READY:
            raise FrameError("a worker of another version")

    async def _start_process(self) -> Process:
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway.opener.worker",
                str(self._memory),
                stdin=PIPE,
                stdout=PIPE,
                stderr=asyncio.subprocess.DEVNULL,  # a library's panic may quote what it read
                env={"PATH": os.defpath, "RUST_BACKTRACE": "0", "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
                cwd="/",
            )
        except OSError:
            raise OpenerUnavailableError("no worker for routing slips can be started") from None

    async def _discard(self, process: Process) -> None:
        self._running.discard(process)
        self._outdated.discard(process)
        if process.returncode is None:
            process.kill()
        await process.wait()
