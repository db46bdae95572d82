"""Sealed mail end to end, from SMTP submission until it can be seen by IMAP, beside Postfix with the same Dovecot.

    python -m bench.sealed FOLDER --run 10:1000 [--run SESSIONS:MAILS] [--postfix-port N]

Started by `bench.run`, as an unprivileged account; prints MailFigures as one JSON line, progress to standard error.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.arrivals import Arrivals
from bench.client import SessionJob
from bench.measurement import MailFigure, MailFigures, dump_figures, percentiles
from bench.postfix import submit_by_smtp_source
from bench.sealed_mails import MailMaker
from bench.submitting import BenchFailedError, Sent, Submission
from bench.world import BenchWorld, make_world
from gateway.account import leave_root
from gateway.demo.world import DOMAIN
from gateway.state import open_state
from mailroom.intake import MailState, count_mails
from mailroom.mailboxes.recipients import party_recipient
from mailroom.outbound import count_deliveries

GATEWAY = "gateway"
POSTFIX = "Postfix, smtp-source"
POSTFIX_SAME_CLIENT = "Postfix, the gateway's client"
_DRAIN_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Run:
    """How many sessions send how many mails altogether."""

    sessions: int
    mails: int


class SealedBench:
    """Measures on a running world."""

    def __init__(self, world: BenchWorld, arrivals: Arrivals, tell: Callable[[str], None]) -> None:
        self._world = world
        self._arrivals = arrivals
        self._tell = tell
        self._maker = MailMaker(world)
        self._state = open_state(world.settings)
        self._folder = world.demo.folder / "mails"
        self._folder.mkdir(exist_ok=True)

    @property
    def content_octets(self) -> int:
        """A form with its readable text, before padding."""
        return self._maker.content_octets

    def gateway(self, run: Run) -> MailFigure:
        """Sealed queries to the gateway, over TLS and AUTH."""
        jobs = self._jobs(run)
        octets = _mean_size(jobs)
        before = self._arrivals.count()
        authority = str(self._world.demo.authority)
        sent = Submission(self._world.demo.ports.submission, authority, jobs).run()
        visible = self._arrivals.wait_for(before + run.mails)
        drained = self._wait_until_drained()
        return _figure(GATEWAY, run, octets, sent, visible=visible, drained=drained)

    def postfix(self, run: Run, port: int, octets: int) -> Sequence[MailFigure]:
        """The same to Postfix, in the clear: by its own generator, and by the gateway's client with the same mails."""
        parties = [party_recipient(code, DOMAIN) for code in self._world.demo.parties]
        before = self._arrivals.count()
        started = time.monotonic()
        ended = submit_by_smtp_source(port, sessions=run.sessions, mails=run.mails, octets=octets, recipients=parties)
        visible = self._arrivals.wait_for(before + run.mails)
        by_source = _figure(POSTFIX, run, octets, Sent(started, ended, ()), visible=visible)
        jobs = self._jobs(run, parties)
        before = self._arrivals.count()
        sent = Submission(port, "", jobs).run()
        visible = self._arrivals.wait_for(before + run.mails)
        return by_source, _figure(POSTFIX_SAME_CLIENT, run, octets, sent, visible=visible)

    def _jobs(self, run: Run, recipients: Sequence[str] = (f"query@{DOMAIN}",)) -> list[SessionJob]:
        """Fresh mails, spread over sessions and officers."""
        self._tell(f"sealing {run.mails} mails")
        jobs: list[SessionJob] = []
        for session in range(run.sessions):
            officer = self._world.officers[session % len(self._world.officers)]
            files: list[str] = []
            for number in range(session, run.mails, run.sessions):
                file = self._folder / f"{number}.eml"
                file.write_bytes(self._maker.make(officer))
                files.append(str(file))
            recipient = recipients[session % len(recipients)]
            jobs.append(SessionJob(officer.officer, officer.password, recipient, tuple(files)))
        return jobs

    def _wait_until_drained(self) -> float:
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline:
            with self._state.connect() as connection:
                mails, deliveries = count_mails(connection), count_deliveries(connection)
            if MailState.SHUNTED in mails:
                raise BenchFailedError("a mail was parked for a human")
            if MailState.ACCEPTED not in mails and not deliveries:
                return time.monotonic()
            time.sleep(0.05)
        raise BenchFailedError("the gateway's queue does not become empty")


def bench_sealed(
    folder: Path, runs: Sequence[Run], *, postfix_port: int | None, tell: Callable[[str], None]
) -> MailFigures:
    """Set up a gateway below `folder`, measure each run, stop the gateway."""
    world = make_world(folder, tell)
    figures: list[MailFigure] = []
    delivered = 0
    try:
        with Arrivals(world.demo, list(world.demo.parties.values())) as arrivals:
            bench = SealedBench(world, arrivals, tell)
            for run in runs:
                tell(f"{run.sessions} sessions, {run.mails} mails")
                figures.append(bench.gateway(run))
                delivered = arrivals.last_size()
                if postfix_port is not None:
                    figures.extend(bench.postfix(run, postfix_port, figures[-1].octets))
        return MailFigures(tuple(figures), bench.content_octets, delivered, "")
    finally:
        world.stop()


def _mean_size(jobs: Sequence[SessionJob]) -> int:
    sizes = [Path(file).stat().st_size for job in jobs for file in job.mails]
    return sum(sizes) // len(sizes)


def _figure(
    system: str, run: Run, octets: int, sent: Sent, *, visible: float, drained: float | None = None
) -> MailFigure:
    p50, p99 = percentiles(sent.replies) if sent.replies else (None, None)
    return MailFigure(
        system=system,
        sessions=run.sessions,
        mails=run.mails,
        octets=octets,
        accepted_per_second=run.mails / (sent.ended - sent.started),
        visible_per_second=run.mails / (visible - sent.started),
        drained_per_second=run.mails / (drained - sent.started) if drained is not None else None,
        p50_ms=p50,
        p99_ms=p99,
    )


def parse_run(text: str) -> Run:
    """`SESSIONS:MAILS`. Raises ValueError."""
    sessions, _, mails = text.partition(":")
    run = Run(int(sessions), int(mails))
    if not 0 < run.sessions <= min(run.mails, 60):
        raise ValueError("1 to 60 sessions, and at least a mail for each")
    return run


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Sealed mail end to end.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--run", type=parse_run, action="append", required=True, metavar="SESSIONS:MAILS")
    parser.add_argument("--postfix-port", type=int)
    arguments = parser.parse_args()
    leave_root(arguments.folder, "")
    figures = bench_sealed(
        arguments.folder,
        arguments.run,
        postfix_port=arguments.postfix_port,
        tell=lambda line: print(f"  {line}", file=sys.stderr, flush=True),
    )
    sys.stdout.write(dump_figures(figures) + "\n")


if __name__ == "__main__":
    main()
