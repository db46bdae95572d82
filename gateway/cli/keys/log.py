"""`gsp keys log`: the key log, read, exported, verified and countersigned.

Exit codes: 0 good; 1 refused; 4 the log is not what it says, or does not carry what it needs.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from gateway.cli.acting import acting
from gateway.cli.context import Deployment, console_for_tables, friendly_errors, pass_deployment
from gateway.library.files import replace_file
from keyring_admin.acts.statements import write_head
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.exported import FILE_LIMIT, ExportedLog, read_export, write_export
from keyring_admin.key_log.exporting import export_log
from keyring_admin.key_log.heads import countersign, head_to_sign
from keyring_admin.key_log.log import entries
from keyring_admin.key_log.verification import Verified, verify_log

EXIT_BROKEN = 4
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


def fingerprint_from_paper(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """A full fingerprint, as people copy it: spaces and lower case do not matter."""
    if value is None:
        return None
    digits = "".join(value.split()).upper()
    if len(digits) not in {40, 64} or any(digit not in "0123456789ABCDEF" for digit in digits):
        raise click.BadParameter("expected the full fingerprint from paper, 40 hexadecimal digits")
    return digits


root_option = click.option(
    "--root", callback=fingerprint_from_paper, help="Full fingerprint of the root certificate, from paper."
)


@click.group()
def log() -> None:
    """The key log: every change to the directory, append-only, hash-chained, countersigned by Parties."""


@log.command("list")
@click.option("--party", help="Only what concerns this Party.")
@click.option("--after", type=click.IntRange(min=0), default=0, show_default=True, help="Entries after this number.")
@pass_deployment
def list_command(deployment: Deployment, party: str | None, after: int) -> None:
    """List the entries, the newest last."""
    table = Table("entry", "at (UTC)", "act", "Party", "by", "certificate", "details")
    with deployment.reading() as connection:
        for one in entries(connection, after=after, party=party):
            table.add_row(
                str(one.sequence),
                f"{one.at:%Y-%m-%d %H:%M:%S}",
                one.act,
                one.party or "-",
                one.actor,
                one.subject or "-",
                one.details,
            )
    console_for_tables().print(table)


@log.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write into this file instead.")
@click.option("--party", help="With all evidence that concerns this Party: it names officers. For that Party only.")
@pass_deployment
def export(deployment: Deployment, *, output: Path | None, party: str | None) -> None:
    """Export the key log as JSON lines that anybody can verify without this gateway.

    \b
    gsp keys log export > key-log.jsonl
    gsp keys log verify key-log.jsonl --root FINGERPRINT
    """
    special = deployment.settings.gateway.special_use_domains
    with friendly_errors(), deployment.reading() as connection:
        exported = export_log(connection, special_use_domains=special, now=datetime.now(UTC), party=party)
    lines = write_export(exported)
    if output is None:
        for line in lines:
            click.echo(line)
    else:
        replace_file(output, "".join(f"{line}\n" for line in lines).encode("utf-8"))
        click.echo(f"{len(exported.entries)} entries in {output}")


@log.command()
@click.argument("file", type=READABLE)
@root_option
def verify(file: Path, root: str | None) -> None:
    """Verify an exported key log, without the gateway and its database.

    With --root also that every act that needs signatures has them, by people the root had certified, and that all mail
    goes to certificates that the log has and the chain carries.

    \b
    gsp keys log verify key-log.jsonl --root "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567"
    """
    with friendly_errors():
        verified = verify_log(read_log_file(file), root, now=datetime.now(UTC))
    tell_findings(verified)
    click.echo(f"{verified.entries} entries, head {verified.head}")
    click.echo(f"countersigned by: {', '.join(verified.countersigned_by) or 'nobody yet'}")
    if verified.withheld:
        click.echo(f"{verified.withheld} entries rest on requests that name officers and are not in this file")
    if root is None:
        click.echo("no --root: only the hash chain and the countersigned heads were verified", err=True)
    if verified.findings:
        sys.exit(EXIT_BROKEN)


@log.command()
@pass_deployment
def head(deployment: Deployment) -> None:
    """Print the statement about the newest head, for an administrator of a Party to sign.

    \b
    gsp keys log head > head.txt
    gpg --armor --sign head.txt
    gsp keys log countersign head.txt.asc
    """
    with acting(deployment) as at:
        statement = write_head(head_to_sign(at.connection))
    click.echo(statement.decode("utf-8"), nl=False)


@log.command("countersign")
@click.argument("file", type=READABLE)
@pass_deployment
def countersign_command(deployment: Deployment, file: Path) -> None:
    """Keep a head that an administrator of a Party has signed: from then on nobody can show another past unseen."""
    with acting(deployment) as at:
        party, signed = countersign(at.connection, file.read_bytes(), now=at.now)
    click.echo(f"Party {party} has countersigned the key log up to entry {signed.sequence}")


def read_log_file(file: Path) -> ExportedLog:
    """An exported log. Raises DirectoryError."""
    if file.stat().st_size > FILE_LIMIT:
        raise DirectoryError("the exported key log is too large")
    with _text_lines(file) as lines:
        return read_export(lines)


def tell_findings(verified: Verified) -> None:
    """One line each, on standard error."""
    for finding in verified.findings:
        place = " ".join(
            part for part in (f"entry {finding.sequence}" if finding.sequence else "", finding.party or "") if part
        )
        click.echo(f"WRONG {place}: {finding.text}" if place else f"WRONG: {finding.text}", err=True)


@contextmanager
def _text_lines(file: Path) -> Iterator[Iterator[str]]:
    with file.open(encoding="utf-8", errors="strict", newline="\n") as stream:
        try:
            yield iter(stream)
        except UnicodeDecodeError:
            raise DirectoryError("the exported key log is not UTF-8") from None
