"""`gsp experts`: the register of experts."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.table import Table

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, console_for_tables, pass_deployment
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.registers import list_expert, unlist_expert
from keyring_admin.experts import Expert, list_experts
from keyring_admin.parties import LANGUAGES


@click.group()
def experts() -> None:
    """The register of experts whom Parties, or the Secretariat, have named."""


@experts.command()
@click.argument("name")
@click.option("--field", required=True, help="What the expert knows about.")
@click.option("--language", "languages", multiple=True, required=True, type=click.Choice(LANGUAGES), help="Repeatable.")
@click.option("--party", help="The Party that named the expert; without, the Secretariat.")
@click.option("--address", help="Mail address.")
@pass_deployment
def add(
    deployment: Deployment,
    name: str,
    *,
    field: str,
    languages: tuple[str, ...],
    party: str | None,
    address: str | None,
) -> None:
    """Put an expert on the register.

    \b
    gsp experts add "Amara Diallo" --party CI --field "tax stamps" --language fr --language en
    """
    with acting(deployment) as at:
        expert = Expert(0, party, name, field, languages, address, since=at.now.date())
        number = list_expert(at.connection, CUSTODIAN, expert, rules=at.rules, now=at.now)
    click.echo(f"expert {number} is on the register")


@experts.command()
@click.argument("number", type=int)
@pass_deployment
def end(deployment: Deployment, number: int) -> None:
    """Take the expert with NUMBER off the register from today on."""
    with acting(deployment) as at:
        unlist_expert(at.connection, CUSTODIAN, number, on=at.now.date(), now=at.now)
    click.echo(f"expert {number} is off the register")


@experts.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_deployment
def list_command(deployment: Deployment, *, as_json: bool) -> None:
    """List the experts on the register today."""
    table = Table("number", "name", "named by", "field", "languages", "address")
    with deployment.reading() as connection:
        found = list_experts(connection, on=datetime.now(UTC).date())
    for one in found:
        if as_json:
            click.echo(json.dumps(asdict(one), default=str, ensure_ascii=False))
            continue
        address = one.contact_address or "-"
        table.add_row(str(one.id), one.name, one.party or "Secretariat", one.field, " ".join(one.languages), address)
    if not as_json:
        console_for_tables().print(table)
