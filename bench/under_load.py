"""What large mails do to small ones, and what thousands of mails do to the memory of the programs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from bench.client import SessionJob
from bench.large_bodies import lock_held_ms
from bench.measurement import MemoryFigure, UploadFigure, percentiles
from bench.processes import usage_of
from bench.sealed_runs import GATEWAY, POSTFIX_SAME_CLIENT, Run, SealedBench
from bench.submitting import Submission
from gateway.demo.world import DOMAIN
from mailroom.mailboxes.recipients import party_recipient

UPLOAD_OCTETS = 20_000_000
_UPLOADS_AT_MOST = 200  # of which the client sends as many as there is time for
_QUIET_SECONDS = 2.0
_MEMORY_STEPS = 10
_MEMORY_SESSIONS = 10
_UPLOADING, _UPLOADED_TO = "KE", "EU"


def bench_uploads(bench: SealedBench, run: Run, upload_octets: int = UPLOAD_OCTETS) -> list[UploadFigure]:
    """Small mails of some sessions while one more session uploads mails of 20 MB, one after the other."""
    officer = bench.world.demo.parties[_UPLOADING]
    file = bench.world.demo.folder / "upload.eml"
    file.write_bytes(bench.maker.make_direct(officer, _UPLOADED_TO, upload_octets))

    def uploads(recipient: str) -> SessionJob:
        return SessionJob(officer.officer, officer.password, recipient, (str(file),) * _UPLOADS_AT_MOST)

    figures = []
    small = bench.submission(bench.jobs(run))
    uploader = bench.submission([uploads(f"{_UPLOADED_TO.lower()}@{DOMAIN}")])
    store_ms, delete_ms = lock_held_ms(bench.world.demo.folder, upload_octets)
    measured = _measure(bench, run, small, uploader, system=GATEWAY)
    figures.append(replace(measured, store_ms=store_ms, delete_ms=delete_ms))
    if bench.postfix_at is not None:
        small = Submission(bench.postfix_at.port, "", bench.jobs(run, bench.parties))
        uploader = Submission(bench.postfix_at.port, "", [uploads(party_recipient(_UPLOADED_TO, DOMAIN))])
        figures.append(_measure(bench, run, small, uploader, system=POSTFIX_SAME_CLIENT))
    return figures


def _measure(bench: SealedBench, run: Run, small: Submission, uploader: Submission, *, system: str) -> UploadFigure:
    before = bench.arrivals.count()
    with _sending(uploader):
        time.sleep(0.5)  # the first upload is under way
        sent = small.run()
    bench.arrivals.wait_for(before + run.mails)
    bench.wait_until_drained()
    arrived = _settled_count(bench) - before
    p50, p99 = percentiles(sent.replies)
    return UploadFigure(system, run.sessions, run.mails, max(0, arrived - run.mails), p50, p99)


@contextmanager
def _sending(uploader: Submission) -> Iterator[None]:
    """Ended in the middle of a mail, which is nobody's then."""
    uploader.begin()
    try:
        yield
    finally:
        uploader.stop()


def _settled_count(bench: SealedBench) -> int:
    count, since = bench.arrivals.count(), time.monotonic()
    while time.monotonic() - since < _QUIET_SECONDS:
        time.sleep(0.2)
        now_there = bench.arrivals.count()
        if now_there != count:
            count, since = now_there, time.monotonic()
    return count


def bench_memory(bench: SealedBench, mails: int, tell: Callable[[str], None]) -> list[MemoryFigure]:
    """Resident memory after each tenth of so many mails, delivered end to end; new sessions for each tenth."""
    figures = []
    step = max(1, mails // _MEMORY_STEPS)
    for number in range(1, _MEMORY_STEPS + 1):
        jobs = bench.jobs(Run(min(_MEMORY_SESSIONS, step), step))
        before = bench.arrivals.count()
        bench.submission(jobs).run()
        bench.arrivals.wait_for(before + step)
        bench.wait_until_drained()
        figures.append(
            MemoryFigure(number * step, {name: used.mib for name, used in usage_of(bench.gateway_pid).items()})
        )
        tell(f"memory: {number * step:,} of {mails:,} mails")
    return figures
