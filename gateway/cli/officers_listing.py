"""`gsp officers list`: the officers, and those who left. Nothing is changed."""

from datetime import datetime, timedelta

import click
from rich.table import Table

from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from keyring_admin.officers import list_officers


@click.command("list")
@click.option("--party", help="Only those of this Party.")
@click.option("--removed", is_flag=True, help="Those who left, and until when their address is taken.")
@pass_deployment
def list_command(deployment: Deployment, party: str | None, *, removed: bool) -> None:
    """List the officers."""
    quarantine = timedelta(days=deployment.settings.directory.quarantine_days)
    table = Table("address", "Party", "roles", "language", "active", "receipts", "certificate")
    with deployment.reading() as connection:
        for officer in list_officers(connection, party=party):
            if (officer.removed_at is not None) != removed or officer.address.endswith("@removed.invalid"):
                continue
            state = "yes" if officer.active else "suspended"
            table.add_row(
                officer.address,
                officer.party,
                ", ".join(sorted(role.value for role in officer.roles)),
                officer.language,
                _quarantined(officer.removed_at, quarantine) if officer.removed_at is not None else state,
                "yes" if officer.receipts else "no",
                officer.certificate or "none",
            )
    console_for_tables().print(table)


def _quarantined(removed_at: datetime, quarantine: timedelta) -> str:
    return f"removed {removed_at:%Y-%m-%d}, address taken until {removed_at + quarantine:%Y-%m-%d}"
