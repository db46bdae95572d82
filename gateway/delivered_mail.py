"""What is delivered (DESIGN §5.4): a mail made anew around the sealed body. Nothing of the sender's header survives.

Pure: envelope values in, the octets before and after the armor out.
Ordinary mail clients open the result by themselves.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.mail_header import date_value, encoded_words, header_block, spaced
from gateway.seal import HEADER as SEAL_HEADER
from mailroom.intake import Presentation

PILOT_MARK = "TEST"


@dataclass(frozen=True, slots=True)
class DeliveredEnvelope:
    """All that the header of a delivered mail is made of."""

    domain: str
    pilot: bool
    message_class: str
    token: str
    sender_address: str
    sending_party: str
    receiving_party: str
    accepted_at: datetime
    message_id: str
    earlier_message_ids: tuple[str, ...]  # of this exchange, oldest first; both sides know them
    seal: str
    autocrypt: str | None  # base64 of the sender's certificate
    boundary: str


def subject_text(envelope: DeliveredEnvelope) -> str:
    """From envelope data only, so that fifty mails can be told apart: `GSP query KE→EU [GSP-7F3K-9Q2M]`."""
    mark = f"{PILOT_MARK} " if envelope.pilot else ""
    direction = f"{envelope.sending_party}→{envelope.receiving_party}"
    return f"{mark}GSP {envelope.message_class} {direction} [GSP-{envelope.token}]"


def head_and_tail(envelope: DeliveredEnvelope, presentation: Presentation) -> tuple[bytes, bytes]:
    """The octets before and after the armored body."""
    if presentation is Presentation.INLINE:
        fields = [*_common_fields(envelope), ("Content-Type", "text/plain; charset=us-ascii")]
        return header_block(fields) + b"\r\n", b""
    if presentation is Presentation.FILE:
        return _as_attachment(envelope)
    return _as_encrypted(envelope)


def _common_fields(envelope: DeliveredEnvelope) -> list[tuple[str, str]]:
    domain = envelope.domain
    fields = [
        ("From", envelope.sender_address),
        ("To", f"{envelope.receiving_party.lower()}@{domain}"),
        ("Reply-To", f"{envelope.sending_party.lower()}@{domain}"),  # so that Reply encrypts to the Party
        ("Date", date_value(envelope.accepted_at)),
        ("Message-ID", envelope.message_id),
    ]
    if envelope.earlier_message_ids:
        fields.append(("In-Reply-To", envelope.earlier_message_ids[-1]))
        fields.append(("References", " ".join(envelope.earlier_message_ids)))
    fields.append(("Subject", encoded_words(subject_text(envelope))))
    if envelope.autocrypt is not None:
        fields.append(
            (
                "Autocrypt",
                f"addr={envelope.sender_address}; prefer-encrypt=mutual; keydata= {spaced(envelope.autocrypt)}",
            )
        )
    statement, _, signature = envelope.seal.rpartition("; s=")
    fields.append((SEAL_HEADER, f"{statement.replace(',', ', ')}; s= {spaced(signature)}"))
    fields.append(("MIME-Version", "1.0"))
    return fields


def _as_encrypted(envelope: DeliveredEnvelope) -> tuple[bytes, bytes]:
    # RFC 3156 §4
    boundary = envelope.boundary
    content_type = f'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"'
    head = header_block([*_common_fields(envelope), ("Content-Type", content_type)])
    parts = (
        f"\r\n--{boundary}\r\n"
        "Content-Type: application/pgp-encrypted\r\n"
        "Content-Description: PGP/MIME version identification\r\n"
        "\r\n"
        "Version: 1\r\n"
        f"\r\n--{boundary}\r\n"
        'Content-Type: application/octet-stream; name="encrypted.asc"\r\n'
        "Content-Description: OpenPGP encrypted message\r\n"
        'Content-Disposition: inline; filename="encrypted.asc"\r\n'
        "\r\n"
    )
    return head + parts.encode("ascii"), f"\r\n--{boundary}--\r\n".encode("ascii")


def _as_attachment(envelope: DeliveredEnvelope) -> tuple[bytes, bytes]:
    boundary = envelope.boundary
    head = header_block([*_common_fields(envelope), ("Content-Type", f'multipart/mixed; boundary="{boundary}"')])
    parts = (
        f"\r\n--{boundary}\r\n"
        'Content-Type: application/octet-stream; name="form.xml.asc"\r\n'
        'Content-Disposition: attachment; filename="form.xml.asc"\r\n'
        "\r\n"
    )
    return head + parts.encode("ascii"), f"\r\n--{boundary}--\r\n".encode("ascii")
