"""How the commands for `keys@` write or send what they composed."""

from pathlib import Path

import click

from gateway.cli.officer_options import host_and_port, password_from
from gateway.keys import KEYS_ADDRESS
from gateway.officer.address_book import AddressBook
from gateway.officer.submitting import submit
from gateway.words import Sentence, Words, phrase

GIVE_OUTPUT = phrase("nothing is written or sent: give --output or --send")


def tell(sentence: Sentence, words: Words) -> None:
    """Say it on standard error."""
    click.echo(words.lines(words.text(sentence)), err=True)


def write_or_send(
    mail: bytes,
    *,
    officer: str,
    book: AddressBook,
    words: Words,
    output: Path | None,
    send: str | None,
    password_file: Path | None,
    ca: Path | None,
) -> None:
    """Both, if both are asked for. Raises OfficerProblemError."""
    if output is not None:
        with click.open_file(str(output), "wb") as file:
            file.write(mail)
    if send is None:
        return
    host, port = host_and_port(send, words)
    reply = submit(
        mail,
        sender=officer,
        recipient=f"{KEYS_ADDRESS}@{book.domain}",
        host=host,
        port=port,
        password=password_from(password_file, words),
        certificate_authority=ca,
    )
    tell(phrase("the gateway answered: {reply}", reply=reply), words)
