"""Sealing a form: the body for the Party, the routing slip for the gateway, both in one mail to `query@` (DESIGN §5.2).

The UID is recognised here, on the officer's machine, against the officer's own copy of the library.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from forms.binding import bind
from forms.form import Bindings, Form, digest
from forms.identifiers import new_identifier
from forms.pack import core_shelf
from forms.slip import BodyKind, MessageClass, Slip, compose_slip
from forms.text import render_text
from gateway.mail_header import date_value, header_block
from gateway.officer.address_book import AddressBook
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.memory import RememberedForm
from gateway.officer.problem import OfficerProblemError
from gateway.padding import padded
from gateway.words import phrase
from keyring_admin.openpgp.armor import enarmor

LIFETIME = timedelta(days=7)
_ANSWERS = (MessageClass.REPLY, MessageClass.ACKNOWLEDGEMENT)
_OPENINGS = (MessageClass.QUERY, MessageClass.NOTICE)
_SMALLEST_SIZE_CLASS = 4096


@dataclass(frozen=True, slots=True)
class Route:
    """Where a form goes: by which pattern, or because its sender says so; an answer goes by its exchange instead."""

    requesting_party: str
    requested_party: str
    pattern_id: str | None = None
    library_version: int | None = None
    query: RememberedForm | None = None  # the form answered

    @property
    def receiver(self) -> str:
        """The Party that the form goes to."""
        return self.requested_party if self.query is None else self.requesting_party


@dataclass(frozen=True, slots=True)
class SealedMail:
    """What `gsp seal` makes: the whole mail, and the two messages in it for those who attach them by hand."""

    exchange: str
    form_digest: str
    body_sha256: str
    mail: bytes = field(repr=False)
    slip: bytes = field(repr=False)
    body: bytes = field(repr=False)


def seal_form(
    form: Form,
    route: Route,
    *,
    officer_address: str,
    officer_fingerprint: str,
    book: AddressBook,
    keyring: OfficerKeyring,
    declare_uids: bool,
    now: datetime,
    receipt: bool = False,
) -> SealedMail:
    """Bind, sign and seal a form; the mail asks the gateway for a receipt of its delivery if `receipt`.

    Raises OfficerProblemError; forms.FormError if the form cannot be bound.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    message_class = message_class_of(form, answers=route.query is not None)
    slip_id = new_identifier()
    exchange = route.query.exchange if route.query is not None else slip_id
    bound = bind(
        form,
        Bindings(
            exchange=exchange,
            requesting_party=route.requesting_party,
            requested_party=route.requested_party,
            created=now,
            expires=now + LIFETIME,
            query_sha256=route.query.digest if route.query is not None else None,
        ),
    )
    party = book.party(route.receiver)
    if not party.certificates:
        raise OfficerProblemError(
            phrase("{party} has no reading certificate in force: nothing can be sealed to it", party=party.code)
        )
    readers = [certificate.fingerprint for certificate in party.certificates]
    body = keyring.sign_and_encrypt(
        form_entity(bound), signer=officer_fingerprint, recipients=[*readers, officer_fingerprint]
    )
    body_sha256 = hashlib.sha256(body).hexdigest()
    slip = Slip(
        id=slip_id,
        created=now,
        expires=now + LIFETIME,
        message_class=message_class,
        form_pack=bound.pack,
        form_version=bound.version,
        requesting_party=route.requesting_party,
        requested_party=route.requested_party,
        pattern_id=route.pattern_id,
        library_version=route.library_version,
        uid_count=(len(bound.uids) or None) if declare_uids else None,
        exchange=route.query.exchange if route.query is not None else None,
        body_sha256=body_sha256,
        body_kind=BodyKind.MIME,
        gateway_fingerprint=book.gateway.fingerprint,
    )
    slip_message = keyring.sign_and_encrypt(
        compose_slip(slip), signer=officer_fingerprint, recipients=[book.gateway.fingerprint]
    )
    return SealedMail(
        exchange=exchange,
        form_digest=digest(bound),
        body_sha256=body_sha256,
        mail=_mail(officer_address, f"query@{book.domain}", slip_message, body, now, receipt=receipt),
        slip=enarmor(slip_message),
        body=enarmor(body),
    )


def message_class_of(form: Form, *, answers: bool) -> MessageClass:
    """What the slip calls a form, whose pack may be for openings, answers, or both. Raises OfficerProblemError."""
    allowed = core_shelf().pack(form.pack, form.version).message_classes
    for message_class in _ANSWERS if answers else _OPENINGS:
        if message_class.value in allowed:
            return message_class
    if answers:
        raise OfficerProblemError(phrase("this form answers nothing: leave --reply-to away"))
    raise OfficerProblemError(phrase("this form answers another: name its exchange with --reply-to"))


def form_entity(form: Form) -> bytes:
    """The plaintext of a sealed body: readable summary and XML, padded to its size class (DESIGN §5.2)."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = f"GSP {form.pack} {form.bindings.exchange if form.bindings is not None else ''}".strip()
    message.set_content(render_text(form, form.language), cte="base64")
    message.add_attachment(form.canonical, maintype="application", subtype="xml", filename=f"{form.pack}.xml")
    message.set_param("hp", "cipher")  # RFC 9788 §2.1: every header field here is protected
    return padded(message.as_bytes(), smallest=_SMALLEST_SIZE_CLASS)


def _mail(sender: str, recipient: str, slip: bytes, body: bytes, now: datetime, *, receipt: bool = False) -> bytes:
    boundary = f"=_{secrets.token_hex(16)}"
    fields = [
        ("From", sender),
        ("To", recipient),
        ("Date", date_value(now)),
        ("Message-ID", f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"),
        ("Subject", "..."),
        *([("Disposition-Notification-To", sender)] if receipt else []),  # RFC 8098 §2.1, read by the gateway alone
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/mixed; boundary="{boundary}"'),
    ]
    parts = b"".join(_attachment(boundary, name, octets) for name, octets in (("slip.pgp", slip), ("body.pgp", body)))
    return header_block(fields) + b"\r\n" + parts + f"--{boundary}--\r\n".encode("ascii")


def _attachment(boundary: str, name: str, octets: bytes) -> bytes:
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: application/octet-stream; name="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    return head.encode("ascii") + base64.encodebytes(octets).replace(b"\n", b"\r\n")
