"""`gsp parties`: admit Parties, their membership, mail domains and reading certificates, and how ready each is."""

from datetime import date, datetime
from pathlib import Path

import click

from gateway.cli.acting import At, act_or_propose, acting
from gateway.cli.context import Deployment, pass_deployment
from gateway.cli.parties_changing import add_domain, membership, name_command, protection, remove_domain
from gateway.cli.parties_reading import add_reading_certificate, reading_certificate_command, withdraw
from gateway.cli.parties_showing import list_command, readiness_command, show
from gateway.cli.sessions import end_sessions
from keyring_admin.acts import parties as acts
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.proposable import Payload, day_text
from keyring_admin.officers import list_officers
from keyring_admin.parties import Party

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def parties() -> None:
    """Admit Parties, change what the directory says of them, list them."""


parties.add_command(reading_certificate_command)
parties.add_command(withdraw)


@parties.command()
@click.argument("code")
@click.argument("name")
@click.option("--domain", "domains", multiple=True, required=True, help="Mail domain of its officers; may be repeated.")
@click.option("--member-from", type=_DAY, help="First day of membership; today if not given.")
@click.option("--member-until", type=_DAY, help="First day it is no longer a member.")
@click.option(
    "--reading-certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The certificate it reads its mailbox with.",
)
@pass_deployment
def admit(
    deployment: Deployment,
    code: str,
    name: str,
    *,
    domains: tuple[str, ...],
    member_from: datetime | None,
    member_until: datetime | None,
    reading_certificate: Path | None,
) -> None:
    """Admit the Party CODE (two to eight capital letters) with its NAME. Once a root is installed, two people of the
    Secretariat sign.

    \b
    gsp parties admit KE "Kenya" --domain customs.example --reading-certificate ke.asc
    """

    def asked(at: At) -> Party:
        first = member_from.date() if member_from else at.now.date()
        return Party(code, name, first, _day(member_until), active=True, domains=domains)

    def payload(at: At) -> Payload:
        party = asked(at)
        return {
            "code": code,
            "name": name,
            "domains": [acts.party_domain(domain, at.rules) for domain in domains],
            "member-from": day_text(party.member_from),
            "member-until": day_text(party.member_until),
        }

    admitted = act_or_propose(
        deployment,
        lambda at: acts.admit_party(at.connection, CUSTODIAN, asked(at), rules=at.rules, now=at.now),
        payload,
        party=None,
    )
    click.echo(f"Party {code} is admitted; its address is {admitted.mailbox}@{deployment.settings.gateway.domain}")
    if reading_certificate is not None:
        add_reading_certificate(deployment, code, reading_certificate, None)


@parties.command()
@click.argument("code")
@pass_deployment
def suspend(deployment: Deployment, code: str) -> None:
    """Suspend the Party CODE: nothing from it or to it is accepted any more."""
    with acting(deployment) as at:
        acts.suspend_party(at.connection, CUSTODIAN, code, now=at.now)
        addresses = [officer.address for officer in list_officers(at.connection, party=code)]
    click.echo(f"Party {code} is suspended")
    end_sessions(deployment.settings, addresses)


@parties.command()
@click.argument("code")
@pass_deployment
def resume(deployment: Deployment, code: str) -> None:
    """Let a suspended Party in again."""
    act_or_propose(
        deployment,
        lambda at: acts.resume_party(at.connection, CUSTODIAN, code, rules=at.rules, now=at.now),
        lambda _at: {},
        party=code,
    )
    click.echo(f"Party {code} is active")


for command in (membership, add_domain, remove_domain, protection, name_command, show):
    parties.add_command(command)
parties.add_command(list_command)
parties.add_command(readiness_command)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None
