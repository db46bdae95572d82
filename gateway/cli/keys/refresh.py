"""`gsp keys certified` and `gsp keys refresh`: take a fresh copy of a certificate that is in the directory."""

from pathlib import Path

import click

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, pass_deployment
from gateway.cli.officer_options import READABLE
from gateway.cli.sessions import end_sessions
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.certificates import Brought, bring_certificate
from keyring_admin.chain.directory import holders
from keyring_admin.chain.requests import grouped
from keyring_admin.chain_state import ChainState


@click.command("certified")
@click.argument("files", type=READABLE, nargs=-1, required=True)
@pass_deployment
def certified(deployment: Deployment, files: tuple[Path, ...]) -> None:
    """Take back certificates that were certified (FILES), or that their holders renewed or revoked.

    Only self-signatures and the chain's certifications are kept, and no older copy takes a revocation back. A
    revocation certificate alone is taken too.

    \b
    gsp keys certified certified.asc
    """
    ended: list[str] = []
    for file in files:
        with acting(deployment) as at:
            brought = bring_certificate(at.connection, CUSTODIAN, file.read_bytes(), rules=at.rules, now=at.now)
            lost = [each.fingerprint for each in brought.access if not each.after.grants]
            ended += holders(at.connection, [*lost, *([brought.fingerprint] if brought.revoked else [])]).values()
        click.echo(_told(brought))
    if ended:
        end_sessions(deployment.settings, ended)


def _told(brought: Brought) -> str:
    lines = [f"{grouped(brought.fingerprint)}  {'taken' if brought.changed else 'nothing new in it'}"]
    if brought.revoked:
        lines.append("  it is REVOKED, for good")
    for change in brought.access:
        until = (
            f" until {change.until:%Y-%m-%d %H:%M} UTC" if change.until and change.after is ChainState.IN_FORCE else ""
        )
        lines.append(
            f"  {change.purpose.value} {change.fingerprint}: {change.before.value} -> {change.after.value}{until}"
        )
    return "\n".join(lines)
