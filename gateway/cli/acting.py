"""What the commands that change the directory share: one transaction, the rules, and a proposal where people must sign.

Exit codes: 0 done; 1 refused; 3 not done yet, a proposal was opened that people have to sign.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import click
from sqlalchemy import Connection

from gateway.cli.context import Deployment
from gateway.directory_rules import directory_rules
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.proposable import Payload
from keyring_admin.acts.proposals import propose, right_for
from keyring_admin.acts.rights import NeedsApprovalError
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.proposals import Proposal

__all__ = ["EXIT_PROPOSED", "At", "act_or_propose", "acting", "directory_rules"]

EXIT_PROPOSED = 3
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class At:
    """Where and when an act happens."""

    connection: Connection
    rules: DirectoryRules
    now: datetime


@contextmanager
def acting(deployment: Deployment) -> Iterator[At]:
    """A transaction for acts; what the directory refuses is told in one line."""
    rules = directory_rules(deployment.settings)
    with deployment.changing() as (connection, now):
        yield At(connection, rules, now)


def act_or_propose(
    deployment: Deployment,
    perform: Callable[[At], Result],
    payload: Callable[[At], Payload],
    *,
    party: str | None,
) -> Result:
    """Do it as the custodian; where people must sign, open a proposal, say so, and end with exit code 3."""
    with acting(deployment) as at:
        attempt = at.connection.begin_nested()
        try:
            result = perform(at)
        except NeedsApprovalError as needed:
            attempt.rollback()
            proposal = propose(
                at.connection, CUSTODIAN, needed.act, party=party, payload=payload(at), rules=at.rules, now=at.now
            )
        else:
            attempt.commit()
            return result
    click.echo(_told(proposal))
    sys.exit(EXIT_PROPOSED)


def _told(proposal: Proposal) -> str:
    right = right_for(proposal)
    signers = " or ".join(sorted(kind.value for kind in right.people))
    people = "one person signs" if right.eyes == 1 else f"{right.eyes} different people sign"
    lines = [
        f"not done yet: {proposal.act} is not for the custodian alone. Proposal {proposal.id} is open;",
        f"{people} ({signers}):",
        f"  gsp keys approve {proposal.id} --print > approval.txt",
        "  gpg --armor --sign approval.txt",
        f"  gsp keys approve {proposal.id} --statement approval.txt.asc",
    ]
    if proposal.public_until is not None:
        lines.append(f"It is public until {proposal.public_until:%Y-%m-%d %H:%M} UTC and not done before.")
    return "\n".join(lines)
