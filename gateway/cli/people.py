"""`gsp people`: who stands behind certificates. Four eyes are two people of this list, whatever keys they have."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from keyring_admin.acts import people as acts
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.people import certificates_of, list_people


@click.group()
def people() -> None:
    """People of the Secretariat and of the Parties."""


@people.command()
@click.argument("name")
@click.argument("address")
@click.option(
    "--certificate",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The person's OpenPGP certificate, certified by the root.",
)
@pass_deployment
def admit(deployment: Deployment, name: str, address: str, *, certificate: Path) -> None:
    """Admit a person of the Secretariat, with NAME and mail ADDRESS, or another certificate of one.

    With a root, the signature counts once the root has certified the certificate: in the ceremony that makes the root,
    or later. People of Parties are admitted with `gsp officers admit`.

    \b
    gsp people admit "Adaeze Obi" adaeze@secretariat.example --certificate adaeze.asc
    """
    with acting(deployment) as at:
        person, fingerprint = acts.admit_secretariat_person(
            at.connection, CUSTODIAN, name, address, certificate.read_bytes(), rules=at.rules, now=at.now
        )
    click.echo(f"person    {person.id}  {person.name}\nsigns as  {fingerprint}")


@people.command()
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="Do it; without, only say what would be done.")
@pass_deployment
def end(deployment: Deployment, number: int, *, yes: bool) -> None:
    """The person with NUMBER leaves the Secretariat: the certificates are withdrawn for good."""
    with acting(deployment) as at:
        person = acts.require_person(at.connection, number)
        if not yes:
            held = [one for one in certificates_of(at.connection, number) if one.withdrawn_at is None]
            click.echo(f"would withdraw {len(held)} certificates of {person.name} for good; repeat with --yes")
            return
        acts.end_secretariat_person(at.connection, CUSTODIAN, number, now=at.now)
    click.echo(f"{person.name} is no longer of the Secretariat")


@people.command("list")
@click.option("--party", help="Only those of this Party and of the Secretariat.")
@pass_deployment
def list_command(deployment: Deployment, party: str | None) -> None:
    """List the people and the certificates they hold."""
    now = datetime.now(UTC)
    table = Table("number", "name", "of", "in office", "certificates")
    with deployment.reading() as connection:
        for person in list_people(connection, party=party):
            held = certificates_of(connection, person.id)
            table.add_row(
                str(person.id),
                person.name,
                person.party or "Secretariat",
                "yes" if person.in_office_at(now) else f"until {person.until:%Y-%m-%d}",
                "\n".join(f"{one.fingerprint} {'' if one.valid_at(now) else '(not in force)'}" for one in held) or "-",
            )
    console_for_tables().print(table)
