"""`gsp log`: the envelope log, as it is."""

import csv
import json
import sys
from collections.abc import Mapping

import click
from sqlalchemy import RowMapping, select

from gateway.cli.context import Deployment, pass_deployment
from gateway.schema import envelope_log

_COLUMNS = tuple(column for column in envelope_log.columns if column.name != "test")


@click.command()
@click.option("--last", default=50, show_default=True, help="How many rows, the newest last.")
@click.option("--format", "style", type=click.Choice(["lines", "csv", "json"]), default="lines", show_default=True)
@pass_deployment
def log(deployment: Deployment, last: int, style: str) -> None:
    """Show the envelope log: everything the gateway remembers of a mail once it is delivered.

    \b
    gsp log --last 20
    gsp log --last 100000 --format csv > envelopes.csv
    """
    query = select(*_COLUMNS).order_by(envelope_log.c.sequence.desc()).limit(last)
    with deployment.reading() as connection:
        rows = [_texts(row) for row in reversed(list(connection.execute(query).mappings()))]
    if style == "json":
        click.echo(json.dumps(rows, indent=2))
    elif style == "csv":
        writer = csv.DictWriter(sys.stdout, [column.name for column in _COLUMNS])
        writer.writeheader()
        writer.writerows(rows)
    else:
        for row in rows:
            click.echo(_line(row))


def _texts(row: RowMapping) -> dict[str, str]:
    values = {**row, "at": f"{row['at']:%Y-%m-%d %H:%M:%S}"}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _line(row: Mapping[str, str]) -> str:
    """One row on one line: what is not known is left out, and every value that needs it says what it is."""
    form = f"form {row['form_pack']}/{row['form_version']}" if row["form_pack"] else ""
    words = (
        f"{row['sequence']:>6} {row['at']} {row['outcome']:9} {row['message_class']:9}",
        f"{row['sending_party']}→{row['receiving_party'] or '?'}",
        row["mode"],
        f"size {row['size_class']}" if row["size_class"] else "",
        form,
        f"uids {row['uid_count']}" if row["uid_count"] else "",
        f"rule {row['rule']}" if row["rule"] else "",
        row["exchange"],
    )
    return " ".join(word for word in words if word).rstrip()
