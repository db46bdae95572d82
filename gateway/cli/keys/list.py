"""`gsp keys list`: the certificates of the directory, at once however many there are."""

import json
from datetime import UTC, datetime, timedelta

import click

from gateway.cli.context import Deployment, pass_deployment
from keyring_admin.certificate_listing import CertificateRow, list_rows


@click.command("list")
@click.option("--party", help="Only those of the Party with this code.")
@click.option("--expiring", type=click.IntRange(min=0), metavar="DAYS", help="Only those that end within DAYS.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_deployment
def list_command(deployment: Deployment, *, party: str | None, expiring: int | None, as_json: bool) -> None:
    """List the certificates: Party, purpose, state, when key or chain ends, fingerprint, address.

    \b
    gsp keys list --party KE --expiring 60
    """
    now = datetime.now(UTC)
    before = now + timedelta(days=expiring) if expiring is not None else None
    with deployment.reading() as connection:
        for row in list_rows(connection, party=party, ending_before=before):
            click.echo(_as_json(row, now) if as_json else _as_line(row, now))


def _as_line(row: CertificateRow, now: datetime) -> str:
    ends = f"{row.ends_at:%Y-%m-%d}" if row.ends_at is not None else "never"
    start = f"{row.party or '-':8} {row.purpose.value:11} {row.state_at(now):22} {ends:10} "
    return f"{start}{row.fingerprint} {row.address}".rstrip()


def _as_json(row: CertificateRow, now: datetime) -> str:
    return json.dumps(
        {
            "party": row.party or None,
            "purpose": row.purpose.value,
            "state": row.state_at(now),
            "ends": row.ends_at.isoformat() if row.ends_at is not None else None,
            "fingerprint": row.fingerprint,
            "address": row.address or None,
        }
    )
