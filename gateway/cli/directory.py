"""`gsp directory`: the address book for officers' tools."""

from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.context import Deployment, pass_deployment
from gateway.cli.officer_options import READABLE, language_option, officer_errors, read_book
from gateway.cli.spoken import SpokenCommand, SpokenGroup, help_text
from gateway.directory_export import address_book
from gateway.officer.address_book import dump_address_book
from gateway.officer.chain_check import ROOT_FILE, read_root, remember_root, remembered_root, verify_book
from gateway.officer.keyring import OfficerKeyring
from gateway.words import Words, phrase


@click.group(
    cls=SpokenGroup,
    help=help_text("The address book for officers' tools: the gateway and the Parties, with their certificates."),
)
def directory() -> None:
    """The address book."""


@directory.command(
    help=help_text(
        "Print the address book as JSON: the gateway, the Parties, their reading certificates in force; no officers."
    ),
    epilog="gsp directory export > directory.json",
)
@pass_deployment
def export(deployment: Deployment) -> None:
    """What officers' tools need."""
    with deployment.reading() as connection:
        book = address_book(connection, deployment.settings, datetime.now(UTC))
    click.echo(dump_address_book(book), nl=False)


_HELP = help_text("Import the certificates of an address book into your GnuPG, after you compared the fingerprints.")
_EXAMPLE = """\b
gsp directory import directory.json
gsp directory import directory.json --yes"""


@directory.command("import", cls=SpokenCommand, help=_HELP, epilog=_EXAMPLE)
@click.argument("file", type=READABLE)
@click.option(
    "--gnupg-home",
    type=click.Path(file_okay=False, path_type=Path),
    help=help_text("GnuPG's own default if not given."),
)
@click.option(
    "--root",
    help=help_text(
        "Full fingerprint of the root certificate, from your printed list: the chain then verifies the others."
    ),
)
@click.option("--yes", is_flag=True, help=help_text("Import; without, only show the fingerprints to compare."))
@language_option
def import_command(file: Path, *, gnupg_home: Path | None, root: str | None, yes: bool, words: Words) -> None:
    """Import the certificates of an address book."""
    with officer_errors(words):
        book = read_book(file)
        from_paper = read_root(root) if root is not None else remembered_root(ROOT_FILE)
        if from_paper is not None:
            verify_book(book, from_paper, datetime.now(UTC))
            told = phrase(
                "the chain from the root {root} carries every certificate of a Party; compare the gateway's yourself",
                root=from_paper,
            )
            click.echo(words.lines(words.text(told)))
        entries = [("gateway", book.gateway)]
        entries += [(party.address, certificate) for party in book.parties for certificate in party.certificates]
        for name, certificate in entries:
            digits = certificate.fingerprint
            click.echo(f"{name:28} {' '.join(digits[start : start + 4] for start in range(0, len(digits), 4))}")
        if not yes:
            told = phrase(
                "nothing was imported: compare each fingerprint with the printed list, then repeat with --yes"
            )
            click.echo(words.lines(words.text(told)))
            return
        keyring = OfficerKeyring(gnupg_home)
        for _name, certificate in entries:
            keyring.import_certificate(certificate.armor, certificate.fingerprint)
        if from_paper is not None:
            remember_root(ROOT_FILE, from_paper)
        told = phrase("certificates that are in your keyring now: {count}", count=len(entries))
        click.echo(words.lines(words.text(told)))
