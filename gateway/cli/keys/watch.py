"""`gsp keys watch`: a Party is told of any change to its own entry, and of a key log that was rewritten.

Exit codes, for cron: 0 nothing new; 1 refused; 3 the own entry has changed; 4 something is wrong with the log.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.context import friendly_errors
from gateway.cli.keys.log import EXIT_BROKEN, READABLE, read_log_file, root_option, tell_findings
from gateway.library.files import replace_file
from gateway.officer.address_book import load_address_book
from gateway.officer.problem import OfficerProblemError
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.exported import ExportedLog
from keyring_admin.key_log.verification import verify_log
from keyring_admin.key_log.watching import Seen, read_seen, watch, write_seen

EXIT_CHANGED = 3


@click.command("watch")
@click.argument("party")
@click.option("--export", "export_file", type=READABLE, required=True, help="A fresh export of the key log.")
@click.option(
    "--seen",
    "seen_file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="What you saw last; made the first time. Keep it, and a copy, on a machine of your own.",
)
@click.option("--address-book", type=READABLE, help="What officers are given: its certificates must be in the log.")
@root_option
def watch_command(
    party: str, *, export_file: Path, seen_file: Path, address_book: Path | None, root: str | None
) -> None:
    """Tell the PARTY of any change to its own entry since last time, and whether the log continues the one seen then.

    The first time, --root names the root certificate from paper; it is remembered. Run it where the gateway cannot
    reach: everything is in the file.

    \b
    gsp keys watch KE --export key-log.jsonl --seen seen.json --root FINGERPRINT
    """
    with friendly_errors():
        log = read_log_file(export_file)
        seen = _seen(seen_file, party, root, log)
        verified = verify_log(log, seen.root, now=datetime.now(UTC))
        watched = watch(log, seen, _told(address_book, party))
    tell_findings(verified)
    for problem in watched.rewritten:
        click.echo(f"WRONG: {problem}", err=True)
    for fingerprint in watched.unknown:
        click.echo(f"WRONG {party}: officers are told to encrypt to {fingerprint}: the log does not have it", err=True)
    for sequence, act, subject in watched.changes:
        click.echo(f"entry {sequence}: {act} {subject}".rstrip())
    if verified.findings or watched.rewritten or watched.unknown:
        click.echo("do not use what the gateway says of you; ask the Secretariat, by another way", err=True)
        sys.exit(EXIT_BROKEN)
    replace_file(seen_file, write_seen(watched.seen).encode("utf-8"))
    if watched.changes:
        click.echo(
            f"{len(watched.changes)} changes to the entry of {party}: if you did not ask for them, tell the Secretariat"
        )
        sys.exit(EXIT_CHANGED)
    click.echo(f"nothing has changed for {party}; the log has {verified.entries} entries")


def _seen(file: Path, party: str, root: str | None, log: ExportedLog) -> Seen:
    if not file.exists():
        if root is None and log.header.root is not None:
            raise DirectoryError("the first time, give --root with the fingerprint of the root certificate from paper")
        return Seen(party, log.header.gateway, root)
    seen = read_seen(file.read_text(encoding="utf-8"))
    if seen.party != party:
        raise DirectoryError("the file of --seen is another Party's")
    if root is not None and root != seen.root:
        # A new root comes on paper, like the first one: who runs this says so.
        return Seen(seen.party, seen.gateway, root, seen.sequence, seen.hash)
    return seen


def _told(address_book: Path | None, party: str) -> frozenset[str]:
    if address_book is None:
        return frozenset()
    try:
        book = load_address_book(address_book.read_bytes())
        return frozenset(certificate.fingerprint for certificate in book.party(party).certificates)
    except OfficerProblemError:
        raise DirectoryError("the address book cannot be read, or does not have the Party") from None
