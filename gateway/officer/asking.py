"""A question to `resolve@`: whose UIDs are these? Signed by the officer, encrypted to the gateway, which reads it.

For what the officer's own copy of the library cannot say; `gsp uid explain` asks nobody.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from forms.entries import Entry, compose
from forms.pack import core_shelf
from forms.uids import encode_uid
from gateway.mail_header import date_value, header_block
from gateway.officer.address_book import AddressBook
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.problem import OfficerProblemError
from gateway.padding import padded
from gateway.resolve import RESOLVE_ADDRESS
from gateway.resolve.question import UID_OCTETS_MAXIMUM, UIDS_MAXIMUM
from gateway.words import phrase
from keyring_admin.openpgp.armor import enarmor

_SMALLEST_SIZE_CLASS = 8 * 1024  # a question about fifty UIDs looks like one about a single one

TOO_MUCH = phrase(
    "a question holds 1 to {count} UIDs of at most {octets} octets", count=UIDS_MAXIMUM, octets=UID_OCTETS_MAXIMUM
)


def question_mail(
    uids: Sequence[bytes],
    *,
    officer_address: str,
    officer_fingerprint: str,
    book: AddressBook,
    keyring: OfficerKeyring,
    now: datetime,
) -> bytes:
    """The mail, PGP/MIME (RFC 3156 §6.2), with a form `uid-resolve` in it, so that every octet of a UID survives.

    uids: 1 to 50, each of 1 to 128 octets. Raises OfficerProblemError.
    """
    asked = tuple(dict.fromkeys(uids))
    if not 1 <= len(asked) <= UIDS_MAXIMUM or not all(1 <= len(uid) <= UID_OCTETS_MAXIMUM for uid in asked):
        raise OfficerProblemError(TOO_MUCH)
    message = keyring.sign_and_encrypt(
        _entity(asked), signer=officer_fingerprint, recipients=[book.gateway.fingerprint, officer_fingerprint]
    )
    return encrypted_mail(officer_address, f"{RESOLVE_ADDRESS}@{book.domain}", message, now)


def _entity(uids: Sequence[bytes]) -> bytes:
    entries = [Entry(f"uid[{number}]", encode_uid(uid)) for number, uid in enumerate(uids, 1)]
    form = compose(core_shelf().pack("uid-resolve", "1"), "en", entries)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "GSP uid-resolve"
    message.make_mixed()
    message.add_attachment(form.canonical, maintype="application", subtype="xml", filename="uid-resolve.xml")
    message.set_param("hp", "cipher")  # RFC 9788 §2.1
    return padded(message.as_bytes(), smallest=_SMALLEST_SIZE_CLASS)


def encrypted_mail(sender: str, recipient: str, message: bytes, now: datetime) -> bytes:
    """One PGP/MIME mail (RFC 3156 §4) around encrypted packets."""
    boundary = f"=_{secrets.token_hex(16)}"
    head = header_block(
        [
            ("From", sender),
            ("To", recipient),
            ("Date", date_value(now)),
            ("Message-ID", f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"),
            ("Subject", "..."),
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"'),
        ]
    )
    parts = (
        f"\r\n--{boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        f'\r\n--{boundary}\r\nContent-Type: application/octet-stream; name="encrypted.asc"\r\n\r\n'
    )
    return head + parts.encode("ascii") + enarmor(message) + f"\r\n--{boundary}--\r\n".encode("ascii")
