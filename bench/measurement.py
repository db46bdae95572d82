"""What is measured, as values; they travel between the benchmark's processes as JSON."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


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
class MailFigure:
    """One run from submission to mailbox.

    octets: a mail as submitted. accepted_per_second: from the first MAIL to the last final reply. visible_per_second:
    from the first MAIL until the last mail counts in the Party's mailbox by IMAP. p50_ms, p99_ms: from the first
    octet of the message to the reply after its end; None where the sending tool does not tell. drained_per_second:
    until the gateway's queue was empty, its copies for the senders' Sent folders included; None for Postfix.
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


@dataclass(frozen=True, slots=True)
class MailFigures:
    """All runs; why_no_postfix says why there is nothing to compare with, if there is not."""

    runs: tuple[MailFigure, ...]
    content_octets: int
    delivered_octets: int
    why_no_postfix: str


def dump_figures(figures: MailFigures) -> str:
    """As one line of JSON."""
    return json.dumps(asdict(figures))


def load_figures(text: str) -> MailFigures:
    """What `dump_figures` wrote."""
    values = json.loads(text)
    return MailFigures(
        tuple(MailFigure(**run) for run in values["runs"]),
        int(values["content_octets"]),
        int(values["delivered_octets"]),
        str(values["why_no_postfix"]),
    )


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile, in milliseconds, of at least one time in seconds."""
    ordered = sorted(seconds)
    return statistics.median(ordered) * 1e3, ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1e3
