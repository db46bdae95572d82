"""`gsp keys certify`: certify what a request asks for, on the machine that has the key. Needs no deployment."""

from pathlib import Path

import click

from gateway.cli.context import friendly_errors
from gateway.cli.officer_options import READABLE
from keyring_admin.chain.certifying import certify as make_signatures
from keyring_admin.chain.certifying import signatures_for
from keyring_admin.chain.requests import grouped, read_request
from keyring_admin.directory_error import DirectoryError
from keyring_admin.gnupg_writer import gnupg_home as default_home


@click.command("certify")
@click.argument("request", type=READABLE)
@click.option("--key", required=True, help="Full fingerprint of the root, or of the administrator's certificate.")
@click.option(
    "--gnupg-home", type=click.Path(file_okay=False, path_type=Path), help="GnuPG's own default if not given."
)
@click.option("--expire", default="2y", show_default=True, help="Life of the certification, as GnuPG takes it.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where the certificate goes.")
@click.option("--dry-run", is_flag=True, help="Only show what would be signed.")
def certify(
    request: Path, *, key: str, gnupg_home: Path | None, expire: str, output: Path | None, dry_run: bool
) -> None:
    """Certify the User ID that REQUEST names; GnuPG signs, so the key may be on a smartcard.

    \b
    gsp keys certify --key 0123…CDEF request.txt --dry-run
    gsp keys certify --key 0123…CDEF request.txt --output certified.asc
    """
    certifier = key.upper().replace(" ", "")
    with friendly_errors():
        asked = read_request(request.read_bytes())
        wanted = signatures_for(asked, certifier)
        click.echo(f"fingerprint  {grouped(asked.fingerprint)}\nUser ID      {asked.user_id}")
        click.echo(f"as           {asked.kind.value} of {asked.party or 'the Secretariat'}")
        for signature in wanted:
            scope = f"trust signature for {signature.domain}" if signature.domain is not None else "certification"
            click.echo(f"to sign      {scope}, for {expire}")
        if dry_run:
            click.echo("nothing was signed: compare the fingerprint, all of it, then repeat without --dry-run")
            return
        if output is None:
            raise DirectoryError("say with --output where the certified certificate goes")
        output.write_bytes(make_signatures(_home(gnupg_home), certifier, asked, expire=expire))
    click.echo(f"certified; send back {output}")


def _home(chosen: Path | None) -> Path:
    home = default_home(chosen)
    if not home.is_dir():
        raise DirectoryError("there is no such GnuPG home")
    return home
