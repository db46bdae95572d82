"""`gsp upgrade`: bring the database to this version's schema."""

import click

from gateway.cli.context import Deployment, pass_deployment
from gateway.state import upgrade_database


@click.command()
@pass_deployment
def upgrade(deployment: Deployment) -> None:
    """Bring the database to this version's schema. Stop the gateway and make a copy of the folder first.

    \b
    gsp --config /srv/gsp/gsp.toml upgrade
    """
    upgrade_database(deployment.settings)
    click.echo("the database has this version's schema")
