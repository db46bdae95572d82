"""`gsp officers remove` and `release`: somebody leaves, and much later the address is somebody else's."""

import shutil

import click

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, pass_deployment
from gateway.cli.sessions import end_sessions
from gateway.mailbox_server import officer_folder
from keyring_admin.acts import officers as acts
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.addresses import canonical_address
from keyring_admin.officers import find_officer


@click.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do it; without, only say what would be done.")
@pass_deployment
def remove(deployment: Deployment, address: str, *, yes: bool) -> None:
    """The officer with ADDRESS leaves for good: no access, certificate withdrawn, own mailbox emptied.

    Whoever had a role knew the Party's reading key: the Party has to replace it. The address stays taken for the
    quarantine (`directory.quarantine_days`); then `gsp officers release` frees it.
    """
    with acting(deployment) as at:
        trial = at.connection.begin_nested()
        removal = acts.remove_officer(
            at.connection, CUSTODIAN, _canonical(deployment, address), rules=at.rules, now=at.now
        )
        free_from = at.now + at.rules.quarantine
        if yes:
            trial.commit()
        else:
            trial.rollback()
    officer = removal.officer
    verb = "is removed" if yes else "would be removed, and the own mailbox emptied; repeat with --yes"
    click.echo(f"{officer.address} {verb}; the address is free again on {free_from:%Y-%m-%d}")
    for fingerprint in removal.rotate:
        click.echo(f"Party {officer.party} has to replace {fingerprint} by {removal.rotate_until:%Y-%m-%d}")
    if yes:
        end_sessions(deployment.settings, [officer.address])
        _empty_mailbox(deployment, officer.party, officer.address)


@click.command()
@click.argument("address")
@click.option("--mailbox-emptied", is_flag=True, help="With a mailbox server of your own: you have emptied it.")
@pass_deployment
def release(deployment: Deployment, address: str, *, mailbox_emptied: bool) -> None:
    """Free the address of an officer who left, after its quarantine, so that somebody else can be admitted under it.

    The new holder never sees the former holder's mail: the mailbox has to be empty. `gsp officers remove` empties it;
    with a mailbox server of your own (`mailboxes.embedded = false`) you do, and say so with --mailbox-emptied.
    """
    with acting(deployment) as at:
        canonical = _canonical(deployment, address)
        former = find_officer(at.connection, canonical)
        emptied = mailbox_emptied
        if deployment.settings.mailboxes.embedded and former is not None:
            emptied = not officer_folder(deployment.settings, former.party, canonical).exists()
        acts.release_officer_address(
            at.connection, CUSTODIAN, canonical, mailbox_emptied=emptied, rules=at.rules, now=at.now
        )
    click.echo(f"{canonical} is free")


def _canonical(deployment: Deployment, address: str) -> str:
    return canonical_address(address, special_use_domains=deployment.settings.gateway.special_use_domains)


def _empty_mailbox(deployment: Deployment, party: str, address: str) -> None:
    """Delete the officer's own folder; the Party's mailbox is the Party's."""
    if not deployment.settings.mailboxes.embedded:
        click.echo("empty the officer's mailbox on your mailbox server", err=True)
        return
    folder = officer_folder(deployment.settings, party, address)
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError:
        click.echo(f"the mailbox could not be deleted: delete the folder {folder}", err=True)
