"""`gsp library sign`, for the holders of release keys: on the offline machine of one holder, without a deployment."""

import subprocess
from pathlib import Path

import click

from gateway.cli.library_desk import library_errors
from pattern_rules import load_library

_READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("request", type=_READABLE)
@click.option("--key", required=True, help="Full fingerprint of the release key.")
@click.option(
    "--gnupg-home", type=click.Path(file_okay=False, path_type=Path), help="GnuPG's own default if not given."
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="REQUEST.KEY.sig if not given.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def sign(request: Path, *, key: str, gnupg_home: Path | None, output: Path | None, yes: bool) -> None:
    """Sign a publication REQUEST (library-N.toml) with a release key: the same as `gpg --detach-sign`.

    For the offline machine of one holder. Compare the SHA-256 with the other holder's first.
    """
    with library_errors():
        octets = request.read_bytes()
        library = load_library(octets)
    fingerprint = key.replace(" ", "").upper()
    if len(fingerprint) not in {40, 64} or not set(fingerprint) <= set("0123456789ABCDEF"):
        raise click.BadParameter("expected a full fingerprint", param_hint="--key")
    click.echo(f"Version {library.version}, {len(library.patterns)} patterns, expires {library.expires}")
    click.echo(f"SHA-256 {library.sha256}")
    if not yes:
        click.confirm("Sign it?", abort=True)
    target = output or request.with_name(f"{request.name}.{fingerprint[-8:]}.sig")
    home = ["--homedir", str(gnupg_home)] if gnupg_home is not None else []
    command = ["gpg", *home, "--yes", "--local-user", f"{fingerprint}", "--output", str(target), "--detach-sign"]
    if subprocess.run([*command, str(request)], check=False).returncode != 0:
        raise click.ClickException("gpg did not sign; is this the GnuPG home of the release key?")
    click.echo(f"Signature: {target}")
