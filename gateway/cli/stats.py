"""`gsp stats`: figures from the envelope log, as table, CSV or JSON."""

import csv
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich import box
from rich.table import Table

from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from gateway.resolve import RESOLVE_IS_ON
from gateway.statistics import Period, Statistics, StatisticsRow, gather

_COLUMNS = (
    "period",
    "party",
    "queries_sent",
    "queries_received",
    "replies_sent",
    "replies_received",
    "notices_sent",
    "resolves",
    "uids_declared",
    "first_reply_hours",
    "refused",
)
_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--by", "period", type=click.Choice([p.value for p in Period]), default="month", show_default=True)
@click.option("--since", type=_DATE, help="First day, UTC.")
@click.option("--until", type=_DATE, help="First day that is left out, UTC.")
@click.option("--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option("--test", is_flag=True, help="The figures of a pilot, which are left out otherwise.")
@pass_deployment
def stats(
    deployment: Deployment, *, period: str, since: datetime | None, until: datetime | None, style: str, test: bool
) -> None:
    """Parties registered and active, queries, replies, resolves, refusals by rule, UIDs declared, time to first reply.

    \b
    gsp stats --by month --since 2026-01-01
    gsp stats --format csv > statistics.csv
    """
    with deployment.reading() as connection:
        figures = gather(
            connection,
            period=Period(period),
            since=since.replace(tzinfo=UTC) if since else None,
            until=until.replace(tzinfo=UTC) if until else None,
            test=test,
        )
    if style == "json":
        click.echo(json.dumps(asdict(figures), indent=2))
    elif style == "csv":
        _print_csv(figures)
    else:
        _print_table(figures, test=test)
        if deployment.settings.resolve.enabled:
            click.echo(RESOLVE_IS_ON)


def _print_csv(figures: Statistics) -> None:
    writer = csv.DictWriter(sys.stdout, _COLUMNS)
    writer.writeheader()
    for row in figures.rows:
        writer.writerow({**asdict(row), "party": row.party or "all", "refused": _refusals(row)})


def _print_table(figures: Statistics, *, test: bool) -> None:
    mark = "TEST figures of a pilot: " if test else ""
    click.echo(f"{mark}{figures.parties_registered} Parties registered, {figures.parties_active} active")
    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in _COLUMNS:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in figures.rows:
        values = asdict(row)
        texts = [str(values[name]) if values[name] is not None else "-" for name in _COLUMNS[2:-1]]
        table.add_row(row.period, row.party or "all", *texts, _refusals(row).replace("; ", "\n") or "-")
    console_for_tables().print(table)


def _refusals(row: StatisticsRow) -> str:
    return "; ".join(f"{rule} {number}" for rule, number in row.refused.items())
