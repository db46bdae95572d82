"""`gsp keys gateway`: the gateway's own certificate: shown, rotated, renewed."""

from datetime import UTC, datetime

import click
from rich.table import Table

from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from gateway.deployment import admit_gateway
from gateway.key_life.gateway_rotation import carry_out, plan_rotation
from gateway.settings import Settings
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.database import write_transaction
from keyring_admin.gateway_key import (
    CERTIFICATE_YEARS,
    EncryptionSubkey,
    GatewayKeyError,
    encryption_subkeys,
    extend_certificate,
)
from keyring_admin.key_log.log import record


@click.group()
def gateway() -> None:
    """The gateway's own certificate. Its encryption subkey is rotated monthly, without a command, by `gsp serve`."""


@gateway.command()
@pass_deployment
def show(deployment: Deployment) -> None:
    """Show the encryption subkeys: in use, in their overlap, destroyed."""
    settings, now = deployment.settings, datetime.now(UTC)
    table = Table("encryption subkey", "made", "ends", "next one due", "secret")
    for subkey in _subkeys(settings):
        secret = "here" if subkey.secret else "destroyed"
        due = f"{subkey.due_at():%Y-%m-%d}" if subkey.secret and now < subkey.due_at() else "-"
        table.add_row(subkey.fingerprint, f"{subkey.created_at:%Y-%m-%d}", f"{subkey.expires_at:%Y-%m-%d}", due, secret)
    click.echo(f"certificate  {settings.gateway.fingerprint}")
    console_for_tables().print(table)


@gateway.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--at-once", is_flag=True, help="Make the next subkey although the newest is not a month old.")
@pass_deployment
def rotate(deployment: Deployment, *, dry_run: bool, at_once: bool) -> None:
    """Make the next encryption subkey if it is due, and destroy the secrets whose overlap is over.

    Both the old and the new one are accepted for 30 days. Running programs take up the new one by themselves. What was
    encrypted to a destroyed one can never be opened again, by nobody.

    \b
    gsp keys gateway rotate --dry-run
    """
    settings, now = deployment.settings, datetime.now(UTC)
    plan = plan_rotation(_subkeys(settings), now, at_once=at_once)
    click.echo("a new encryption subkey is due" if plan.make else "no new encryption subkey is due")
    for subkey in plan.destroy:
        click.echo(f"the secret of {subkey.fingerprint} is to be destroyed: it ended {subkey.expires_at:%Y-%m-%d}")
    if dry_run or plan.empty:
        return
    engine = deployment.engine()
    try:
        carry_out(settings, engine, plan, now, CUSTODIAN)
    except GatewayKeyError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"done; the certificate is in {settings.path('gateway-certificate.asc')}")


@gateway.command()
@click.option("--yes", is_flag=True, help="Do it; without, only say what would be done.")
@pass_deployment
def renew(deployment: Deployment, *, yes: bool) -> None:
    """Let the certificate and its signing subkey live three more years from today. The fingerprint stays."""
    settings, now = deployment.settings, datetime.now(UTC)
    if not yes:
        click.echo(
            f"would let {settings.gateway.fingerprint} live {CERTIFICATE_YEARS} years from today: repeat with --yes"
        )
        return
    engine = deployment.engine()
    try:
        extend_certificate(settings.gnupg_home, settings.gateway.fingerprint)
        admit_gateway(settings)
    except GatewayKeyError as error:
        raise click.ClickException(str(error)) from None
    with write_transaction(engine) as connection:
        record(connection, "gateway-key-renewed", CUSTODIAN, now=now, subject=settings.gateway.fingerprint)
    click.echo(f"done; the certificate is in {settings.path('gateway-certificate.asc')}")


def _subkeys(settings: Settings) -> list[EncryptionSubkey]:
    try:
        return encryption_subkeys(settings.gnupg_home, settings.gateway.fingerprint)
    except GatewayKeyError as error:
        raise click.ClickException(str(error)) from None
