"""`gsp seal`: from a form to a sealed mail."""

from datetime import UTC, datetime
from pathlib import Path

import click

from forms.validation import validate
from gateway.cli.officer_options import (
    READABLE,
    host_and_port,
    officer_errors,
    officer_options,
    password_from,
    read_book,
    server_options,
)
from gateway.cli.spoken import SpokenCommand, help_text
from gateway.library.fetching import open_library
from gateway.officer.chain_check import ROOT_FILE, remembered_root, verify_book
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.memory import SENT, Memory, RememberedForm
from gateway.officer.routing import Wish, route_form
from gateway.officer.sealing import Route, SealedMail, seal_form
from gateway.officer.submitting import submit
from gateway.words import Sentence, Words, phrase

_HELP = help_text(
    "Sign a FORM, seal it for a Party, and write or send the mail for the gateway. A query about UIDs goes to the "
    "Party they belong to (--library), an answer to the Party that asked (--reply-to), any other form to the Party you "
    "name (--to). The gateway sees which Party writes to which, never the form. Without --output, --attachments or "
    "--send, only what would be done is told."
)
_EXAMPLE = """\b
gsp seal query.xml --officer alice@customs.example --party KE \\
    --address-book directory.json --library library.toml --send gsp.example.org:465
gsp seal reply.xml --reply-to 01KAH3Z8Y2M4N6P8R0T2V4W6X8 --send gsp.example.org:465
gsp seal seizure.xml --to EU --send gsp.example.org:465"""


@click.command(cls=SpokenCommand, help=_HELP, epilog=_EXAMPLE)
@click.argument("form_file", metavar="FORM", type=READABLE)
@officer_options
@click.option(
    "--key",
    "key_fingerprint",
    help=help_text("Your key by its full fingerprint, if your GnuPG has several for your address."),
)
@click.option(
    "--party", "own_party", required=True, envvar="GSP_PARTY", help=help_text("Code of your own Party (or GSP_PARTY).")
)
@click.option(
    "--library", "library_file", type=READABLE, help=help_text("The pattern library; needed for a query about UIDs.")
)
@click.option(
    "--reply-to", "exchange", help=help_text("Exchange id of the form this one answers; `gsp open` shows it.")
)
@click.option(
    "--to",
    "receiver",
    metavar="PARTY",
    help=help_text("Code of the Party it is for, where neither UIDs nor an exchange tell."),
)
@click.option(
    "--declare-uids", is_flag=True, help=help_text("Tell the gateway how many UIDs are asked about, for statistics.")
)
@click.option(
    "--receipt",
    is_flag=True,
    help=help_text("Ask for a receipt once the mail is in the Party's mailbox; it says nothing about reading."),
)
@click.option(
    "--output", type=click.Path(path_type=Path), help=help_text("Write the mail to this file; - is standard output.")
)
@click.option(
    "--attachments",
    type=click.Path(file_okay=False, path_type=Path),
    help=help_text("Write slip.asc and body.asc into this folder, to attach them to an empty mail to query@ by hand."),
)
@click.option("--send", metavar="HOST:PORT", help=help_text("Send it: submission with implicit TLS."))
@server_options
def seal(
    form_file: Path,
    *,
    officer: str,
    gnupg_home: Path | None,
    book_file: Path,
    memory_file: Path,
    words: Words,
    key_fingerprint: str | None,
    own_party: str,
    library_file: Path | None,
    exchange: str | None,
    receiver: str | None,
    declare_uids: bool,
    receipt: bool,
    output: Path | None,
    attachments: Path | None,
    send: str | None,
    password_file: Path | None,
    ca: Path | None,
) -> None:
    """Sign a form, seal it, and write or send the mail."""
    if not (output or attachments or send):
        _tell(phrase("nothing is written or sent: give --output, --attachments or --send"), words)
    server = host_and_port(send, words) if send else None
    with officer_errors(words):
        form = validate(form_file.read_bytes())
        book, keyring, memory = read_book(book_file), OfficerKeyring(gnupg_home), Memory(memory_file)
        own_fingerprint = keyring.own_key(officer, key_fingerprint)
        book.party(own_party)
        now = datetime.now(UTC)
        library = open_library(library_file) if library_file is not None else None
        route = route_form(form, Wish(own_party, exchange, receiver, library), book, memory, today=now.date())
        root = remembered_root(ROOT_FILE)
        if root is not None:
            verify_book(book, root, now, only=route.receiver)
        sealed = seal_form(
            form,
            route,
            officer_address=officer,
            officer_fingerprint=own_fingerprint,
            book=book,
            keyring=keyring,
            declare_uids=declare_uids,
            receipt=receipt,
            now=now,
        )
        _write(sealed, output, attachments)
        if output or attachments or send:
            memory.remember(
                RememberedForm(
                    digest=sealed.form_digest,
                    exchange=sealed.exchange,
                    pack=form.pack,
                    requesting_party=route.requesting_party,
                    requested_party=route.requested_party,
                    direction=SENT,
                    seen_at=now,
                    body_sha256=sealed.body_sha256,
                    query_sha256=route.query.digest if route.query is not None else None,
                )
            )
        _tell(_sealed_for(route, sealed.exchange), words)
        if server is not None:
            reply = submit(
                sealed.mail,
                sender=officer,
                recipient=f"query@{book.domain}",
                host=server[0],
                port=server[1],
                password=password_from(password_file, words),
                certificate_authority=ca,
            )
            _tell(phrase("the gateway answered: {reply}", reply=reply), words)


def _sealed_for(route: Route, exchange: str) -> Sentence:
    if route.pattern_id is None:
        return phrase("sealed for {party}; exchange {exchange}", party=route.receiver, exchange=exchange)
    return phrase(
        "sealed for {party}, by pattern {pattern} of library {version}; exchange {exchange}",
        party=route.requested_party,
        pattern=route.pattern_id,
        version=str(route.library_version),
        exchange=exchange,
    )


def _tell(sentence: Sentence, words: Words) -> None:
    click.echo(words.lines(words.text(sentence)), err=True)


def _write(sealed: SealedMail, output: Path | None, attachments: Path | None) -> None:
    if output is not None:
        with click.open_file(str(output), "wb") as file:
            file.write(sealed.mail)
    if attachments is not None:
        attachments.mkdir(parents=True, exist_ok=True)
        (attachments / "slip.asc").write_bytes(sealed.slip)
        (attachments / "body.asc").write_bytes(sealed.body)
