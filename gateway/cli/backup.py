"""`gsp backup` and `gsp restore`: a copy of the whole deployment while it runs, and the way back."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO

import click

from gateway.backup.collecting import files_elsewhere
from gateway.backup.destination import whole_file
from gateway.backup.manifest import Manifest
from gateway.backup.problem import BackupError
from gateway.backup.restoring import check_backup, restore_backup
from gateway.backup.writing import write_backup
from gateway.cli.context import Deployment, pass_deployment

_PLAIN_WARNING = (
    "WARNING: this file holds the gateway's SECRET KEYS, its TLS key and officers' password hashes in the clear.\n"
    "Whoever gets it can open every routing slip. Encrypt it (--to) or lock it away like the keys themselves."
)
_NO_ROOT = "run it as the account that owns the deployment, not as root: files would belong to root"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--to",
    "certificate",
    metavar="CERTIFICATE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Encrypt to this OpenPGP certificate, whose secret key is kept elsewhere. Recommended.",
)
@click.option("--plain", is_flag=True, help="In the clear, with the gateway's secret keys in it.")
@pass_deployment
def backup(deployment: Deployment, file: Path, certificate: Path | None, plain: bool) -> None:
    """Copy the whole deployment into FILE, also while the gateway runs.

    Configuration, keys, TLS, library, database and mailboxes, as of about one moment. FILE appears whole or not at all.

    \b
    gsp --config /srv/gsp/gsp.toml backup --to backup-key.asc /backups/gsp-monday.tar.gpg
    """
    if (certificate is None) is not plain:
        raise click.UsageError(
            "choose --to CERTIFICATE, or --plain: the copy holds the gateway's secret keys, and --plain leaves them "
            "in the clear"
        )
    if os.geteuid() == 0:
        raise click.ClickException(_NO_ROOT)
    settings = deployment.settings
    file = file.absolute()
    if file.is_relative_to(settings.folder):
        raise click.ClickException(f"{file} lies in the deployment's folder: a backup belongs somewhere else")
    with _friendly(), whole_file(file, certificate) as sink:
        manifest = write_backup(settings, sink, _tell)
    click.echo(f"{file}: {_described(manifest)}")
    for path in files_elsewhere(settings):
        click.echo(f"not in it, because it lies outside of the deployment's folder: {path}", err=True)
    if plain:
        click.echo(_PLAIN_WARNING, err=True)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only read and check the backup; DIR is not touched.")
def restore(file: Path, folder: Path, dry_run: bool) -> None:
    """Make a deployment in DIR, which is empty or does not exist, out of a backup. FILE may be - for standard input.

    \b
    gpg --decrypt gsp-monday.tar.gpg | gsp restore - /srv/gsp
    gsp restore gsp-monday.tar /srv/gsp --dry-run
    """
    if os.geteuid() == 0:
        raise click.ClickException(_NO_ROOT)
    with _friendly(), _source(file) as source:
        if dry_run:
            checked = check_backup(source)
            _read_to_the_end(source)
            click.echo(f"good: {_described(checked)}")
            return
        restored = restore_backup(source, folder)
        _read_to_the_end(source)
    manifest, settings = restored.manifest, folder.absolute() / "gsp.toml"
    steps = [f"gsp --config {settings} config check"]
    if restored.upgrade_needed:
        steps.append(f"gsp --config {settings} upgrade")
    steps += [
        "repeat what was suspended or withdrawn after the backup: gsp officers, gsp parties",
        f"put the pattern library in force now in place of {settings.parent / 'library.toml'}, if it is newer",
        "make sure that the lost machine does not come back: two gateways with one key must not run",
        f"gsp --config {settings} serve",
    ]
    click.echo(f"restored {_described(manifest)}, into {settings.parent}")
    click.echo(
        f"What was accepted after {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC is not in it. {restored.uncertain} "
        "mails, notices and deliveries waited then; each is looked for in its mailbox before it is delivered."
    )
    click.echo("Next:\n" + "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1)))


def _tell(part: str, files: int, octets: int) -> None:
    click.echo(f"  {part}: {files} files, {octets / (1 << 20):.1f} MiB", err=True)


def _described(manifest: Manifest) -> str:
    octets = sum(entry.size for entry in manifest.files)
    return (
        f"a backup of the gateway of {manifest.domain}, made {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC by version "
        f"{manifest.version}, {len(manifest.files)} files, {octets / (1 << 20):.1f} MiB"
    )


def _source(file: Path) -> "nullcontext[IO[bytes]] | IO[bytes]":
    return nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb")


def _read_to_the_end(source: IO[bytes]) -> None:
    """So that who decrypts into our pipe ends well, and says so."""
    while source.read(1 << 20):
        continue


@contextmanager
def _friendly() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise click.ClickException(str(error)) from None
