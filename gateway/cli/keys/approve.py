"""`gsp keys approve` and `gsp keys proposals`: acts that people have to sign.

Exit codes: 0 taken; 1 refused.
"""

from pathlib import Path

import click
from rich.table import Table

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, console_for_tables, friendly_errors, pass_deployment
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.proposable import read_payload
from keyring_admin.acts.proposals import (
    Progress,
    approval_to_sign,
    approve,
    complete,
    due_proposals,
    expire_proposals,
    right_for,
)
from keyring_admin.acts.statements import write_approval
from keyring_admin.people import find_person
from keyring_admin.proposals import ProposalState, approvals_of, list_proposals, require_proposal


@click.command("approve")
@click.argument("proposal")
@click.option("--print", "printing", is_flag=True, help="Print the exact text to sign.")
@click.option("--reject", is_flag=True, help="With --print: the text that rejects it. One rejection ends a proposal.")
@click.option(
    "--statement",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="That text, signed: gpg --armor --sign FILE.",
)
@pass_deployment
def approve_command(
    deployment: Deployment, proposal: str, *, printing: bool, reject: bool, statement: Path | None
) -> None:
    """Approve or reject a PROPOSAL with a signed statement; when the last one needed is here, it is done.

    \b
    gsp keys approve 0123456789abcdef --print > approval.txt
    gpg --armor --sign approval.txt
    gsp keys approve 0123456789abcdef --statement approval.txt.asc
    """
    if printing == (statement is not None):
        raise click.UsageError("give either --print or --statement")
    with acting(deployment) as at:
        found = require_proposal(at.connection, proposal)
        if statement is None:
            text = write_approval(approval_to_sign(at.connection, found, approves=not reject))
            click.echo(text.decode("utf-8"), nl=False)
            return
        progress = approve(at.connection, statement.read_bytes(), expected=found.id, rules=at.rules, now=at.now)
    click.echo(_progress(progress))


@click.group()
def proposals() -> None:
    """What people have to sign, and what became of it."""


@proposals.command("list")
@click.option("--all", "every", is_flag=True, help="Those that are closed too.")
@pass_deployment
def list_command(deployment: Deployment, *, every: bool) -> None:
    """List the proposals."""
    table = Table("proposal", "act", "Party", "state", "signed by", "still needed", "public until", "expires")
    with deployment.reading() as connection:
        for one in list_proposals(connection, state=None if every else ProposalState.OPEN):
            signed = [approval for approval in approvals_of(connection, one.id) if approval.approves]
            names = [person.name for approval in signed if (person := find_person(connection, approval.person))]
            missing = max(0, right_for(one).eyes - len(signed)) if one.state is ProposalState.OPEN else 0
            table.add_row(
                one.id,
                one.act,
                one.party or "-",
                one.state.value,
                "\n".join(names) or "-",
                str(missing),
                f"{one.public_until:%Y-%m-%d %H:%M}" if one.public_until else "-",
                f"{one.expires_at:%Y-%m-%d}",
            )
    console_for_tables().print(table)


@proposals.command()
@click.argument("proposal")
@pass_deployment
def show(deployment: Deployment, proposal: str) -> None:
    """Show what a PROPOSAL would do, to the octet."""
    with friendly_errors(), deployment.reading() as connection:
        found = require_proposal(connection, proposal)
        given = approvals_of(connection, found.id)
    click.echo(f"{found.act}  {found.party or '-'}  {found.state.value}\nSHA-256 {found.payload_sha256}")
    for key, value in sorted(read_payload(found.payload).items()):
        click.echo(f"  {key}: {value}")
    for approval in given:
        verb = "approved" if approval.approves else "rejected"
        click.echo(f"{verb} by person {approval.person}, certificate {approval.certificate}, {approval.at:%Y-%m-%d}")


@proposals.command()
@pass_deployment
def settle(deployment: Deployment) -> None:
    """Do what everybody has signed and whose public days are over; close what nobody signed in time. For cron.

    `gsp serve` does the same once an hour.
    """
    with acting(deployment) as at:
        expired = expire_proposals(at.connection, CUSTODIAN, now=at.now)
        done = [
            complete(at.connection, one.id, rules=at.rules, now=at.now)
            for one in due_proposals(at.connection, now=at.now)
        ]
    for progress in done:
        click.echo(_progress(progress))
    click.echo(f"{sum(one.done for one in done)} done, {expired} expired")


def _progress(progress: Progress) -> str:
    proposal = progress.proposal
    if progress.done:
        return f"proposal {proposal.id} is done: {proposal.act}"
    if proposal.state is not ProposalState.OPEN:
        return f"proposal {proposal.id} is {proposal.state.value}"
    if progress.missing:
        return f"proposal {proposal.id}: signatures still needed: {progress.missing}"
    return f"proposal {proposal.id} is signed; done from {proposal.public_until:%Y-%m-%d %H:%M} UTC on"
