"""What is measured, as values; they travel between the benchmark's processes as JSON."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GateFigure:
    """The gate alone, one core. octets: mean size of the mails. single times in milliseconds."""

    name: str
    octets: int
    judged: int
    mails_per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Costs:
    """Processor time from the first MAIL until everything was delivered.

    milliseconds: of each program for one mail, the benchmark's own client among them. seconds: that this took. busy:
    share of all cores that these programs used. others: share that anything else on the machine used.
    """

    milliseconds: Mapping[str, float]
    seconds: float
    busy: float
    others: float

    @property
    def total(self) -> float:
        """Milliseconds a mail of all programs together."""
        return sum(self.milliseconds.values())


@dataclass(frozen=True, slots=True)
class MailFigure:
    """One run from submission to mailbox.

    octets: a mail as submitted. accepted_per_second: from the first MAIL to the last final reply. visible_per_second:
    from the first MAIL until the last mail counts in the Party's mailbox by IMAP. p50_ms, p99_ms: from the first
    octet of the message to the reply after its end, or with a new connection for each mail from the connection on;
    None where the sending tool does not tell. drained_per_second: until the gateway's queue was empty, its copies for
    the senders' Sent folders included; None for Postfix.
    """

    system: str
    sessions: int
    mails: int
    octets: int
    accepted_per_second: float
    visible_per_second: float
    drained_per_second: float | None
    p50_ms: float | None
    p99_ms: float | None
    costs: Costs


@dataclass(frozen=True, slots=True)
class UploadFigure:
    """Replies to small mails while one client uploads large ones. uploads: how many of those arrived meanwhile."""

    system: str
    sessions: int
    mails: int
    uploads: int
    p50_ms: float
    p99_ms: float
    store_ms: float | None = None  # the gateway's: for so long a large body holds the database's write lock
    delete_ms: float | None = None


@dataclass(frozen=True, slots=True)
class MemoryFigure:
    """Resident MiB of each program after so many mails."""

    mails: int
    mib: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MailFigures:
    """All runs; why_no_postfix says why there is nothing to compare with, if there is not."""

    runs: tuple[MailFigure, ...]
    reconnects: tuple[MailFigure, ...]
    uploads: tuple[UploadFigure, ...]
    memory: tuple[MemoryFigure, ...]
    content_octets: int
    delivered_octets: int
    why_no_postfix: str
    failed: tuple[str, ...] = field(default=())  # parts that gave no figure, and why


def dump_figures(figures: MailFigures) -> str:
    """As one line of JSON."""
    return json.dumps(asdict(figures))


def load_figures(text: str) -> MailFigures:
    """What `dump_figures` wrote."""
    values = json.loads(text)
    return MailFigures(
        runs=tuple(map(_mail_figure, values["runs"])),
        reconnects=tuple(map(_mail_figure, values["reconnects"])),
        uploads=tuple(UploadFigure(**each) for each in values["uploads"]),
        memory=tuple(MemoryFigure(**each) for each in values["memory"]),
        content_octets=int(values["content_octets"]),
        delivered_octets=int(values["delivered_octets"]),
        why_no_postfix=str(values["why_no_postfix"]),
        failed=tuple(values["failed"]),
    )


def _mail_figure(values: dict[str, Any]) -> MailFigure:
    return MailFigure(**{**values, "costs": Costs(**values["costs"])})


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile, in milliseconds, of at least one time in seconds."""
    ordered = sorted(seconds)
    return statistics.median(ordered) * 1e3, ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1e3
