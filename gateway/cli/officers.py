"""`gsp officers`: admit officers, suspend them, give them a password, list them."""

from pathlib import Path

import click
from rich.table import Table

from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from gateway.cli.sessions import end_sessions
from gateway.words import LANGUAGES
from keyring_admin.addresses import canonical_address
from keyring_admin.certificate_store import Purpose, admit_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.officers import (
    Officer,
    Role,
    admit_officer,
    list_officers,
    set_officer_active,
    set_officer_password,
    set_officer_receipts,
)
from keyring_admin.parties import require_party
from mailroom.credentials import hash_password, new_password


@click.group()
def officers() -> None:
    """Admit officers, suspend them, give them a password, list them."""


@officers.command()
@click.argument("address")
@click.option("--party", required=True, help="Code of the officer's Party.")
@click.option(
    "--certificate",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The officer's OpenPGP certificate; compare its fingerprint with the officer's first.",
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="Repeatable.",
)
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--receipts", is_flag=True, help="Send a receipt for every mail that reached the Party.")
@pass_deployment
def admit(
    deployment: Deployment,
    address: str,
    *,
    party: str,
    certificate: Path,
    roles: tuple[str, ...],
    language: str,
    receipts: bool,
) -> None:
    """Admit the officer with ADDRESS and print a one-time password for SMTP and IMAP.

    \b
    gsp officers admit alice@customs.example --party KE --certificate alice.asc --role query
    """
    special = deployment.settings.gateway.special_use_domains
    password = new_password()
    with deployment.changing() as (connection, now):
        canonical = canonical_address(address, special_use_domains=special)
        require_party(connection, party)
        facts = examine_certificate(certificate.read_bytes(), canonical, now=now, special_use_domains=special)
        admit_certificate(connection, facts, purpose=Purpose.OFFICER, party=party, now=now)
        admit_officer(
            connection,
            Officer(
                id=0,
                address=canonical,
                party=party,
                language=language,
                roles=frozenset(Role(role) for role in roles),
                active=True,
                certificate=facts.fingerprint,
                password_hash=hash_password(password),
                receipts=receipts,
            ),
        )
    click.echo(f"officer   {canonical}\nsigns as  {facts.fingerprint}\npassword  {password}")


@officers.command()
@click.argument("address")
@pass_deployment
def suspend(deployment: Deployment, address: str) -> None:
    """Suspend an officer at once, for SMTP and IMAP."""
    _set_active(deployment, address, active=False)


@officers.command()
@click.argument("address")
@pass_deployment
def resume(deployment: Deployment, address: str) -> None:
    """Let a suspended officer in again."""
    _set_active(deployment, address, active=True)


@officers.command()
@click.argument("address")
@click.argument("switch", type=click.Choice(["on", "off"]))
@pass_deployment
def receipts(deployment: Deployment, address: str, switch: str) -> None:
    """Send an officer a receipt for every mail that reached the Party, or none.

    \b
    gsp officers receipts alice@customs.example on
    """
    special = deployment.settings.gateway.special_use_domains
    with deployment.changing() as (connection, _now):
        canonical = canonical_address(address, special_use_domains=special)
        set_officer_receipts(connection, canonical, receipts=switch == "on")
    click.echo(f"receipts for {canonical} are {switch}")


@officers.command()
@click.argument("address")
@pass_deployment
def password(deployment: Deployment, address: str) -> None:
    """Give an officer a new password and print it."""
    special = deployment.settings.gateway.special_use_domains
    fresh = new_password()
    with deployment.changing() as (connection, _now):
        canonical = canonical_address(address, special_use_domains=special)
        set_officer_password(connection, canonical, hash_password(fresh))
    end_sessions(deployment.settings, [canonical])
    click.echo(f"officer   {canonical}\npassword  {fresh}")


@officers.command("list")
@click.option("--party", help="Only those of this Party.")
@pass_deployment
def list_command(deployment: Deployment, party: str | None) -> None:
    """List the officers."""
    table = Table("address", "Party", "roles", "language", "active", "receipts", "certificate")
    with deployment.reading() as connection:
        for officer in list_officers(connection, party=party):
            table.add_row(
                officer.address,
                officer.party,
                ", ".join(sorted(role.value for role in officer.roles)),
                officer.language,
                "yes" if officer.active else "suspended",
                "yes" if officer.receipts else "no",
                officer.certificate or "none",
            )
    console_for_tables().print(table)


def _set_active(deployment: Deployment, address: str, *, active: bool) -> None:
    special = deployment.settings.gateway.special_use_domains
    with deployment.changing() as (connection, _now):
        canonical = canonical_address(address, special_use_domains=special)
        set_officer_active(connection, canonical, active=active)
    click.echo(f"{canonical} is {'active' if active else 'suspended'}")
    if not active:
        end_sessions(deployment.settings, [canonical])
