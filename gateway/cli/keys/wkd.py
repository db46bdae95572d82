"""`gsp keys wkd`: the Web Key Directory as files, for a web server of one's own."""

from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.context import Deployment, pass_deployment
from gateway.wkd.files import certificates_by_address, wkd_files, write_wkd
from keyring_admin.web_key_directory import WebKeyError


@click.group()
def wkd() -> None:
    """The Web Key Directory: how mail clients find the certificates of the gateway and of the Parties."""


@wkd.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only list what would be published.")
@pass_deployment
def export(deployment: Deployment, folder: Path, *, dry_run: bool) -> None:
    """Write the directory into FOLDER, which holds nothing else: the root of a web server, or a part of it.

    The same files serve both methods of the draft: `https://DOMAIN/.well-known/openpgpkey/` and
    `https://openpgpkey.DOMAIN/.well-known/openpgpkey/DOMAIN/`. Certificates that are no longer in force are removed.

    \b
    gsp keys wkd export /var/www/wkd
    """
    settings = deployment.settings
    with deployment.reading() as connection:
        certificates = certificates_by_address(connection, settings, datetime.now(UTC))
    for address, certificate in sorted(certificates.items()):
        click.echo(f"{address}  {certificate.fingerprint}")
    if dry_run:
        return
    if folder.exists() and any(entry.name != ".well-known" for entry in folder.iterdir()):
        raise click.ClickException(f"{folder} holds something else: choose a folder for these files alone")
    try:
        changed = write_wkd(folder, wkd_files(certificates, settings.gateway.domain))
    except WebKeyError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{len(changed)} files written or removed in {folder}")
