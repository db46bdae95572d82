"""`gsp keys approve-enrolment`: an administrator certifies an officer's certificate and approves it."""

from datetime import UTC, datetime
from pathlib import Path

import click

from forms.identifiers import new_identifier
from gateway.cli.keys.sending import GIVE_OUTPUT, tell, write_or_send
from gateway.cli.officer_options import READABLE, asking_options, officer_errors, read_book, server_options
from gateway.cli.spoken import SpokenCommand, help_text
from gateway.keys.request import KeyAct, KeyRequest
from gateway.officer.key_request import request_mail
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.problem import OfficerProblemError
from gateway.words import Words, phrase
from keyring_admin.certificate_packets import CertificatePackets, dearmored, read_one_certificate
from keyring_admin.certificate_refusal import CertificateError
from keyring_admin.chain.certifying import certify
from keyring_admin.chain.requests import CertificationRequest, RequestKind, grouped
from keyring_admin.directory_error import DirectoryError
from keyring_admin.gnupg_writer import gnupg_home as default_home
from keyring_admin.user_ids import user_id_address

_HELP = help_text(
    "Certify the certificate that a notice brought, with your own key, and approve the enrolment. FILE is the file "
    "attached to the notice. Compare the whole fingerprint with the officer first. Without --output or --send, only "
    "what would be done is told."
)
_EXAMPLE = """\b
gsp keys approve-enrolment officer-0123456789ABCDEF.asc --enrolment 2XD4Q4XCKXGPBWEK3MKZP99AGM \\
    --address alice@customs.example --fingerprint 0123…CDEF --officer wanjiru@customs.example \\
    --address-book directory.json --send gsp.example.org:465"""


@click.command("approve-enrolment", cls=SpokenCommand, help=_HELP, epilog=_EXAMPLE)
@click.argument("file", type=READABLE)
@click.option("--enrolment", required=True, metavar="TEXT", help=help_text("Number of the enrolment."))
@click.option(
    "--address",
    required=True,
    metavar="TEXT",
    help=help_text("Address of the officer: the User ID that holds it is certified, and no other."),
)
@click.option(
    "--fingerprint", required=True, metavar="TEXT", help=help_text("The full fingerprint, as the officer told you.")
)
@click.option(
    "--expire", default="2y", show_default=True, help=help_text("Life of the certification, as GnuPG takes it.")
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
def approve_enrolment(
    file: Path,
    *,
    enrolment: str,
    address: str,
    fingerprint: str,
    expire: str,
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
    """Certify and approve."""
    with officer_errors(words):
        book, keyring, now = read_book(book_file), OfficerKeyring(gnupg_home), datetime.now(UTC)
        own = keyring.own_key(officer, key_fingerprint)
        certificate = _compared(file, fingerprint)
        user_id = _user_id_of(certificate, address)
        click.echo(f"{grouped(certificate.fingerprint)}\n{user_id}", err=True)
        if not (output or send):
            tell(GIVE_OUTPUT, words)
            return
        certified = _certified(certificate, user_id, own, default_home(gnupg_home), expire)
        request = KeyRequest(
            act=KeyAct.APPROVE,
            id=new_identifier(),
            gateway=book.gateway.fingerprint,
            created=now.replace(microsecond=0),
            enrolment=enrolment,
            fingerprint=certificate.fingerprint,
        )
        mail = request_mail(
            request, [certified], officer_address=officer, signer=own, book=book, keyring=keyring, now=now
        )
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


def _compared(file: Path, fingerprint: str) -> CertificatePackets:
    try:
        certificate = read_one_certificate(file.read_bytes())
    except CertificateError:
        raise OfficerProblemError(phrase("{file} is not a certificate", file=str(file))) from None
    # KEY-29: the whole of it, or nothing
    if certificate.fingerprint != "".join(fingerprint.split()).upper() or not certificate.user_ids:
        raise OfficerProblemError(phrase("the certificate in this file has another fingerprint: do not approve it"))
    return certificate


def _user_id_of(certificate: CertificatePackets, address: str) -> str:
    """The first may be somebody else's address: what is certified is a User ID, not a key (KEY-14)."""
    texts = [user_id.decode("utf-8", errors="replace") for user_id in certificate.user_ids]
    for text in texts:
        if user_id_address(text, special_use_domains=True) == address.strip().lower():
            return text
    raise OfficerProblemError(
        phrase("no User ID of the certificate in this file holds the address {address}", address=address)
    )


def _certified(certificate: CertificatePackets, user_id: str, own: str, home: Path, expire: str) -> bytes:
    asked = CertificationRequest(
        kind=RequestKind.OFFICER,
        fingerprint=certificate.fingerprint,
        user_id=user_id,
        party="",
        domains=(),
        certifiers=(own,),
        octets=certificate.octets,
    )
    try:
        return dearmored(certify(home, own, asked, expire=expire))
    except (DirectoryError, CertificateError) as error:
        raise OfficerProblemError(phrase("GnuPG could not certify: {reason}", reason=str(error))) from None
