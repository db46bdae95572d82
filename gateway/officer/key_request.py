"""A request to `keys@` as a mail: signed by the officer, encrypted to the gateway."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from gateway.keys import KEYS_ADDRESS
from gateway.keys.request import KeyRequest, compose_request
from gateway.officer.address_book import AddressBook
from gateway.officer.asking import encrypted_mail
from gateway.officer.keyring import OfficerKeyring
from gateway.padding import padded
from keyring_admin.openpgp.armor import ArmorKind, enarmor

_SMALLEST_SIZE_CLASS = 8 * 1024


def request_mail(
    request: KeyRequest,
    enclosed: Sequence[bytes],
    *,
    officer_address: str,
    signer: str,
    book: AddressBook,
    keyring: OfficerKeyring,
    now: datetime,
) -> bytes:
    """The mail (RFC 3156 §6.2). enclosed: certificates, binary. signer: full fingerprint.

    Raises OfficerProblemError.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = f"GSP key request {request.act.value}"
    message.set_content(compose_request(request))
    for number, octets in enumerate(enclosed, 1):
        message.add_attachment(
            enarmor(octets, ArmorKind.PUBLIC_KEY),
            maintype="application",
            subtype="pgp-keys",
            filename=f"certificate-{number}.asc",
        )
    message.set_param("hp", "cipher")  # RFC 9788 §2.1
    entity = padded(message.as_bytes(), smallest=_SMALLEST_SIZE_CLASS)
    packets = keyring.sign_and_encrypt(entity, signer=signer, recipients=[book.gateway.fingerprint, signer])
    return encrypted_mail(officer_address, f"{KEYS_ADDRESS}@{book.domain}", packets, now)
