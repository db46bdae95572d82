"""Statistics, made of the envelope log and the directory only. Pilot deployments are left out unless asked for."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from statistics import median

from sqlalchemy import Connection, select

from gateway.envelope_log import EnvelopeOutcome
from gateway.schema import envelope_log
from keyring_admin.parties import list_parties


class Period(StrEnum):
    """What the figures are grouped by."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    ALL = "all"


_FORMATS = {Period.DAY: "%Y-%m-%d", Period.MONTH: "%Y-%m", Period.YEAR: "%Y", Period.ALL: "all"}


@dataclass(frozen=True, slots=True)
class StatisticsRow:
    """Figures of one Party in one period. Party "" is all of them together; None: not known.

    resolves: mails to `resolve@` that were answered, where the gateway could read the UIDs. uids_declared: only where
    senders chose to declare them. first_reply_hours: median over the exchanges the Party was asked in. refused: by the
    rule that refused.
    """

    period: str
    party: str
    queries_sent: int
    queries_received: int
    replies_sent: int
    replies_received: int
    notices_sent: int
    resolves: int
    uids_declared: int
    first_reply_hours: float | None
    refused: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statistics:
    """parties_registered: in the directory. parties_active: those that sent something in the time looked at."""

    parties_registered: int
    parties_active: int
    rows: tuple[StatisticsRow, ...]


def gather(
    connection: Connection, *, period: Period, since: datetime | None, until: datetime | None, test: bool
) -> Statistics:
    """The figures from `since` (included) to `until` (not included). test: those of a pilot instead of real ones."""
    query = select(envelope_log).where(envelope_log.c.test == test).order_by(envelope_log.c.sequence)
    if since is not None:
        query = query.where(envelope_log.c.at >= since)
    if until is not None:
        query = query.where(envelope_log.c.at < until)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    groups: dict[tuple[str, str], list[dict[str, object]]] = {}
    for row in rows:
        label = row["at"].strftime(_FORMATS[period])
        for party in {"", row["sending_party"], row["receiving_party"]} - {None}:
            groups.setdefault((label, party), []).append(row)
    waits = dict(_reply_waits(rows))
    accepted = [row for row in rows if row["outcome"] == EnvelopeOutcome.ACCEPTED.value]
    return Statistics(
        parties_registered=len(list_parties(connection)),
        parties_active=len({row["sending_party"] for row in accepted}),
        rows=tuple(_row(label, party, group, waits) for (label, party), group in sorted(groups.items())),
    )


def _row(label: str, party: str, rows: list[dict[str, object]], waits: dict[str, float]) -> StatisticsRow:
    accepted = [row for row in rows if row["outcome"] == EnvelopeOutcome.ACCEPTED.value]
    refused = Counter(
        str(row["rule"])
        for row in rows
        if row["outcome"] == EnvelopeOutcome.REFUSED.value and party in {"", row["sending_party"]}
    )
    asked = [
        row["exchange"] for row in accepted if row["message_class"] == "query" and party in {"", row["receiving_party"]}
    ]
    hours = [waits[str(exchange)] for exchange in dict.fromkeys(asked) if exchange in waits]

    def count(message_class: str, side: str) -> int:
        return sum(row["message_class"] == message_class and party in {"", row[side]} for row in accepted)

    return StatisticsRow(
        period=label,
        party=party,
        queries_sent=count("query", "sending_party"),
        queries_received=count("query", "receiving_party"),
        replies_sent=count("reply", "sending_party"),
        replies_received=count("reply", "receiving_party"),
        notices_sent=count("notice", "sending_party"),
        resolves=count("resolve", "sending_party"),
        uids_declared=sum(
            int(str(row["uid_count"] or 0))
            for row in accepted
            if row["message_class"] == "query" and party in {"", row["sending_party"]}
        ),
        first_reply_hours=round(median(hours), 3) if hours else None,
        refused=dict(sorted(refused.items())),
    )


def _reply_waits(rows: Iterable[dict[str, object]]) -> Iterator[tuple[str, float]]:
    """Exchange and hours from its query to its first reply, both accepted."""
    asked: dict[str, datetime] = {}
    for row in rows:
        exchange, at = str(row["exchange"]), row["at"]
        if row["outcome"] != EnvelopeOutcome.ACCEPTED.value or not isinstance(at, datetime):
            continue
        if row["message_class"] == "query":
            asked.setdefault(exchange, at)
        elif row["message_class"] == "reply" and exchange in asked:
            yield exchange, (at - asked.pop(exchange)).total_seconds() / 3600
