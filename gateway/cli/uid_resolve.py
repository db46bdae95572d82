"""`gsp uid resolve`: asks `resolve@` whose UIDs these are. The only command about UIDs that sends anything."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import click

from gateway.cli.officer_options import (
    asking_options,
    host_and_port,
    officer_errors,
    password_from,
    read_book,
    server_options,
)
from gateway.cli.spoken import SpokenCommand, help_text
from gateway.officer.asking import TOO_MUCH, question_mail
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.problem import OfficerProblemError
from gateway.officer.submitting import submit
from gateway.resolve import RESOLVE_ADDRESS
from gateway.words import Sentence, Words, phrase

_LIST_OCTETS = 64 * 1024
_HELP = help_text(
    "Ask the gateway (resolve@) whose the UIDs are, by a signed and encrypted mail. The gateway can read the UIDs in "
    "it, in memory, for the time of the answer; `gsp uid explain` asks nobody. The answer comes into your INBOX, where "
    "`gsp open` reads it. UID is the code as printed or scanned, or - for standard input, one a line. Without --output "
    "or --send, only what would be done is told."
)
_EXAMPLE = """\b
gsp uid resolve - --officer alice@customs.example --address-book directory.json \\
    --send gsp.example.org:465 < uids.txt"""


@click.command("resolve", cls=SpokenCommand, help=_HELP, epilog=_EXAMPLE)
@click.argument("uids", metavar="UID...", nargs=-1, required=True)
@click.option("--gs", default=None, metavar="TEXT", help=help_text("TEXT stands for the group separator in UID."))
@asking_options
@click.option(
    "--key",
    "key_fingerprint",
    help=help_text("Your key by its full fingerprint, if your GnuPG has several for your address."),
)
@click.option(
    "--output", type=click.Path(path_type=Path), help=help_text("Write the mail to this file; - is standard output.")
)
@click.option("--send", metavar="HOST:PORT", help=help_text("Send it: submission with implicit TLS."))
@server_options
def resolve_command(
    uids: tuple[str, ...],
    *,
    gs: str | None,
    officer: str,
    gnupg_home: Path | None,
    book_file: Path,
    words: Words,
    key_fingerprint: str | None,
    output: Path | None,
    send: str | None,
    password_file: Path | None,
    ca: Path | None,
) -> None:
    """Ask whose the UIDs are."""
    if not (output or send):
        _tell(phrase("nothing is written or sent: give --output or --send"), words)
    server = host_and_port(send, words) if send else None
    with officer_errors(words):
        book, keyring = read_book(book_file), OfficerKeyring(gnupg_home)
        asked = _octets(uids, gs)
        mail = question_mail(
            asked,
            officer_address=officer,
            officer_fingerprint=keyring.own_key(officer, key_fingerprint),
            book=book,
            keyring=keyring,
            now=datetime.now(UTC),
        )
        count = len(dict.fromkeys(asked))
        _tell(phrase("a question about {count} UIDs, which the gateway can read", count=count), words)
        if output is not None:
            with click.open_file(str(output), "wb") as file:
                file.write(mail)
        if server is not None:
            reply = submit(
                mail,
                sender=officer,
                recipient=f"{RESOLVE_ADDRESS}@{book.domain}",
                host=server[0],
                port=server[1],
                password=password_from(password_file, words),
                certificate_authority=ca,
            )
            _tell(phrase("the gateway answered: {reply}", reply=reply), words)


def _octets(arguments: Sequence[str], gs: str | None) -> list[bytes]:
    """UIDs as octets; `-` stands for the lines of standard input, of which the end of the line is taken off."""
    found: list[bytes] = []
    for argument in arguments:
        if argument != "-":
            found.append(argument.encode("utf-8", "surrogateescape"))
            continue
        octets = cast(BinaryIO, sys.stdin.buffer).read(_LIST_OCTETS + 1)
        if len(octets) > _LIST_OCTETS:
            raise OfficerProblemError(TOO_MUCH)
        found += [line for line in octets.replace(b"\r\n", b"\n").split(b"\n") if line]
    return [uid.replace(gs.encode("utf-8"), b"\x1d") for uid in found] if gs else found


def _tell(sentence: Sentence, words: Words) -> None:
    click.echo(words.lines(words.text(sentence)), err=True)
