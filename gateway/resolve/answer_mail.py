"""The answer as a mail into the officer's own INBOX, and what is remembered of it."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from gateway.acceptance import new_queue_id
from gateway.delivered_mail import PILOT_MARK
from gateway.envelope_log import EnvelopeEntry, EnvelopeOutcome, append_entry, size_class
from gateway.mail_header import date_value, header_block
from gateway.resolve import RESOLVE_ADDRESS
from keyring_admin.officers import Officer
from keyring_admin.openpgp.armor import enarmor
from mailroom.exchanges import Mode
from mailroom.outbound import DeliveryKind, NewDelivery, queue_deliveries

MESSAGE_CLASS = "resolve"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to be stored. asked_size: octets of the question as submitted; octets: packets for the officer."""

    officer: Officer
    domain: str
    pilot: bool
    now: datetime
    asked_size: int
    octets: bytes = field(repr=False)

    def store(self, connection: Connection) -> str:
        """Queue the answer and write the envelope log; return the queue id.

        The mode says that the gateway could read it. Neither the Parties found nor the number of UIDs is written down.
        """
        queue_id = new_queue_id()
        append_entry(
            connection,
            EnvelopeEntry(
                at=self.now,
                outcome=EnvelopeOutcome.ACCEPTED,
                test=self.pilot,
                message_class=MESSAGE_CLASS,
                sending_party=self.officer.party,
                size_class=size_class(self.asked_size),
                mode=Mode.ASSISTED.value,
            ),
        )
        queue_deliveries(connection, [self.delivery(queue_id)], self.now)
        return queue_id

    def delivery(self, queue_id: str) -> NewDelivery:
        """The mail: RFC 3156 §4, null envelope sender, a header of our own values only."""
        message_id = f"<answer.{secrets.token_hex(12)}@{self.domain}>"
        boundary = f"=_{secrets.token_hex(16)}"
        subject = f"GSP answer [{queue_id}]"
        head = header_block(
            [
                ("From", f"{RESOLVE_ADDRESS}@{self.domain}"),
                ("To", self.officer.address),
                ("Date", date_value(self.now)),
                ("Message-ID", message_id),
                ("Auto-Submitted", "auto-replied"),  # RFC 3834 §5
                ("Subject", f"{PILOT_MARK} {subject}" if self.pilot else subject),
                ("MIME-Version", "1.0"),
                (
                    "Content-Type",
                    f'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"',
                ),
            ]
        )
        parts = (
            f"\r\n--{boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
            f'\r\n--{boundary}\r\nContent-Type: application/octet-stream; name="encrypted.asc"\r\n\r\n'
        )
        return NewDelivery(
            queue_id=queue_id,
            kind=DeliveryKind.NOTICE,
            mail=None,
            mailbox=self.officer.address,
            message_id=message_id,
            head=head + parts.encode("ascii") + enarmor(self.octets),
            tail=f"\r\n--{boundary}--\r\n".encode("ascii"),
            body=None,
        )
