"""Sealed mail end to end, from SMTP submission until it can be seen by IMAP, beside Postfix with the same Dovecot.

    python -m bench.sealed FOLDER --run 10:1000 [--run SESSIONS:MAILS[:OCTETS]] [--reconnect 10:60] [--uploads 10:300]
        [--memory 10000] [--postfix PORT:PID]

Started by `bench.run`, as an unprivileged account; prints MailFigures as one JSON line, progress to standard error.
A part that fails is named in the figures and does not end the others.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bench.arrivals import Arrivals
from bench.measurement import MailFigure, MailFigures, MemoryFigure, UploadFigure, dump_figures
from bench.postfix import SmtpSourceError
from bench.sealed_runs import PostfixAt, Run, SealedBench, parse_run
from bench.submitting import BenchFailedError
from bench.under_load import bench_memory, bench_uploads
from bench.world import make_world
from gateway.account import leave_root

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured. memory: number of mails."""

    runs: tuple[Run, ...]
    reconnects: tuple[Run, ...] = ()
    uploads: tuple[Run, ...] = ()
    memory: int = 0


@dataclass(slots=True)
class _Measured:
    runs: list[MailFigure] = field(default_factory=list)
    reconnects: list[MailFigure] = field(default_factory=list)
    uploads: list[UploadFigure] = field(default_factory=list)
    memory: list[MemoryFigure] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def attempt(self, name: str, measure: Callable[[], Sequence[Found]], into: list[Found]) -> None:
        try:
            into.extend(measure())
        except (BenchFailedError, SmtpSourceError) as error:
            self.failed.append(f"{name}: {error}")


def bench_sealed(folder: Path, plan: Plan, *, postfix: PostfixAt | None, tell: Callable[[str], None]) -> MailFigures:
    """Set up a gateway below `folder`, measure, stop the gateway."""
    world = make_world(folder, tell)
    measured = _Measured()
    try:
        with Arrivals(world.demo, list(world.demo.parties.values())) as arrivals:
            bench = SealedBench(world, arrivals, postfix, tell)
            delivered = _measure_all(bench, plan, measured, tell)
        return MailFigures(
            runs=tuple(measured.runs),
            reconnects=tuple(measured.reconnects),
            uploads=tuple(measured.uploads),
            memory=tuple(measured.memory),
            content_octets=bench.maker.content_octets,
            delivered_octets=delivered,
            why_no_postfix="",
            failed=tuple(measured.failed),
        )
    finally:
        world.stop()


def _measure_all(bench: SealedBench, plan: Plan, measured: _Measured, tell: Callable[[str], None]) -> int:
    delivered = 0
    for run in plan.runs:
        name = f"{run.sessions} sessions, {run.mails} mails, {run.annex} octets more"
        tell(name)
        measured.attempt(name, lambda run=run: [bench.gateway(run)], measured.runs)  # type: ignore[misc]
        delivered = delivered or bench.arrivals.last_size()
        measured.attempt(name, lambda run=run: bench.postfix(run), measured.runs)  # type: ignore[misc]
    for run in plan.reconnects:
        name = f"{run.sessions} sessions, a new connection for each of {run.mails} mails"
        tell(name)
        measured.attempt(name, lambda run=run: [bench.gateway(run, reconnect=True)], measured.reconnects)  # type: ignore[misc]
        measured.attempt(name, lambda run=run: bench.postfix(run, reconnect=True), measured.reconnects)  # type: ignore[misc]
    if plan.memory:
        measured.attempt("memory", lambda: bench_memory(bench, plan.memory, tell), measured.memory)
    for run in plan.uploads:
        name = f"{run.sessions} sessions beside uploads"
        tell(name)
        measured.attempt(name, lambda run=run: bench_uploads(bench, run), measured.uploads)  # type: ignore[misc]
    return delivered


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Sealed mail end to end.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--run", type=parse_run, action="append", default=[], metavar="SESSIONS:MAILS[:OCTETS]")
    parser.add_argument("--reconnect", type=parse_run, action="append", default=[], metavar="SESSIONS:MAILS")
    parser.add_argument("--uploads", type=parse_run, action="append", default=[], metavar="SESSIONS:MAILS")
    parser.add_argument("--memory", type=int, default=0, metavar="MAILS")
    parser.add_argument("--postfix", metavar="PORT:PID")
    arguments = parser.parse_args()
    leave_root(arguments.folder, "")
    postfix = PostfixAt(*map(int, arguments.postfix.split(":"))) if arguments.postfix else None
    figures = bench_sealed(
        arguments.folder,
        Plan(tuple(arguments.run), tuple(arguments.reconnect), tuple(arguments.uploads), arguments.memory),
        postfix=postfix,
        tell=lambda line: print(f"  {line}", file=sys.stderr, flush=True),
    )
    sys.stdout.write(dump_figures(figures) + "\n")


if __name__ == "__main__":
    main()
