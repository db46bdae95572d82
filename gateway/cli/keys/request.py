"""`gsp keys request`: composes a request to `keys@`."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from forms.identifiers import new_identifier
from gateway.cli.keys.sending import GIVE_OUTPUT, tell, write_or_send
from gateway.cli.officer_options import READABLE, asking_options, officer_errors, read_book, server_options
from gateway.cli.spoken import SpokenCommand, help_text
from gateway.keys.request import KeyAct, KeyRequest, KeyRequestError, compose_request, parse_request
from gateway.officer.key_request import request_mail
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.problem import OfficerProblemError
from gateway.words import Words, phrase
from keyring_admin.certificate_packets import dearmored
from keyring_admin.certificate_refusal import CertificateError

_HELP = help_text(
    "Compose a request to keys@, signed by you and encrypted to the gateway: to enrol, to renew, replace or revoke a "
    "certificate, to change a password; for administrators to invite, approve, reject, list. Without --output or "
    "--send, only the text of the request is told."
)
_EXAMPLE = """\b
gsp keys request enrol --code k7md-x2qf-9hrt-wz4p --officer alice@customs.example \\
    --address-book directory.json --send gsp.example.org:465"""
_FIELD = help_text("A field of the request.")
_ENCLOSING = frozenset({KeyAct.ENROL, KeyAct.RENEW})
_FIELDS = ("code", "enrolment", "challenge", "fingerprint", "address", "roles", "kind", "receipts")
Command = TypeVar("Command", bound=Callable[..., Any])


def _field_options(command: Command) -> Command:
    for name in reversed(_FIELDS):
        command = click.option(f"--{name}", metavar="TEXT", help=_FIELD)(command)
    return command


@click.command("request", cls=SpokenCommand, help=_HELP, epilog=_EXAMPLE)
@click.argument("act", type=click.Choice([act.value for act in KeyAct]))
@_field_options
@click.option(
    "--certificate",
    "certificates",
    multiple=True,
    type=READABLE,
    help=help_text("Certificate to enclose; your own if the request needs it and none is given."),
)
@click.option(
    "--new-password-file", type=READABLE, help=help_text("File with the new password; asked for if not given.")
)
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
def request_command(
    act: str,
    *,
    certificates: tuple[Path, ...],
    new_password_file: Path | None,
    officer: str,
    gnupg_home: Path | None,
    book_file: Path,
    words: Words,
    key_fingerprint: str | None,
    output: Path | None,
    send: str | None,
    password_file: Path | None,
    ca: Path | None,
    **values: str | None,
) -> None:
    """Compose a request."""
    if not (output or send):
        tell(GIVE_OUTPUT, words)
    with officer_errors(words):
        book, keyring, now = read_book(book_file), OfficerKeyring(gnupg_home), datetime.now(UTC)
        chosen = KeyAct(act)
        if _wants_password(chosen, values):
            values["password"] = _new_password(new_password_file, words)
        request = _checked(
            KeyRequest(
                act=chosen,
                id=new_identifier(),
                gateway=book.gateway.fingerprint,
                created=now.replace(microsecond=0),
                **{name: value for name, value in values.items() if value is not None},
            )
        )
        own = keyring.own_key(officer, key_fingerprint)
        enclosed = [_certificate(file) for file in certificates]
        if not enclosed and chosen in _ENCLOSING:
            enclosed = [keyring.certificate(own) or b""]
        mail = request_mail(request, enclosed, officer_address=officer, signer=own, book=book, keyring=keyring, now=now)
        shown = compose_request(request).splitlines()
        click.echo("\n".join(line for line in shown if not line.startswith("Password:")), err=True)
        write_or_send(
            mail,
            officer=officer,
            book=book,
            words=words,
            output=output,
            send=send,
            password_file=password_file,
            ca=ca,
        )


def _wants_password(act: KeyAct, values: dict[str, str | None]) -> bool:
    """One's own; an administrator who names an officer gets one that the gateway makes."""
    return act is KeyAct.PROVE or (act is KeyAct.PASSWORD and values["address"] is None)


def _new_password(file: Path | None, words: Words) -> str:
    """Of 8 to 128 octets; never from an argument, which others can see."""
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    asked = words.text(phrase("New password"))
    return str(click.prompt(asked, hide_input=True, confirmation_prompt=True, err=True))


def _checked(request: KeyRequest) -> KeyRequest:
    """As the gateway will read it."""
    try:
        return parse_request(compose_request(request))
    except KeyRequestError as error:
        raise OfficerProblemError(phrase("the request is not complete: {reason}", reason=str(error))) from None


def _certificate(file: Path) -> bytes:
    try:
        return dearmored(file.read_bytes())
    except CertificateError:
        raise OfficerProblemError(phrase("{file} is not a certificate", file=str(file))) from None
