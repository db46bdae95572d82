"""`gsp authorities`: the competent authorities of the Parties, by Article of the Protocol."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.table import Table

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.registers import notify_authority
from keyring_admin.authorities import ARTICLES, Authority, authorities_of


@click.group()
def authorities() -> None:
    """Whom each Party has designated, and for what: Articles 8.8, 20 to 24 and 26 to 30."""


@authorities.command()
@click.argument("party")
@click.argument("article", type=click.Choice(ARTICLES))
@click.option("--name", help="The authority.")
@click.option("--not-designated", is_flag=True, help="The Party said that it has designated nobody.")
@click.option("--contact", help="Name of the contact point.")
@click.option("--address", help="Its mail address.")
@click.option("--telephone", help="Its telephone number.")
@click.option(
    "--governmental/--not-governmental",
    default=None,
    help="Declared to be of the State, neither of the tobacco industry nor on its behalf, or declared not to be.",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Day of the notification; today if not given.")
@pass_deployment
def notify(
    deployment: Deployment,
    party: str,
    article: str,
    *,
    name: str | None,
    not_designated: bool,
    contact: str | None,
    address: str | None,
    telephone: str | None,
    governmental: bool | None,
    since: datetime | None,
) -> None:
    """Note what the PARTY has notified for an ARTICLE; the notification before is kept with its last day.

    \b
    gsp authorities notify KE 8.8 --name "Revenue Authority" \\
      --contact "Desk" --address desk@customs.example --governmental
    gsp authorities notify KE 28 --not-designated
    """
    if bool(name) == not_designated:
        raise click.UsageError("give either --name or --not-designated")
    with acting(deployment) as at:
        authority = Authority(
            party=party,
            article=article,
            designated=not not_designated,
            since=since.date() if since is not None else at.now.date(),
            name=name,
            contact_name=contact,
            contact_address=address,
            contact_telephone=telephone,
            governmental=governmental,
        )
        notify_authority(at.connection, CUSTODIAN, authority, rules=at.rules, now=at.now)
    click.echo(f"Party {party}, Article {article}: {'not designated' if not_designated else 'designated'}")


@authorities.command("list")
@click.option("--party", help="Only those of this Party.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_deployment
def list_command(deployment: Deployment, party: str | None, *, as_json: bool) -> None:
    """List what was notified. An Article that is missing here is not known: nothing was notified."""
    today = datetime.now(UTC).date()
    table = Table("Party", "Article", "authority", "contact point", "governmental", "since")
    with deployment.reading() as connection:
        found = authorities_of(connection, party, on=today)
    for one in found:
        if as_json:
            click.echo(json.dumps(asdict(one), default=str, ensure_ascii=False))
            continue
        contact = "\n".join(
            text for text in (one.contact_name, one.contact_address, one.contact_telephone) if text is not None
        )
        declared = {True: "declared", False: "NO", None: "not declared"}[one.governmental]
        name = one.name or "-" if one.designated else "not designated"
        table.add_row(one.party, one.article, name, contact or "-", declared, str(one.since))
    if not as_json:
        console_for_tables().print(table)
