"""`gsp parties membership`, `add-domain`, `remove-domain`, `protection`, `name`: what changes about a Party."""

from datetime import date, datetime

import click

from gateway.cli.acting import At, act_or_propose, acting
from gateway.cli.context import Deployment, pass_deployment
from gateway.cli.sessions import end_sessions
from keyring_admin.acts import parties as acts
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.proposable import day_text
from keyring_admin.officers import list_officers
from keyring_admin.parties import LANGUAGES, require_party

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("code")
@click.option("--from", "member_from", type=_DAY, help="First day of membership; as it was if not given.")
@click.option("--until", "member_until", type=_DAY, help="First day it is no longer a member.")
@click.option("--no-end", is_flag=True, help="The membership has no last day.")
@click.option("--yes", is_flag=True, help="Do it; without, only say what would be done.")
@pass_deployment
def membership(
    deployment: Deployment,
    code: str,
    *,
    member_from: datetime | None,
    member_until: datetime | None,
    no_end: bool,
    yes: bool,
) -> None:
    """Change the days of membership of the Party CODE. From the last day on its officers and its mail are refused.

    \b
    gsp parties membership KE --until 2027-01-01          says what would be done
    gsp parties membership KE --until 2027-01-01 --yes
    gsp parties membership KE --no-end --yes              once a root is installed, the Secretariat signs
    """
    if (member_until is None) != no_end:
        raise click.UsageError("give either --until DAY or --no-end")
    ends = _day(member_until)
    if not yes:
        with deployment.reading() as connection:
            officers = [one for one in list_officers(connection, party=code) if one.active]
        click.echo(_membership_told(code, ends, len(officers)))
        return

    def perform(at: At) -> None:
        acts.change_membership(
            at.connection,
            CUSTODIAN,
            code,
            member_from=_day(member_from),
            member_until=ends,
            rules=at.rules,
            now=at.now,
        )

    days = {"member-from": day_text(_day(member_from)), "member-until": day_text(ends)}
    act_or_propose(deployment, perform, lambda _at: days, party=code)
    click.echo(f"Party {code}: membership {'has no end' if ends is None else f'ends on {ends}'}")
    _end_sessions_of_former_members(deployment, code)


@click.command("add-domain")
@click.argument("code")
@click.argument("domain")
@pass_deployment
def add_domain(deployment: Deployment, code: str, domain: str) -> None:
    """Give the Party CODE the mail domain DOMAIN. Then let the root certify its administrators for it."""
    added = act_or_propose(
        deployment,
        lambda at: acts.add_domain(at.connection, CUSTODIAN, code, domain, rules=at.rules, now=at.now),
        lambda at: {"domain": acts.party_domain(domain, at.rules)},
        party=code,
    )
    click.echo(f"Party {code} has the mail domain {added}")


@click.command("remove-domain")
@click.argument("code")
@click.argument("domain")
@pass_deployment
def remove_domain(deployment: Deployment, code: str, domain: str) -> None:
    """Take the mail domain DOMAIN, in which no officer has an address any more, from the Party CODE."""
    with acting(deployment) as at:
        acts.remove_domain(at.connection, CUSTODIAN, code, domain, rules=at.rules, now=at.now)
    click.echo(f"Party {code} no longer has the mail domain {domain}")


@click.command()
@click.argument("code")
@click.option("--agreed-on", type=_DAY, help="Day of the agreement.")
@click.option("--none", "nothing", is_flag=True, help="There is no such agreement any more.")
@pass_deployment
def protection(deployment: Deployment, code: str, *, agreed_on: datetime | None, nothing: bool) -> None:
    """Note that the "mutually agreed" protection of confidentiality is agreed with the Party CODE, or is not."""
    if (agreed_on is None) != nothing:
        raise click.UsageError("give either --agreed-on DAY or --none")
    day = _day(agreed_on)
    act_or_propose(
        deployment,
        lambda at: acts.agree_protection(at.connection, CUSTODIAN, code, agreed_on=day, now=at.now),
        lambda _at: {"on": day_text(day)},
        party=code,
    )
    click.echo(f"Party {code}: protection {'not agreed' if day is None else f'agreed on {day}'}")


@click.command("name")
@click.argument("code")
@click.argument("names", nargs=-1, required=True, metavar="LANGUAGE=NAME...")
@pass_deployment
def name_command(deployment: Deployment, code: str, names: tuple[str, ...]) -> None:
    """Set the names of the Party CODE in the six languages.

    \b
    gsp parties name KE en=Kenya fr=Kenya ar=كينيا zh=肯尼亚 ru=Кения es=Kenya
    """
    pairs = dict(one.partition("=")[::2] for one in names)
    if not set(pairs) <= set(LANGUAGES):
        raise click.BadParameter(f"expected LANGUAGE=NAME with {', '.join(LANGUAGES)}")
    with acting(deployment) as at:
        acts.name_party(at.connection, CUSTODIAN, code, pairs, now=at.now)
    click.echo(f"Party {code} has {len(pairs)} names set")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


def _membership_told(code: str, ends: date | None, officers: int) -> str:
    if ends is None:
        return f"would let the membership of {code} go on without an end; repeat with --yes"
    return (
        f"would end the membership of {code} on {ends}: from then on its {officers} active officers and mail to it are "
        "refused; what was accepted before is delivered. Repeat with --yes"
    )


def _end_sessions_of_former_members(deployment: Deployment, code: str) -> None:
    with acting(deployment) as at:
        party = require_party(at.connection, code)
        addresses = [officer.address for officer in list_officers(at.connection, party=code)]
        gone = not party.member_on(at.now.date())
    if gone and addresses:
        end_sessions(deployment.settings, addresses)
