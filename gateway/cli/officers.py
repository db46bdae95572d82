"""`gsp officers`: admit officers, their roles and passwords, suspend and remove them, list them."""

from pathlib import Path

import click

from gateway.cli.acting import act_or_propose, acting
from gateway.cli.context import Deployment, pass_deployment
from gateway.cli.officers_invite import invite
from gateway.cli.officers_leaving import release, remove
from gateway.cli.officers_listing import list_command
from gateway.cli.officers_machine import machine_certificate
from gateway.cli.sessions import end_sessions
from gateway.words import LANGUAGES
from keyring_admin.acts import life as replacing
from keyring_admin.acts import officers as acts
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.addresses import canonical_address
from keyring_admin.officers import OfficerKind, Role, set_officer_receipts
from mailroom.credentials import hash_password, new_password

_ROLES = click.Choice([role.value for role in Role])


@click.group()
def officers() -> None:
    """Admit officers, suspend them, give them a password, remove them, list them."""


@officers.command()
@click.argument("address")
@click.option("--party", required=True, help="Code of the officer's Party.")
@click.option(
    "--certificate",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The officer's OpenPGP certificate; compare its fingerprint with the officer's first.",
)
@click.option("--role", "roles", multiple=True, required=True, type=_ROLES, help="Repeatable.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--receipts", is_flag=True, help="Send a receipt for every mail that reached the Party.")
@click.option("--machine", is_flag=True, help="An automated mailbox processor: it is no pair of eyes.")
@click.option("--person", type=int, help="Number of the person, if this human is here already: `gsp people list`.")
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
    machine: bool,
    person: int | None,
) -> None:
    """Admit the officer with ADDRESS and print a one-time password for SMTP and IMAP.

    \b
    gsp officers admit alice@customs.example --party KE --certificate alice.asc --role query
    """
    password = new_password()
    admission = acts.Admission(
        address=address,
        party=party,
        certificate=certificate.read_bytes(),
        password_hash=hash_password(password),
        roles=frozenset(Role(role) for role in roles),
        language=language,
        receipts=receipts,
        kind=OfficerKind.MACHINE if machine else OfficerKind.PERSON,
        person=person,
    )
    with acting(deployment) as at:
        officer = acts.admit_officer(at.connection, CUSTODIAN, admission, rules=at.rules, now=at.now)
    click.echo(f"officer   {officer.address}\nsigns as  {officer.certificate}\npassword  {password}")


@officers.command()
@click.argument("address")
@pass_deployment
def suspend(deployment: Deployment, address: str) -> None:
    """Suspend an officer at once, for SMTP and IMAP."""
    with acting(deployment) as at:
        officer = acts.suspend_officer(at.connection, CUSTODIAN, _canonical(deployment, address), now=at.now)
    click.echo(f"{officer.address} is suspended")
    end_sessions(deployment.settings, [officer.address])


@officers.command()
@click.argument("address")
@pass_deployment
def resume(deployment: Deployment, address: str) -> None:
    """Let a suspended officer in again. Whom an administrator suspended, an administrator lets in."""
    with acting(deployment) as at:
        officer = acts.require_officer(at.connection, _canonical(deployment, address))
    act_or_propose(
        deployment,
        lambda at: acts.resume_officer(at.connection, CUSTODIAN, officer.address, rules=at.rules, now=at.now),
        lambda _at: {"address": officer.address},
        party=officer.party,
    )
    click.echo(f"{officer.address} is active")


@officers.command()
@click.argument("address")
@click.option("--role", "roles", multiple=True, type=_ROLES, help="Repeatable; none: an officer without a role.")
@pass_deployment
def roles(deployment: Deployment, address: str, *, roles: tuple[str, ...]) -> None:
    """Give an officer these roles and no others. More than before needs an administrator once a root is installed.

    \b
    gsp officers roles alice@customs.example --role query --role reply
    """
    with acting(deployment) as at:
        officer = acts.require_officer(at.connection, _canonical(deployment, address))
    given = frozenset(Role(role) for role in roles)
    act_or_propose(
        deployment,
        lambda at: acts.change_roles(at.connection, CUSTODIAN, officer.address, given, now=at.now),
        lambda _at: {"address": officer.address, "roles": sorted(roles)},
        party=officer.party,
    )
    click.echo(f"{officer.address} has the roles {', '.join(sorted(given)) or 'none'}")


@officers.command()
@click.argument("address")
@click.argument("switch", type=click.Choice(["on", "off"]))
@pass_deployment
def receipts(deployment: Deployment, address: str, switch: str) -> None:
    """Send an officer a receipt for every mail that reached the Party, or none.

    \b
    gsp officers receipts alice@customs.example on
    """
    with acting(deployment) as at:
        canonical = _canonical(deployment, address)
        set_officer_receipts(at.connection, canonical, receipts=switch == "on")
    click.echo(f"receipts for {canonical} are {switch}")


@officers.command()
@click.argument("address")
@pass_deployment
def password(deployment: Deployment, address: str) -> None:
    """Give an officer a new password and print it."""
    fresh = new_password()
    with acting(deployment) as at:
        canonical = _canonical(deployment, address)
        acts.issue_password(at.connection, CUSTODIAN, canonical, hash_password(fresh), now=at.now)
    end_sessions(deployment.settings, [canonical])
    click.echo(f"officer   {canonical}\npassword  {fresh}")


@officers.command("replace-certificate")
@click.argument("address")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--at-once", is_flag=True, help="The old key is lost or stolen: withdraw it now, without an overlap.")
@pass_deployment
def replace_certificate(deployment: Deployment, address: str, file: Path, *, at_once: bool) -> None:
    """Give the officer with ADDRESS the certificate in FILE instead of the one in use.

    The old one is accepted for `directory.overlap_days` more. Compare the fingerprint of the new one with the officer.

    \b
    gsp officers replace-certificate alice@customs.example alice-2027.asc
    """
    with acting(deployment) as at:
        canonical = _canonical(deployment, address)
        changed = replacing.replace_certificate(
            at.connection, CUSTODIAN, canonical, file.read_bytes(), at_once=at_once, rules=at.rules, now=at.now
        )
    click.echo(f"officer   {canonical}\nsigns as  {changed.certificate}")
    if changed.previous_until is not None:
        click.echo(f"until {changed.previous_until:%Y-%m-%d}, also as {changed.previous_certificate}")


for command in (remove, release, list_command, invite, machine_certificate):
    officers.add_command(command)


def _canonical(deployment: Deployment, address: str) -> str:
    return canonical_address(address, special_use_domains=deployment.settings.gateway.special_use_domains)
