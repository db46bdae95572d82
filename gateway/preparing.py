"""What becomes of an accepted mail before it is delivered: seal, header, one delivery for the Party and one for Sent.

Everything that takes time is done here, while nothing is locked; `store_prepared` then only writes.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection

from gateway.delivered_mail import DeliveredEnvelope, head_and_tail
from gateway.mail_header import own_part
from gateway.policy.facts import NoticeKind
from gateway.seal import Seal, make_seal
from gateway.signing import GatewaySigner, base64_text
from keyring_admin.certificate_store import find_certificate
from keyring_admin.officers import Officer, find_officer_by_id
from mailroom.exchanges import Exchange, find_exchange, message_ids_of, remember_message_id
from mailroom.intake import AcceptedMail, mark_processed
from mailroom.mailboxes.recipients import party_recipient, sent_recipient
from mailroom.notice_requests import NoticeRequest, request_notice
from mailroom.outbound import DeliveryKind, NewDelivery, queue_deliveries

_REFERENCES_LIMIT = 20


class InconsistentQueueError(RuntimeError):
    """The queue refers to something that is not there."""


@dataclass(frozen=True, slots=True)
class PreparedMail:
    """A mail that is ready to be queued for delivery. notice: what its sender has to be told beside."""

    mail: AcceptedMail
    message_id: str
    deliveries: tuple[NewDelivery, ...]
    notice: NoticeRequest | None


@dataclass(frozen=True, slots=True)
class _Sender:
    officer: Officer
    autocrypt: str | None  # base64 of the certificate


@dataclass(slots=True)
class Preparation:
    """Prepares the mails of one batch, in one read transaction: what several of them need is read once."""

    connection: Connection
    signer: GatewaySigner
    domain: str
    pilot: bool
    _senders: dict[int, _Sender] = field(default_factory=dict)
    _message_ids: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def prepare(self, mail: AcceptedMail) -> PreparedMail:
        """Seal a mail and make its header. Raises InconsistentQueueError."""
        exchange = find_exchange(self.connection, mail.exchange)
        if exchange is None:
            raise InconsistentQueueError("an accepted mail has no exchange")
        sender = self._sender(mail.sender)
        message_id = f"<{exchange.token.lower()}.{own_part(mail.queue_id, mail.exchange)}@{self.domain}>"
        head, tail = head_and_tail(self._envelope(mail, exchange, sender, message_id), mail.presentation)
        self._message_ids[exchange.id] = (*self._earlier(exchange), message_id)
        targets = (
            (DeliveryKind.PARTY, party_recipient(mail.receiving_party, self.domain)),
            (DeliveryKind.SENT, sent_recipient(sender.officer.address)),
        )
        return PreparedMail(
            mail=mail,
            message_id=message_id,
            deliveries=tuple(
                NewDelivery(mail.queue_id, kind, mail.id, mailbox, message_id, head, tail, mail.body, mail.attempts > 0)
                for kind, mailbox in targets
            ),
            notice=_new_query_notice(mail, exchange) if mail.unmatched_reply else None,
        )

    def _sender(self, officer_id: int) -> _Sender:
        if officer_id not in self._senders:
            officer = find_officer_by_id(self.connection, officer_id)
            if officer is None:
                raise InconsistentQueueError("an accepted mail has no sender")
            certificate = find_certificate(self.connection, officer.certificate) if officer.certificate else None
            autocrypt = base64_text(certificate.octets) if certificate is not None else None
            self._senders[officer_id] = _Sender(officer, autocrypt)
        return self._senders[officer_id]

    def _earlier(self, exchange: Exchange) -> tuple[str, ...]:
        """Message-IDs of this exchange so far, those of this batch included."""
        if exchange.id not in self._message_ids:
            self._message_ids[exchange.id] = message_ids_of(self.connection, exchange.id)
        return self._message_ids[exchange.id]

    def _envelope(self, mail: AcceptedMail, exchange: Exchange, sender: _Sender, message_id: str) -> DeliveredEnvelope:
        seal = Seal(
            exchange=exchange.id,
            message_class=mail.message_class,
            mode=mail.mode.value,
            sending_party=mail.sending_party,
            receiving_party=mail.receiving_party,
            requesting_party=exchange.requesting_party,
            sender=sender.officer.certificate or "",
            body_sha256=mail.body_sha256,
            library_version=mail.library_version,
            rules_passed=mail.rules_passed,
            log_position=mail.log_position,
            sealed_at=datetime.now(UTC),
        )
        return DeliveredEnvelope(
            domain=self.domain,
            pilot=self.pilot,
            message_class=mail.message_class,
            token=exchange.token,
            sender_address=sender.officer.address,
            sending_party=mail.sending_party,
            receiving_party=mail.receiving_party,
            accepted_at=mail.accepted_at,
            message_id=message_id,
            earlier_message_ids=self._earlier(exchange)[-_REFERENCES_LIMIT:],
            seal=make_seal(seal, self.signer),
            autocrypt=sender.autocrypt,
            boundary=f"=_{secrets.token_hex(16)}",
        )


def store_prepared(connection: Connection, prepared: Sequence[PreparedMail]) -> list[PreparedMail]:
    """Queue the deliveries of these mails; those that another program has made ready meanwhile are left out."""
    ours = mark_processed(connection, [each.mail.id for each in prepared])
    stored = [each for each in prepared if each.mail.id in ours]
    if stored:
        queue_deliveries(connection, [new for each in stored for new in each.deliveries], datetime.now(UTC))
    for each in stored:
        remember_message_id(connection, each.message_id, each.mail.exchange, each.mail.accepted_at)
        if each.notice is not None:
            request_notice(connection, each.notice)
    return stored


def _new_query_notice(mail: AcceptedMail, exchange: Exchange) -> NoticeRequest:
    return NoticeRequest(
        id=0,
        requested_at=mail.accepted_at,
        officer=mail.sender,
        kind=NoticeKind.NEW_QUERY.value,
        queue_id=mail.queue_id,
        token=exchange.token,
    )
