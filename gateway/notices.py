"""Notices to officers: signed by the gateway, encrypted to the holder, in their language, never quoting a mail."""

import base64
import secrets
import tomllib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from gateway.delivered_mail import PILOT_MARK
from gateway.mail_header import date_value, encoded_words, header_block
from gateway.signing import CannotEncryptError, GatewaySigner
from keyring_admin.certificate_store import Certificate
from keyring_admin.officers import Officer
from keyring_admin.openpgp.armor import enarmor
from mailroom.notice_requests import NoticeRequest
from mailroom.outbound import DeliveryKind, NewDelivery

LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
_ATTENTION = "certificate-attention"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Sentences by notice and language."""
    text = files("gateway").joinpath("catalogue/notices.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def write_notice(
    notice: NoticeRequest,
    officer: Officer,
    certificate: Certificate | None,
    *,
    signer: GatewaySigner,
    domain: str,
    pilot: bool,
    now: datetime,
) -> NewDelivery:
    """The notice as a delivery into the officer's own INBOX.

    A holder without a certificate in force gets one constant signed sentence in the clear, with no exchange data.
    """
    message_id = f"<notice.{secrets.token_hex(12)}@{domain}>"
    boundary = f"=_{secrets.token_hex(16)}"
    try:
        reference = f"GSP-{notice.token}" if notice.token else notice.queue_id
        octets = signer.sign_and_encrypt(_entity(notice, officer.language, reference, pilot), certificate)
        subject, content = f"GSP notice [{reference}]", _encrypted(octets, boundary)
        content_type = f'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"'
    except CannotEncryptError:
        entity = _text_entity(catalogue()[_ATTENTION][officer.language])
        subject, content = "GSP notice", _signed(entity, signer.sign_clearly(entity), boundary)
        content_type = (
            f'multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary="{boundary}"'
        )
    head = header_block(
        [
            ("From", f"query@{domain}"),
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
    )


def _entity(notice: NoticeRequest, language: str, reference: str, pilot: bool) -> bytes:
    values = {
        "reference": reference,
        "parties": ", ".join(notice.parties) or "-",
        "version": str(notice.library_version or "-"),
    }
    mark = f"{PILOT_MARK} " if pilot else ""
    subject = mark + catalogue()["subject"][language].format(**values)
    # RFC 9788 §2.1: the inner Subject is the real one
    fields = [("Subject", encoded_words(subject)), ("Date", date_value(datetime.now(UTC)))]
    return header_block(fields) + _text_entity(catalogue()[notice.kind][language].format(**values), hp="cipher")


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
