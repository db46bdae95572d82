"""`gsp administrators`: appoint administrators of Parties and regions, end their appointment, list them."""

from datetime import UTC, datetime

import click
from rich.table import Table

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from keyring_admin.acts import administrators as acts
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.addresses import canonical_address
from keyring_admin.administrators import list_administrations
from keyring_admin.certificate_store import find_certificate
from keyring_admin.officers import find_officer_by_id


@click.group()
def administrators() -> None:
    """Administrators: officers who certify the officers of their Party or region."""


@administrators.command()
@click.argument("address")
@click.option("--region", help="Name of the region; without, administrator of the whole Party.")
@click.option("--domain", "domains", multiple=True, help="Mail domain of the region; repeatable. All if not given.")
@pass_deployment
def appoint(deployment: Deployment, address: str, *, region: str | None, domains: tuple[str, ...]) -> None:
    """Appoint the officer with ADDRESS, or change region and domains of an administrator.

    The appointment is in force once the root has certified the certificate for exactly these mail domains.

    \b
    gsp administrators appoint wanjiru@customs.example
    gsp administrators appoint otieno@coast.customs.example --region Coast --domain coast.customs.example
    """
    with acting(deployment) as at:
        canonical = canonical_address(address, special_use_domains=at.rules.special_use_domains)
        appointed = acts.appoint_administrator(
            at.connection, CUSTODIAN, canonical, region=region, domains=domains, rules=at.rules, now=at.now
        )
    reach = f"region {appointed.region}" if appointed.region else f"Party {appointed.party}"
    click.echo(f"{canonical} is administrator, {reach}: {', '.join(appointed.domains)}")


@administrators.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do it; without, only say what would be done.")
@pass_deployment
def end(deployment: Deployment, address: str, *, yes: bool) -> None:
    """End the appointment of the administrator with ADDRESS, who stays an officer: `gsp officers remove` removes one.

    Without --yes, lists who would lose access because nobody else has certified them: let the successor do so first.
    """
    perform = acts.end_administrator if yes else acts.who_would_lose_access
    with acting(deployment) as at:
        canonical = canonical_address(address, special_use_domains=at.rules.special_use_domains)
        losses = perform(at.connection, CUSTODIAN, canonical, rules=at.rules, now=at.now)
    for loss in losses:
        click.echo(f"{'lost' if yes else 'would lose'} access: {loss.address or loss.purpose.value} {loss.fingerprint}")
    if yes:
        click.echo(f"{canonical} is no longer an administrator")
    elif losses:
        click.echo(f"{len(losses)} certificates: let the successor certify them first; repeat with --yes to end anyway")
    else:
        click.echo(f"nobody would lose access; repeat with --yes to end the appointment of {canonical}")


@administrators.command("list")
@click.option("--party", help="Only those of this Party.")
@click.option("--ended", is_flag=True, help="Those whose appointment has ended too.")
@pass_deployment
def list_command(deployment: Deployment, party: str | None, *, ended: bool) -> None:
    """List the administrators."""
    now = datetime.now(UTC)
    table = Table("address", "Party", "region", "mail domains", "in force", "certificate")
    with deployment.reading() as connection:
        for one in list_administrations(connection, party=party, ended=ended):
            officer = find_officer_by_id(connection, one.officer)
            fingerprint = officer.certificate if officer is not None else None
            held = find_certificate(connection, fingerprint) if fingerprint is not None else None
            if one.ended_at is not None:
                state = f"ended {one.ended_at:%Y-%m-%d}"
            elif held is None or not held.valid_at(now):
                state = f"no: {held.chain.value if held is not None else 'no certificate'}"
            else:
                state = "yes"
            table.add_row(
                officer.address if officer is not None else "?",
                one.party,
                one.region or "-",
                "\n".join(one.domains),
                state,
                fingerprint or "none",
            )
    console_for_tables().print(table)
