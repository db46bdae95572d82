"""`gsp open`: from a delivered mail, or a whole mailbox, to a readable form."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from forms.text import render_text
from gateway.cli.officer_options import (
    READABLE,
    officer_errors,
    officer_options,
    password_from,
    read_book,
    server_options,
)
from gateway.notices import LANGUAGES
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.mailbox import MailboxAccess, fetch_mails, folders, logged_in
from gateway.officer.memory import Memory
from gateway.officer.opening import OpenedMail, open_mail
from gateway.officer.problem import OfficerProblemError


@click.command("open")
@click.argument("mails", nargs=-1, type=READABLE)
@officer_options
@click.option("--imap", metavar="HOST:PORT", help="Open the mails of an IMAP mailbox instead of files.")
@click.option("--folder", default="INBOX", show_default=True, help="Folder of the mailbox; `?` lists the folders.")
@click.option("--unseen", is_flag=True, help="Only mails nobody has read yet.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language to read in.")
@click.option(
    "--save", type=click.Path(file_okay=False, path_type=Path), help="Also write each form as XML into this folder."
)
@server_options
def open_command(
    mails: tuple[Path, ...],
    *,
    officer: str,
    gnupg_home: Path | None,
    book_file: Path,
    memory_file: Path,
    imap: str | None,
    folder: str,
    unseen: bool,
    language: str,
    save: Path | None,
    password_file: Path | None,
    ca: Path | None,
) -> None:
    """Decrypt MAILS, check seal, signature and bindings, and show each form in your language.

    Exit status 1 when a mail could not be opened or something about it does not hold.

    \b
    gsp open mail.eml --officer bob@tax.example --address-book directory.json
    gsp open --imap gsp.example.org:993 --folder KE/INBOX --officer bob@tax.example --address-book directory.json
    """
    if bool(mails) == bool(imap):
        raise click.UsageError("give mails as files, or a mailbox with --imap")
    wrong = 0
    with officer_errors():
        book, keyring, memory = read_book(book_file), OfficerKeyring(gnupg_home), Memory(memory_file)
        source = _from_imap(imap, officer, folder, unseen, password_file, ca) if imap else _from_files(mails)
        for name, mail in source:
            click.echo(f"──── {name}")
            try:
                opened = open_mail(
                    mail, book=book, keyring=keyring, memory=memory, own_address=officer, now=datetime.now(UTC)
                )
            except OfficerProblemError as error:
                click.echo(f"cannot be opened: {error}")
                wrong += 1
                continue
            _show(opened, language)
            wrong += bool(opened.warnings)
            if save is not None and opened.form is not None and opened.seal is not None:
                save.mkdir(parents=True, exist_ok=True)
                (save / f"{opened.seal.exchange}-{opened.form.pack}.xml").write_bytes(opened.form.canonical)
    raise SystemExit(1 if wrong else 0)


def _show(opened: OpenedMail, language: str) -> None:
    seal = opened.seal
    if seal is not None:
        click.echo(f"{seal.message_class} from {seal.sending_party} to {seal.receiving_party}, {seal.mode}")
        click.echo(f"exchange   {seal.exchange}")
        click.echo(f"accepted   {seal.sealed_at:%Y-%m-%d %H:%M:%S} UTC by the gateway, {len(seal.rules_passed)} rules")
    if opened.signer is not None:
        how = "in your keyring" if opened.compared else "vouched for by the gateway only: compare the fingerprint"
        click.echo(f"signed by  {opened.signer} ({how})")
    if opened.form is not None and opened.form.bindings is None:
        click.echo("binding    none: an ordinary mail client wrote it; only the seal ties it to this exchange")
    for warning in opened.warnings:
        click.echo(f"WARNING    {warning}")
    click.echo("")
    if opened.form is not None:
        click.echo(render_text(opened.form, language))
    else:
        for text in opened.texts:
            click.echo(text)


def _from_files(mails: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    for file in mails:
        octets = file.read_bytes()
        # A mail saved on Unix has LF line ends; on the wire and in the mailbox they are CR LF.
        yield str(file), octets if b"\r\n" in octets else octets.replace(b"\n", b"\r\n")


def _from_imap(
    imap: str, officer: str, folder: str, unseen: bool, password_file: Path | None, ca: Path | None
) -> Iterator[tuple[str, bytes]]:
    host, _, port = imap.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter("expected HOST:PORT, such as gsp.example.org:993", param_hint="--imap")
    access = MailboxAccess(host, int(port), officer, password_from(password_file), ca)
    with logged_in(access) as client:
        if folder == "?":
            for name in folders(client):
                click.echo(name)
            return
        for number, mail in enumerate(fetch_mails(client, folder, unseen_only=unseen), 1):
            yield f"{folder} {number}", mail
