"""`gsp officers invite`: an account that may only write to `keys@` until its certificate is approved."""

import click

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, pass_deployment
from gateway.words import LANGUAGES
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.enrolment import Invitation, sha256_of
from keyring_admin.acts.enrolment import invite as invite_act
from keyring_admin.officers import OfficerKind, Role
from mailroom.credentials import hash_password, new_password

_ROLES = click.Choice([role.value for role in Role if role is not Role.ADMINISTER])


@click.command()
@click.argument("address")
@click.option("--party", required=True, help="Code of the officer's Party.")
@click.option("--role", "roles", multiple=True, required=True, type=_ROLES, help="Repeatable.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--machine", is_flag=True, help="An automated mailbox processor: it is no pair of eyes.")
@pass_deployment
def invite(
    deployment: Deployment, address: str, *, party: str, roles: tuple[str, ...], language: str, machine: bool
) -> None:
    """Invite the officer with ADDRESS: print a one-time password and a code for the request `enrol` to keys@.

    Until an administrator has approved the certificate, the account may only write to keys@ and read its own INBOX. An
    officer whose certificate is no longer in force is invited again in the same way.

    \b
    gsp officers invite alice@customs.example --party KE --role query
    """
    password, code = new_password(), new_password()
    invitation = Invitation(
        address=address,
        party=party,
        roles=frozenset(Role(role) for role in roles),
        password_hash=hash_password(password),
        code_sha256=sha256_of(code),
        language=language,
        kind=OfficerKind.MACHINE if machine else OfficerKind.PERSON,
    )
    with acting(deployment) as at:
        enrolment = invite_act(at.connection, CUSTODIAN, invitation, rules=at.rules, now=at.now)
    click.echo(f"officer   {address.lower()}\npassword  {password}\ncode      {code}")
    click.echo(f"until     {enrolment.expires_at:%Y-%m-%d %H:%M} UTC")
