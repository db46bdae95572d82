"""`gsp keys root`: install the root certificate, and show it. Its secret key never comes here."""

from pathlib import Path

import click

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, pass_deployment
from gateway.cli.officer_options import READABLE
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.root import examine_root, install_root, roots
from keyring_admin.certificates import describe_certificate
from keyring_admin.chain.derive import AccessChange
from keyring_admin.chain.requests import grouped


@click.group()
def root() -> None:
    """The Secretariat's root certificate: with it, access is derived from signatures, and from nothing else."""


@root.command()
@click.argument("file", type=READABLE)
@click.option("--yes", is_flag=True, help="Install; without, only show the fingerprint and who would lose access.")
@pass_deployment
def install(deployment: Deployment, file: Path, *, yes: bool) -> None:
    """Install the first root from FILE, after comparing its fingerprint with the one that came on paper.

    From then on only what the chain certifies is in force. Without --yes, nothing is changed.

    \b
    gsp keys root install root.asc
    gsp keys root install root.asc --yes
    """
    octets = file.read_bytes()
    with acting(deployment) as at:
        facts = examine_root(at.connection, octets, now=at.now)
        attempt = at.connection.begin_nested()
        changes = install_root(at.connection, CUSTODIAN, octets, rules=at.rules, now=at.now)
        if yes:
            attempt.commit()
        else:
            attempt.rollback()
    click.echo(f"root  {grouped(facts.fingerprint)}")
    click.echo(_effect(changes, done=yes))
    if not yes:
        click.echo("nothing was changed: compare the fingerprint with the paper, all of it, then repeat with --yes")


@root.command()
@pass_deployment
def show(deployment: Deployment) -> None:
    """Show the root in force, and those before it."""
    with deployment.reading() as connection:
        found = roots(connection)
    if not found:
        click.echo("no root is installed: who is admitted is in force. `gsp keys root install` installs one")
    for each in found:
        primary = describe_certificate(each.octets).keys[0]
        life = "revoked" if primary.revoked else f"expires {primary.expires_at:%Y-%m-%d}" if primary.expires_at else "-"
        state = f"retired {each.retired_at:%Y-%m-%d}" if each.retired_at is not None else "in force"
        click.echo(f"{grouped(each.fingerprint)}  installed {each.installed_at:%Y-%m-%d}  {life}  {state}")


def _effect(changes: tuple[AccessChange, ...], *, done: bool) -> str:
    """How many gain or lose access, counted: the directory has their names."""
    lost = sum(1 for change in changes if change.before.grants and not change.after.grants)
    gained = sum(1 for change in changes if change.after.grants and not change.before.grants)
    return f"certificates that {'lost' if done else 'would lose'} access: {lost}; that gain it: {gained}"
