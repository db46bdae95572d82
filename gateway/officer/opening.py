"""Opening a delivered mail: seal, decryption, signature, form, bindings; each either holds or is said not to."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pysequoia

from forms.binding import BindingError, Expectation, check_bindings
from forms.errors import FormError
from forms.form import Form, digest
from forms.slip import MessageClass
from forms.validation import validate
from gateway.gate import Accepted, judge
from gateway.officer.address_book import AddressBook
from gateway.officer.gateway_mail import AttachedFile, attached_files, signed_by_gateway
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.memory import RECEIVED, SENT, Memory, RememberedForm
from gateway.officer.problem import OfficerProblemError
from gateway.seal import HEADER, Seal, SealError, read_seal
from gateway.words import FormSentence, Sentence, phrase
from keyring_admin.openpgp.armor import ArmorKind, dearmor
from keyring_admin.openpgp.errors import OpenPGPRefusedError
from keyring_admin.openpgp.opening import BadSignatureError, verify_signer
from mailroom.exchanges import Mode

MAIL_LIMIT = 64 * 1024 * 1024
_ANSWERS = {MessageClass.REPLY.value, MessageClass.ACKNOWLEDGEMENT.value}
_FORM_TYPES = {"application/xml", "text/xml"}


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """A mail that was opened. warnings: sentences the officer must read before trusting it.

    signer: fingerprint of the sender's certificate. compared: whether the officer's own keyring holds it, so that it
    was compared once. form: None if the mail holds no form of a known pack. texts: readable text parts.
    by_gateway: the gateway wrote it, and its signature is good; then files are what is attached.
    """

    seal: Seal | None
    signer: str | None
    compared: bool
    warnings: tuple[Sentence, ...]
    form: Form | None = field(repr=False)
    texts: tuple[str, ...] = field(repr=False)
    by_gateway: bool = False
    files: tuple[AttachedFile, ...] = ()


def open_mail(
    mail: bytes, *, book: AddressBook, keyring: OfficerKeyring, memory: Memory, own_address: str, now: datetime
) -> OpenedMail:
    """Open one mail as it came from the mailbox. Raises OfficerProblemError if it cannot be opened at all."""
    accepted = judge(mail, size_limit=MAIL_LIMIT)
    if not isinstance(accepted, Accepted):
        raise OfficerProblemError(phrase("this is not an encrypted mail of the gateway ({rule})", rule=accepted.rule))
    if len(accepted.messages) != 1:
        raise OfficerProblemError(phrase("this mail holds two messages: it is one on its way to the gateway"))
    body = accepted.messages[0].octets
    header = message_from_bytes(mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=default)
    warnings: list[Sentence] = []
    seal = _seal(header, body, book, warnings)
    opened = keyring.open(body)
    if HEADER not in header and signed_by_gateway(opened, book):
        return OpenedMail(
            seal=None,
            signer=book.gateway.fingerprint,
            compared=True,  # by hand, when the address book was imported
            warnings=(),
            form=None,
            texts=tuple(_content(opened.data)[1]),
            by_gateway=True,
            files=attached_files(opened.data),
        )
    signer, compared = None, False
    certificate = _sender_certificate(header, seal, keyring)
    if certificate is None:
        warnings.append(phrase("the sender's certificate is not known: the signature was not checked"))
    else:
        try:
            verify_signer(opened, certificate)
            signer = pysequoia.Cert.from_bytes(certificate).fingerprint.upper()
            compared = keyring.certificate(signer) is not None
        except BadSignatureError:
            warnings.append(phrase("the content is NOT signed by its sender"))
    form, texts = _content(opened.data)
    if form is not None and seal is not None and not (form.bindings is None and seal.mode == Mode.DIRECT.value):
        own = keyring.holds_key(own_address, seal.sender)  # not by From: no seal covers what stands there
        warnings += _check_form(form, seal, memory, direction=SENT if own else RECEIVED, now=now)
    return OpenedMail(
        seal=seal, signer=signer, compared=compared, warnings=tuple(warnings), form=form, texts=tuple(texts)
    )


def _seal(header: EmailMessage, body: bytes, book: AddressBook, warnings: list[Sentence]) -> Seal | None:
    value = header.get(HEADER)
    if value is None:
        warnings.append(phrase("the mail has no seal of the gateway"))
        return None
    try:
        gateway = dearmor(book.gateway.armor.encode("ascii"), ArmorKind.PUBLIC_KEY)
        seal = read_seal(str(value), gateway)
    except (SealError, OpenPGPRefusedError, UnicodeEncodeError):
        warnings.append(phrase("the seal of the gateway is broken"))
        return None
    if seal.body_sha256 != hashlib.sha256(body).hexdigest():
        warnings.append(phrase("the seal of the gateway belongs to another mail"))
        return None
    return seal


def _sender_certificate(header: EmailMessage, seal: Seal | None, keyring: OfficerKeyring) -> bytes | None:
    """The certificate the seal names: from the keyring, where it was compared, or from the Autocrypt header."""
    if seal is None:
        return None
    known = keyring.certificate(seal.sender)
    if known is not None:
        return known
    keydata = str(header.get("Autocrypt", "")).partition("keydata=")[2]
    try:
        octets = base64.b64decode("".join(keydata.split()), validate=True)
        fingerprint = pysequoia.Cert.from_bytes(octets).fingerprint.upper()
    except (binascii.Error, RuntimeError):
        return None
    return octets if fingerprint == seal.sender else None


def _content(entity: bytes) -> tuple[Form | None, list[str]]:
    """The first valid form in the decrypted MIME entity, and its readable texts."""
    message = message_from_bytes(entity, policy=default)
    form, texts = None, []
    for part in message.walk():
        if part.get_content_type() == "text/plain" and not part.is_attachment():
            texts.append(str(part.get_content()))
        elif part.get_content_type() in _FORM_TYPES and form is None:
            octets = part.get_payload(decode=True)
            try:
                form = validate(octets) if isinstance(octets, bytes) else None
            except FormError:
                continue  # an attachment that is no form of ours is still listed as text by the reader's client
    return form, texts


def _check_form(form: Form, seal: Seal, memory: Memory, *, direction: str, now: datetime) -> list[Sentence]:
    """Check the bindings and remember the form; what does not hold comes back as warnings."""
    requested = seal.receiving_party if seal.requesting_party == seal.sending_party else seal.sending_party
    warnings: list[Sentence] = []
    query_sha256 = None
    if seal.message_class in _ANSWERS:
        query = memory.query_of(seal.exchange)
        query_sha256 = query.digest if query is not None else None
        if query is None and form.bindings is not None:
            warnings.append(phrase("the query this answers is not in your memory: open it first, then this one again"))
            query_sha256 = form.bindings.query_sha256
    expected = Expectation(
        exchange=seal.exchange,
        requesting_party=seal.requesting_party,
        requested_party=requested,
        query_sha256=query_sha256,
    )
    seen = memory.digests_from_other_bodies(seal.body_sha256) if direction == RECEIVED else frozenset()
    try:
        check_bindings(form, expected, now=now, seen=seen)
    except BindingError as error:
        reason = FormSentence(error.code.value)
        return [*warnings, phrase("the form does not belong to this exchange: {reason}", reason=reason)]
    memory.remember(
        RememberedForm(
            digest=digest(form),
            exchange=seal.exchange,
            pack=form.pack,
            requesting_party=seal.requesting_party,
            requested_party=requested,
            direction=direction,
            seen_at=now,
            body_sha256=seal.body_sha256,
            query_sha256=query_sha256,
        )
    )
    return warnings
