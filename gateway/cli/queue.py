"""`gsp queue`: what waits, and what was parked for a human."""

from datetime import UTC, datetime

import click
from rich.table import Table

from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from gateway.processing import SHUNT_AFTER
from keyring_admin.database import write_transaction
from mailroom.intake import count_mails, unshunt_mails
from mailroom.notice_requests import count_notices, unshunt_notices
from mailroom.outbound import count_deliveries, unshunt_deliveries


@click.group()
def queue() -> None:
    """What waits, and what was parked for a human."""


@queue.command("list")
@pass_deployment
def list_command(deployment: Deployment) -> None:
    """Count what stands in the queue, by state. docs/states.md explains the states."""
    table = Table("queue", "state", "number")
    with deployment.reading() as connection:
        for mail_state, number in count_mails(connection).items():
            table.add_row("accepted mails", mail_state.value, str(number))
        for state, number in count_deliveries(connection).items():
            table.add_row("deliveries", state.value, str(number))
        for parked, number in count_notices(connection, shunt_after=SHUNT_AFTER).items():
            table.add_row("notices to write", "shunted" if parked else "requested", str(number))
    console_for_tables().print(table)


@queue.command()
@pass_deployment
def unshunt(deployment: Deployment) -> None:
    """Put every parked mail and delivery back into the queue, after what was wrong has been repaired."""
    with write_transaction(deployment.engine()) as connection:
        mails = unshunt_mails(connection)
        deliveries = unshunt_deliveries(connection, datetime.now(UTC))
        notices = unshunt_notices(connection, shunt_after=SHUNT_AFTER)
    click.echo(f"{mails} mails, {deliveries} deliveries and {notices} notices are tried again")
