"""`gsp upgrade`: bring the database to this version's schema."""

import click

from gateway.cli.context import Deployment, pass_deployment
from gateway.deployment import admit_gateway
from gateway.state import upgrade_database
from keyring_admin.gateway_key import GatewayKeyError


@click.command()
@pass_deployment
def upgrade(deployment: Deployment) -> None:
    """Bring the database to this version's schema, with the gateway's certificate in it.

    Stop the gateway and make a copy of the folder first.

    \b
    gsp --config /srv/gsp/gsp.toml upgrade
    """
    settings = deployment.settings
    upgrade_database(settings)
    try:
        admit_gateway(settings)
    except GatewayKeyError as error:
        raise click.ClickException(str(error)) from None
    click.echo("the database has this version's schema")
