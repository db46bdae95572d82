"""Sealed mail from SMTP submission until it can be seen by IMAP: single runs on a world that stands."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.arrivals import Arrivals
from bench.client import SessionJob
from bench.measurement import Costs, MailFigure, percentiles
from bench.postfix import submit_by_smtp_source
from bench.sealed_mails import MailMaker
from bench.submitting import BenchFailedError, Sent, Submission
from bench.watch import Watch
from bench.world import BenchWorld
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
    """How many sessions send how many mails altogether. annex: octets that make each sealed body larger."""

    sessions: int
    mails: int
    annex: int = 0


@dataclass(frozen=True, slots=True)
class PostfixAt:
    """A running Postfix."""

    port: int
    pid: int


class SealedBench:
    """Measures on a running world."""

    def __init__(
        self, world: BenchWorld, arrivals: Arrivals, postfix: PostfixAt | None, tell: Callable[[str], None]
    ) -> None:
        self.world = world
        self.arrivals = arrivals
        self.maker = MailMaker(world)
        self.postfix_at = postfix
        self._tell = tell
        self._state = open_state(world.settings)
        self._folder = world.demo.folder / "mails"
        self._folder.mkdir(exist_ok=True)

    @property
    def gateway_pid(self) -> int:
        """Process id of the gateway's supervisor."""
        gateway = self.world.demo.gateway
        if gateway is None:
            raise BenchFailedError("the gateway does not run")
        return gateway.pid

    def watch(self) -> Watch:
        """Begin to watch both systems."""
        return Watch(self.gateway_pid, self.postfix_at.pid if self.postfix_at is not None else None)

    @property
    def parties(self) -> list[str]:
        """Addresses of the Parties' mailboxes, as Dovecot knows them."""
        return [party_recipient(code, DOMAIN) for code in self.world.demo.parties]

    def gateway(self, run: Run, *, reconnect: bool = False) -> MailFigure:
        """Sealed queries to the gateway, over TLS and AUTH."""
        jobs = self.jobs(run)
        submission = self.submission(jobs, reconnect=reconnect)
        before, watch = self.arrivals.count(), self.watch()
        sent = submission.run()
        visible = self.arrivals.wait_for(before + run.mails)
        drained = self.wait_until_drained()
        return _figure(GATEWAY, run, jobs, sent, watch.costs(run.mails), visible=visible, drained=drained)

    def postfix(self, run: Run, *, reconnect: bool = False) -> Sequence[MailFigure]:
        """The same to Postfix, in the clear: by the gateway's client with the same mails, and by its own generator."""
        if self.postfix_at is None:
            return ()
        jobs = self.jobs(run, self.parties)
        submission = Submission(self.postfix_at.port, "", jobs, reconnect=reconnect)
        before, watch = self.arrivals.count(), self.watch()
        sent = submission.run()
        visible = self.arrivals.wait_for(before + run.mails)
        figures = [_figure(POSTFIX_SAME_CLIENT, run, jobs, sent, watch.costs(run.mails), visible=visible)]
        if not reconnect:
            figures.append(self._by_smtp_source(run, self.postfix_at.port, jobs))
        return figures

    def _by_smtp_source(self, run: Run, port: int, jobs: Sequence[SessionJob]) -> MailFigure:
        before, watch = self.arrivals.count(), self.watch()
        started = time.monotonic()
        ended = submit_by_smtp_source(
            port, sessions=run.sessions, mails=run.mails, octets=mean_size(jobs), recipients=self.parties
        )
        visible = self.arrivals.wait_for(before + run.mails)
        return _figure(POSTFIX, run, jobs, Sent(started, ended, ()), watch.costs(run.mails), visible=visible)

    def submission(self, jobs: Sequence[SessionJob], *, reconnect: bool = False) -> Submission:
        """Clients of the gateway, logged in."""
        return Submission(self.world.demo.ports.submission, str(self.world.demo.authority), jobs, reconnect=reconnect)

    def jobs(self, run: Run, recipients: Sequence[str] = (f"query@{DOMAIN}",)) -> list[SessionJob]:
        """Fresh mails, spread over sessions and officers."""
        self._tell(f"sealing {run.mails} mails")
        jobs: list[SessionJob] = []
        for session in range(run.sessions):
            officer = self.world.officers[session % len(self.world.officers)]
            files: list[str] = []
            for number in range(session, run.mails, run.sessions):
                file = self._folder / f"{number}.eml"
                file.write_bytes(self.maker.make(officer, run.annex))
                files.append(str(file))
            recipient = recipients[session % len(recipients)]
            jobs.append(SessionJob(officer.officer, officer.password, recipient, tuple(files)))
        os.sync()  # the disk starts with nothing to do
        return jobs

    def wait_until_drained(self) -> float:
        """Wait until the gateway's queue is empty; the monotonic time."""
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


def mean_size(jobs: Sequence[SessionJob]) -> int:
    """Octets of a mail as submitted."""
    sizes = [Path(file).stat().st_size for job in jobs for file in job.mails]
    return sum(sizes) // len(sizes)


def _figure(
    system: str,
    run: Run,
    jobs: Sequence[SessionJob],
    sent: Sent,
    costs: Costs,
    *,
    visible: float,
    drained: float | None = None,
) -> MailFigure:
    p50, p99 = percentiles(sent.replies) if sent.replies else (None, None)
    return MailFigure(
        system=system,
        sessions=run.sessions,
        mails=run.mails,
        octets=mean_size(jobs),
        accepted_per_second=run.mails / (sent.ended - sent.started),
        visible_per_second=run.mails / (visible - sent.started),
        drained_per_second=run.mails / (drained - sent.started) if drained is not None else None,
        p50_ms=p50,
        p99_ms=p99,
        costs=costs,
    )


def parse_run(text: str) -> Run:
    """`SESSIONS:MAILS` or `SESSIONS:MAILS:OCTETS`. Raises ValueError."""
    run = Run(*map(int, text.split(":")))
    if not 0 < run.sessions <= min(run.mails, 60) or run.annex < 0:
        raise ValueError("1 to 60 sessions, and at least a mail for each")
    return run
