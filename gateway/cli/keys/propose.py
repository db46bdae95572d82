"""`gsp keys propose`: what has no command of its own and is done only once people have signed.

All else is proposed by the command that would do it: `gsp parties admit`, `gsp parties reading-certificate`, ….
"""

from pathlib import Path

import click

from gateway.cli.acting import act_or_propose
from gateway.cli.context import Deployment, pass_deployment
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.proposable import octets_text
from keyring_admin.acts.root import examine_root, replace_root


@click.group()
def propose() -> None:
    """Propose what two people of the Secretariat have to sign."""


@propose.command("replace-root")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_deployment
def replace_root_command(deployment: Deployment, file: Path) -> None:
    """Propose the certificate in FILE as root in the place of the one in force.

    Have it certify people, administrators and reading certificates first: what the former root certified no longer
    counts. Everybody who verifies needs the new fingerprint on paper.

    \b
    gsp keys propose replace-root root-2.asc
    """
    octets = file.read_bytes()
    act_or_propose(
        deployment,
        lambda at: replace_root(at.connection, CUSTODIAN, octets, rules=at.rules, now=at.now),
        lambda at: {
            "certificate": octets_text(octets),
            "fingerprint": examine_root(at.connection, octets, now=at.now).fingerprint,
        },
        party=None,
    )
