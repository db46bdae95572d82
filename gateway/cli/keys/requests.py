"""`gsp keys request-certification`: the file that goes to the root's offline machine or to an administrator."""

from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.context import Deployment, friendly_errors, pass_deployment
from gateway.directory_rules import directory_rules
from keyring_admin.chain.requesting import request_for
from keyring_admin.chain.requests import grouped, write_request


@click.command("request-certification")
@click.argument("address")
@click.option(
    "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where the request is written."
)
@pass_deployment
def request_certification(deployment: Deployment, address: str, output: Path) -> None:
    """Write the request to certify the certificate behind ADDRESS: an officer's, or a Party's at the gateway.

    \b
    gsp keys request-certification admin@customs.example --output request.txt
    """
    with friendly_errors(), deployment.reading() as connection:
        request = request_for(connection, address, rules=directory_rules(deployment.settings), now=datetime.now(UTC))
        output.write_bytes(write_request(request))
    click.echo(f"{request.kind.value}  {grouped(request.fingerprint)}")
    for fingerprint in request.certifiers:
        click.echo(f"to be certified by {grouped(fingerprint)}")
    if not request.certifiers:
        click.echo("nobody may certify it yet: appoint an administrator with `gsp administrators appoint`")
    click.echo(f"request in {output}; its first lines say what to do")
