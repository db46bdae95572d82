"""`gsp keys enrolments`: who is on the way in; approved or rejected by the custodian where the chain decides anyway."""

from pathlib import Path

import click
from rich.table import Table

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from gateway.cli.officer_options import READABLE
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.enrolment import approve_enrolment, reject_enrolment
from keyring_admin.enrolments import list_enrolments
from keyring_admin.officers import find_officer_by_id


@click.group()
def enrolments() -> None:
    """Officers who enrol, or replace a certificate, and what they wait for."""


@enrolments.command("list")
@click.option("--all", "every", is_flag=True, help="Those that have ended too.")
@pass_deployment
def list_command(deployment: Deployment, *, every: bool) -> None:
    """List the enrolments."""
    table = Table("enrolment", "address", "Party", "state", "until", "fingerprint")
    with deployment.reading() as connection:
        for one in list_enrolments(connection, every=every):
            officer = find_officer_by_id(connection, one.officer)
            address, party = (officer.address, officer.party) if officer is not None else ("-", "-")
            until = f"{one.expires_at:%Y-%m-%d %H:%M}"
            table.add_row(one.id, address, party, one.state.value, until, one.fingerprint or "-")
    console_for_tables().print(table)


@enrolments.command()
@click.argument("enrolment")
@click.argument("fingerprint")
@click.option("--certificate", type=READABLE, help="The certificate as an administrator certified it.")
@pass_deployment
def approve(deployment: Deployment, enrolment: str, fingerprint: str, *, certificate: Path | None) -> None:
    """Approve an enrolment whose officer has proved to hold the key with this full FINGERPRINT.

    Administrators do so by mail. Once a root is installed, the certificate has to bring the chain's certification.
    """
    octets = certificate.read_bytes() if certificate is not None else None
    plain = "".join(fingerprint.split()).upper()
    with acting(deployment) as at:
        approval = approve_enrolment(at.connection, CUSTODIAN, enrolment, plain, octets, rules=at.rules, now=at.now)
    click.echo(f"{approval.officer.address} is enrolled with {approval.fingerprint}")


@enrolments.command()
@click.argument("enrolment")
@click.argument("fingerprint")
@pass_deployment
def reject(deployment: Deployment, enrolment: str, fingerprint: str) -> None:
    """Reject an enrolment. The account stays, and can be invited again."""
    plain = "".join(fingerprint.split()).upper()
    with acting(deployment) as at:
        officer = reject_enrolment(at.connection, CUSTODIAN, enrolment, plain, now=at.now)
    click.echo(f"the enrolment of {officer.address} is rejected")
