"""`gsp upgrade`: bring the database to this version's schema."""

import click

from gateway.cli.context import Deployment, pass_deployment
from gateway.deployment import admit_gateway
from gateway.in_use import InUseError, alone
from gateway.state import SchemaNewerError, upgrade_database
from keyring_admin.gateway_key import GatewayKeyError


@click.command()
@pass_deployment
def upgrade(deployment: Deployment) -> None:
    """Bring the database to this version's schema, with the gateway's certificate in it.

    Make a backup first, then stop the gateway. It refuses while a program runs.

    \b
    gsp --config /srv/gsp/gsp.toml upgrade
    """
    settings = deployment.settings
    try:
        with alone(settings):
            upgrade_database(settings)
            admit_gateway(settings)
    except (GatewayKeyError, InUseError, SchemaNewerError) as error:
        raise click.ClickException(str(error)) from None
    click.echo("the database has this version's schema")
