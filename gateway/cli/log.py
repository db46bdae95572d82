"""`gsp log`: the envelope log, as it is."""

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from gateway.cli.context import Deployment, pass_deployment
from gateway.schema import envelope_log

_COLUMNS = tuple(column for column in envelope_log.columns if column.name != "test")


@click.command()
@click.option("--last", default=50, show_default=True, help="How many rows, the newest last.")
@pass_deployment
def log(deployment: Deployment, last: int) -> None:
    """Show the envelope log: everything the gateway remembers of a mail once it is delivered.

    \b
    gsp log --last 20
    """
    query = select(*_COLUMNS).order_by(envelope_log.c.sequence.desc()).limit(last)
    table = Table()
    for column in _COLUMNS:
        table.add_column(column.name.replace("_", " "), no_wrap=column.name in {"at", "exchange"}, overflow="fold")
    with deployment.reading() as connection:
        rows = list(connection.execute(query).mappings())
    for row in reversed(rows):
        values = {**row, "at": f"{row['at']:%Y-%m-%d %H:%M:%S}"}
        table.add_row(*("" if values[column.name] is None else str(values[column.name]) for column in _COLUMNS))
    Console().print(table)
