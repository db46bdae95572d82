"""What the gateway remembers and tells when the delivery program is done with a mail."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, bindparam, select

from gateway.envelope_log import EnvelopeEntry, EnvelopeOutcome, append_entry
from gateway.journal import Event, note
from gateway.key_life.compromised_readers import CompromisedReaders
from gateway.policy.facts import NoticeKind
from gateway.seal import seal_in_header
from keyring_admin.officers import Role, list_officers
from keyring_admin.schema import officers
from mailroom.delays import mark_delay_told
from mailroom.exchanges import find_exchange
from mailroom.intake import MailRecord, mail_record
from mailroom.notice_requests import NoticeRequest, request_notice
from mailroom.outbound import Delivery, DeliveryKind
from mailroom.wakeup import ring

PROGRAM = "deliver"
_RECEIPTS = select(officers.c.receipts).where(officers.c.id == bindparam("officer_id"))


@dataclass(frozen=True, slots=True)
class EnvelopeObserver:
    """Writes the envelope log and asks for final notices."""

    pilot: bool
    process_bell: Path
    readers: CompromisedReaders

    def delivered(self, connection: Connection, delivery: Delivery) -> None:
        """Only what reached the Party counts."""
        if delivery.kind is DeliveryKind.PARTY and delivery.mail is not None:
            record = mail_record(connection, delivery.mail)
            self._append(connection, record, EnvelopeOutcome.DELIVERED)
            if record.receipt or _wants_receipts(connection, record):
                self._request(connection, delivery, record, NoticeKind.RECEIPT, seal=seal_in_header(delivery.head))
        note(PROGRAM, Event.DELIVERED, queue_id=delivery.queue_id)

    def returned(self, connection: Connection, delivery: Delivery) -> None:
        """A Sent copy or a notice that cannot be delivered is told to nobody: its mailbox is the one that is gone."""
        note(PROGRAM, Event.RETURNED, queue_id=delivery.queue_id, rule=delivery.kind.value)
        if delivery.kind is not DeliveryKind.PARTY or delivery.mail is None:
            return
        record = mail_record(connection, delivery.mail)
        self._append(connection, record, EnvelopeOutcome.RETURNED)
        self._request(connection, delivery, record, NoticeKind.RETURNED)
        compromised = self.readers.compromised(delivery)
        if compromised is not None:
            self._tell_administrators(connection, delivery, record, compromised.fingerprint)

    def deferred(self, connection: Connection, delivery: Delivery, *, late: bool) -> None:
        """Tried again later. Its sender is told once when that takes long."""
        note(PROGRAM, Event.DEFERRED, queue_id=delivery.queue_id, count=delivery.attempts + 1)
        if not late or delivery.kind is not DeliveryKind.PARTY or delivery.mail is None:
            return
        record = mail_record(connection, delivery.mail)
        if not record.delay_told:
            mark_delay_told(connection, delivery.mail)
            self._request(connection, delivery, record, NoticeKind.DELAYED)

    def shunted(self, delivery: Delivery, error: Exception) -> None:
        """`gsp queue list` shows it, `gsp queue unshunt` lets it go."""
        note(PROGRAM, Event.SHUNTED, queue_id=delivery.queue_id, error=type(error))

    def unsettled(self, delivery: Delivery, error: Exception) -> None:
        """Its lease runs out."""
        note(PROGRAM, Event.DATABASE_AWAY, queue_id=delivery.queue_id, error=type(error))

    def _tell_administrators(
        self, connection: Connection, delivery: Delivery, record: MailRecord, fingerprint: str
    ) -> None:
        """The other side: that mail for it was returned, and because of which certificate."""
        for officer in list_officers(connection, party=record.receiving_party):
            if officer.active and Role.ADMINISTER in officer.roles:
                request_notice(
                    connection,
                    NoticeRequest(
                        id=0,
                        requested_at=datetime.now(UTC),
                        officer=officer.id,
                        kind=NoticeKind.MAIL_NOT_READABLE.value,
                        queue_id=delivery.queue_id,
                        parties=(record.sending_party,),
                        details={"fingerprint": fingerprint},
                    ),
                )

    def _request(
        self,
        connection: Connection,
        delivery: Delivery,
        record: MailRecord,
        kind: NoticeKind,
        *,
        seal: str | None = None,
    ) -> None:
        if record.sender is None:
            return
        exchange = find_exchange(connection, record.exchange)
        request_notice(
            connection,
            NoticeRequest(
                id=0,
                requested_at=datetime.now(UTC),
                officer=record.sender,
                kind=kind.value,
                queue_id=delivery.queue_id,
                token=exchange.token if exchange is not None else None,
                seal=seal,
            ),
        )
        ring(self.process_bell)

    def _append(self, connection: Connection, record: MailRecord, outcome: EnvelopeOutcome) -> None:
        append_entry(
            connection,
            EnvelopeEntry(
                at=datetime.now(UTC),
                outcome=outcome,
                test=self.pilot,
                message_class=record.message_class,
                exchange=record.exchange,
                sending_party=record.sending_party,
                receiving_party=record.receiving_party,
                mode=record.mode,
            ),
        )


def _wants_receipts(connection: Connection, record: MailRecord) -> bool:
    return record.sender is not None and bool(connection.scalar(_RECEIPTS, {"officer_id": record.sender}))
