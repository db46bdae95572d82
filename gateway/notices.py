"""Notices to officers: signed by the gateway, encrypted to the holder, in their language, never quoting a mail."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.delivered_mail import PILOT_MARK
from gateway.keys import KEYS_ADDRESS
from gateway.keys.sentences import DOOR_REASONS, KEY_NOTICES, reason_sentence, state_sentence
from gateway.mail_header import date_value, encoded_words, header_block, own_part
from gateway.policy.facts import NoticeKind
from gateway.seal import HEADER as SEAL_HEADER
from gateway.signing import CannotEncryptError, GatewaySigner
from gateway.words import phrase, words_in
from gateway.words.sentence import Value
from keyring_admin.certificate_store import Certificate
from keyring_admin.officers import Officer
from keyring_admin.openpgp.armor import enarmor
from mailroom.notice_requests import NoticeRequest
from mailroom.outbound import DeliveryKind, NewDelivery

_SUBJECT = phrase("Notice from the gateway [{reference}]")
_ATTENTION = phrase("Your certificate needs attention. Please contact your administrator.")
NOTICES = {
    NoticeKind.PATTERN_MOVED: phrase(
        "Your query {reference} was refused. In version {version} of the pattern library the pattern you used does not "
        "belong to the Party you addressed; it belongs to: {parties}. Fetch the current library and send the query "
        "again."
    ),
    NoticeKind.RETURNED: phrase(
        "Your mail {reference} could not be delivered and will not be tried again. Nothing of it is kept here. Please "
        "send it again, or contact the secretariat."
    ),
    NoticeKind.NEW_QUERY: phrase(
        "Your mail {reference} named an exchange that does not exist between your Party and the Party addressed. It "
        "was delivered as a new query."
    ),
    NoticeKind.RECEIPT: phrase(
        "Your mail {reference} has reached the mailbox of the Party addressed. This does not say whether anybody has "
        "read it. Below: the moment, and the seal, which is the gateway’s signed statement about the mail."
    ),
    NoticeKind.DELAYED: phrase(
        "Your mail {reference} has not been delivered yet. The gateway keeps it; please do not send it again. You will "
        "be told if it cannot be delivered."
    ),
    NoticeKind.CERTIFICATE_ENDS: phrase(
        "Your certificate {fingerprint} ends on {date}: in {days} days. Give it a later end and send it to keys@, or "
        "ask your administrator how to replace it. Afterwards you can neither send nor read."
    ),
    NoticeKind.OFFICERS_CERTIFICATE_ENDS: phrase(
        "The certificate {fingerprint} of an officer of your Party ends on {date}: in {days} days. The officer has "
        "been told."
    ),
    NoticeKind.READING_CERTIFICATE_ENDS: phrase(
        "The certificate {fingerprint}, with which your Party reads its mailbox, ends on {date}: in {days} days. "
        "Afterwards mail to your Party is refused. Give it a later end, or replace it."
    ),
    NoticeKind.MAIL_NOT_READABLE: phrase(
        "A mail of {parties} to your Party was returned to its sender: it could be read with the certificate "
        "{fingerprint} only, which is revoked. Until your Party has another certificate, mail to it is refused."
    ),
    NoticeKind.PARTY_CANNOT_READ: phrase(
        "Your mail {reference} was refused: the Party addressed has no certificate in force with which it could read "
        "it. Its administrators know. Send it again later, with a fresh address book."
    ),
    NoticeKind.NO_READING_CERTIFICATE: phrase(
        "Your Party has no certificate in force any more with which it could read its mailbox: mail to it is refused. "
        "The last one was {fingerprint}. Have another one certified."
    ),
    NoticeKind.GATEWAY_CERTIFICATE: phrase(
        "The gateway has a new encryption key. Attached is its certificate {fingerprint}, the same as before with the "
        "new key in it. Import it before {date}: after that day the old key is destroyed, and what is encrypted to it "
        "is refused."
    ),
    NoticeKind.LIBRARY: phrase(
        "Attached is version {version} of the pattern library, which is in force, and versions before it. Two release "
        "keys have signed each. Save all of them and run `gsp library fetch` with these files: it checks the "
        "signatures and takes the newest."
    ),
    NoticeKind.LIBRARY_TOO_LARGE: phrase(
        "Version {version} of the pattern library is too large for a mail. Fetch it with `gsp library fetch` from the "
        "address your administrator gave you."
    ),
    **KEY_NOTICES,
}
# Whom an answer comes from; every other notice is about a query.
_SENDERS = {
    NoticeKind.LIBRARY: "forms",
    NoticeKind.LIBRARY_TOO_LARGE: "forms",
    **dict.fromkeys(KEY_NOTICES, KEYS_ADDRESS),
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a notice. name: ASCII, without quotation marks."""

    name: str
    octets: bytes = field(repr=False)


