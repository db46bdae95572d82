"""`gsp open`: from a delivered mail, or a whole mailbox, to a readable form."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from forms.text import render_text
from gateway.cli.officer_options import (
    READABLE,
    host_and_port,
    officer_errors,
    officer_options,
    password_from,
    read_book,
    server_options,
)
from gateway.cli.spoken import SpokenCommand, SpokenUsageError, help_text
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.mailbox import MailboxAccess, fetch_mails, folders, logged_in
from gateway.officer.memory import Memory
from gateway.officer.opening import OpenedMail, open_mail
from gateway.officer.problem import OfficerProblemError
from gateway.officer.seal_words import binding_sentence, gateway_sentences, seal_sentences, signer_sentence
from gateway.words import Words, phrase

_HELP = help_text(
    "Decrypt MAILS, check seal, signature and bindings, and show each form in your language. Exit status 1 when a mail "
    "could not be opened or something about it does not hold."
)
_EXAMPLE = """\b
gsp open mail.eml --officer bob@tax.example --address-book directory.json
gsp open --imap gsp.example.org:993 --folder Party/KE --officer bob@tax.example --address-book directory.json"""


@click.command("open", cls=SpokenCommand, help=_HELP, epilog=_EXAMPLE)
@click.argument("mails", nargs=-1, type=READABLE)
@officer_options
@click.option("--imap", metavar="HOST:PORT", help=help_text("Open the mails of an IMAP mailbox instead of files."))
@click.option(
    "--folder", default="INBOX", show_default=True, help=help_text("Folder of the mailbox; `?` lists the folders.")
)
@click.option("--unseen", is_flag=True, help=help_text("Only mails nobody has read yet."))
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    help=help_text("Also write each form as XML, and what the gateway attached, into this folder."),
)
@server_options
def open_command(
    mails: tuple[Path, ...],
    *,
    officer: str,
    gnupg_home: Path | None,
    book_file: Path,
    memory_file: Path,
    words: Words,
    imap: str | None,
    folder: str,
    unseen: bool,
    save: Path | None,
    password_file: Path | None,
    ca: Path | None,
) -> None:
    """Decrypt mails, check them, and show their forms."""
    if bool(mails) == bool(imap):
        raise SpokenUsageError(phrase("give mails as files, or a mailbox with --imap"), words)
    wrong = 0
    with officer_errors(words):
        book, keyring, memory = read_book(book_file), OfficerKeyring(gnupg_home), Memory(memory_file)
        if imap:
            host, port = host_and_port(imap, words)
            access = MailboxAccess(host, port, officer, password_from(password_file, words), ca)
            source = _from_imap(access, folder, unseen=unseen)
        else:
            source = _from_files(mails)
        for name, mail in source:
            click.echo(f"──── {name}")
            try:
                opened = open_mail(
                    mail, book=book, keyring=keyring, memory=memory, own_address=officer, now=datetime.now(UTC)
                )
            except OfficerProblemError as error:
                _tell(words, words.text(phrase("cannot be opened: {reason}", reason=error.sentence)))
                wrong += 1
                continue
            _show(opened, words)
            wrong += bool(opened.warnings)
            if save is not None and opened.form is not None and opened.seal is not None:
                save.mkdir(parents=True, exist_ok=True)
                (save / f"{opened.seal.exchange}-{opened.form.pack}.xml").write_bytes(opened.form.canonical)
            if save is not None and opened.files:
                save.mkdir(parents=True, exist_ok=True)
                for attached in opened.files:
                    (save / attached.name).write_bytes(attached.octets)
    raise SystemExit(1 if wrong else 0)


def _show(opened: OpenedMail, words: Words) -> None:
    for sentence in (
        *gateway_sentences(opened),
        *seal_sentences(opened.seal),
        *signer_sentence(opened.signer, compared=opened.compared),
        *binding_sentence(opened.form),
        *(phrase("WARNING: {warning}", warning=warning) for warning in opened.warnings),
    ):
        _tell(words, words.text(sentence))
    click.echo("")
    if opened.form is not None:
        _tell(words, render_text(opened.form, words.language))
    else:
        for text in opened.texts:
            click.echo(text)


def _tell(words: Words, text: str) -> None:
    click.echo(words.lines(text))


def _from_files(mails: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    for file in mails:
        octets = file.read_bytes()
        # A mail saved on Unix has LF line ends; on the wire and in the mailbox they are CR LF.
        yield str(file), octets if b"\r\n" in octets else octets.replace(b"\n", b"\r\n")


def _from_imap(access: MailboxAccess, folder: str, *, unseen: bool) -> Iterator[tuple[str, bytes]]:
    with logged_in(access) as client:
        if folder == "?":
            for name in folders(client):
                click.echo(name)
            return
        for number, mail in enumerate(fetch_mails(client, folder, unseen_only=unseen), 1):
            yield f"{folder} {number}", mail