def write_notice(
    notice: NoticeRequest,
    officer: Officer,
    certificate: Certificate | None,
    *,
    signer: GatewaySigner,
    domain: str,
    pilot: bool,
    now: datetime,
    attachments: Sequence[Attachment] = (),
) -> NewDelivery:
    """The notice as a delivery into the officer's own INBOX.

    A holder without a certificate in force gets one constant signed sentence in the clear, with no exchange data.
    """
    own = own_part(notice.queue_id, notice.kind, str(notice.officer), notice.requested_at.isoformat())
    message_id = f"<notice.{own}@{domain}>"
    boundary = f"=_{secrets.token_hex(16)}"
    if notice.attachment is not None and notice.attachment_name is not None:
        attachments = (*attachments, Attachment(notice.attachment_name, notice.attachment))
    try:
        reference = f"GSP-{notice.token}" if notice.token else notice.queue_id
        entity = _entity(notice, officer.language, reference, pilot, attachments)
        if notice.encrypt_to is not None:
            octets = signer.sign_and_encrypt_to(entity, notice.encrypt_to)
        else:
            octets = signer.sign_and_encrypt(entity, certificate)
        subject, content = f"GSP notice [{reference}]", _encrypted(octets, boundary)
        content_type = f'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"'
    except CannotEncryptError:
        # Not the notice itself, which may still come: another mail, each time it is said.
        own = own_part(notice.queue_id, "attention", str(notice.officer), now.isoformat())
        message_id = f"<notice.{own}@{domain}>"
        entity = _text_entity(_clear_text(notice, officer.language))
        subject, content = "GSP notice", _signed(entity, signer.sign_clearly(entity), boundary)
        content_type = (
            f'multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary="{boundary}"'
        )
    head = header_block(
        [
            ("From", f"{_SENDERS.get(NoticeKind(notice.kind), 'query')}@{domain}"),
            ("To", officer.address),
            ("Date", date_value(now)),
            ("Message-ID", message_id),
            ("Auto-Submitted", "auto-generated"),  # RFC 3834 §5
            ("Subject", f"{PILOT_MARK} {subject}" if pilot else subject),
            ("MIME-Version", "1.0"),
            ("Content-Type", content_type),
        ]
    )
    return NewDelivery(
        queue_id=notice.queue_id,
        kind=DeliveryKind.NOTICE,
        mail=None,
        mailbox=officer.address,
        message_id=message_id,
        head=head + b"\r\n" + content,
        tail=b"",
        body=None,
        uncertain=notice.attempts > 0,
    )


def complete_in_the_clear(notice: NoticeRequest) -> bool:
    """Whether all of it may be said without encryption: why the door refused a certificate, of which there is none."""
    return notice.kind == NoticeKind.KEY_REFUSED.value and notice.details.get("reason") in DOOR_REASONS


def _clear_text(notice: NoticeRequest, language: str) -> str:
    """What is said without encryption: one constant sentence; and why the door refused a certificate, if it did."""
    words = words_in(language)
    text = words.text(_ATTENTION)
    if complete_in_the_clear(notice):
        text += f"\r\n\r\n{words.text(reason_sentence(notice.details['reason']))}"
    return text


def _entity(
    notice: NoticeRequest, language: str, reference: str, pilot: bool, attachments: Sequence[Attachment]
) -> bytes:
    values: dict[str, Value] = {
        "reference": reference,
        "parties": ", ".join(notice.parties) or "-",
        "version": str(notice.library_version or "-"),
        **notice.details,
    }
    if "reason" in notice.details:
        values["reason"] = reason_sentence(notice.details["reason"])
    if "state" in notice.details:
        values["state"] = state_sentence(notice.details["state"])
    mark = f"{PILOT_MARK} " if pilot else ""
    words = words_in(language)
    subject = mark + words.text(_SUBJECT, **values)
    # RFC 9788 §2.1: the inner Subject is the real one
    fields = [("Subject", encoded_words(subject)), ("Date", date_value(datetime.now(UTC)))]
    text = words.text(NOTICES[NoticeKind(notice.kind)], **values)
    if "lines" in notice.details:  # commands to paste: the same in every language
        text += f"\r\n\r\n{notice.details['lines']}"
    if notice.seal is not None:
        text += f"\r\n\r\n{notice.requested_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\r\n{SEAL_HEADER}: {notice.seal}"
    if not attachments:
        return header_block(fields) + _text_entity(text, hp="cipher")
    boundary = f"=_{secrets.token_hex(16)}"
    fields += [("MIME-Version", "1.0"), ("Content-Type", f'multipart/mixed; boundary="{boundary}"; hp="cipher"')]
    parts = [_text_entity(text), *(_file_entity(one) for one in attachments)]
    opening, closing = f"--{boundary}\r\n".encode("ascii"), f"--{boundary}--\r\n".encode("ascii")
    return header_block(fields) + b"\r\n" + b"".join(opening + part for part in parts) + closing


def _file_entity(attachment: Attachment) -> bytes:
    head = (
        f'Content-Type: application/octet-stream; name="{attachment.name}"\r\n'
        f'Content-Disposition: attachment; filename="{attachment.name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode("ascii") + _base64_lines(attachment.octets)


def _text_entity(text: str, *, hp: str | None = None) -> bytes:
    protection = f'; hp="{hp}"' if hp else ""
    head = f"Content-Type: text/plain; charset=utf-8{protection}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode("ascii") + _base64_lines(f"{text}\r\n".encode())


def _base64_lines(octets: bytes) -> bytes:
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")


def _encrypted(octets: bytes, boundary: str) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        f'\r\n--{boundary}\r\nContent-Type: application/octet-stream; name="encrypted.asc"\r\n\r\n'
    )
    return head.encode("ascii") + enarmor(octets) + f"\r\n--{boundary}--\r\n".encode("ascii")


def _signed(entity: bytes, signature: bytes, boundary: str) -> bytes:
    # RFC 3156 §5: the CR LF before the boundary is not signed
    armor = signature.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return (
        f"--{boundary}\r\n".encode("ascii")
        + entity
        + f'\r\n--{boundary}\r\nContent-Type: application/pgp-signature; name="signature.asc"\r\n\r\n'.encode("ascii")
        + armor
        + f"\r\n--{boundary}--\r\n".encode("ascii")
    )
