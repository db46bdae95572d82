"""The processing program: makes accepted mails ready for delivery, and writes notices. One transaction each.

What raises is tried again a few times and then parked for a human (state `shunted`); it is never lost.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from gateway.delivered_mail import DeliveredEnvelope, head_and_tail
from gateway.journal import Event, note
from gateway.notices import Attachment, write_notice
from gateway.policy.facts import NoticeKind
from gateway.seal import Seal, make_seal
from gateway.signing import GatewaySigner, base64_text
from keyring_admin.certificate_store import find_certificate
from keyring_admin.database import empty_write_ahead_log, write_transaction
from keyring_admin.officers import Officer, find_officer_by_id
from mailroom.delays import mark_delay_told, parked_mails
from mailroom.exchanges import Exchange, find_exchange, message_ids_of, remember_message_id
from mailroom.intake import (
    AcceptedMail,
    MailState,
    UnreadableMailError,
    body_of,
    count_failure,
    forget_expired_slips,
    mark_processed,
    next_mail,
)
from mailroom.mailboxes.recipients import party_recipient, sent_recipient
from mailroom.notice_requests import (
    NoticeRequest,
    count_notice_failure,
    finish_notice,
    next_notice,
    request_notice,
)
from mailroom.outbound import DeliveryKind, NewDelivery, queue_deliveries

PROGRAM = "process"
SHUNT_AFTER = 3  # attempts; GNU Mailman's number
_REFERENCES_LIMIT = 20


class InconsistentQueueError(RuntimeError):
    """The queue refers to something that is not there."""


@dataclass(slots=True)
class Current:
    """What a step has taken in hand, so that it can be parked if the step raises."""

    mail: AcceptedMail | None = None
    notice: NoticeRequest | None = None


Step = Callable[[Connection, Current], bool]


@dataclass(frozen=True, slots=True)
class Processor:
    """What processing needs besides the database. library_files: what `forms@` sends."""

    engine: Engine
    signer: GatewaySigner
    domain: str
    pilot: bool
    library_files: Callable[[Connection], tuple[Attachment, ...]] = lambda _connection: ()

    def process_all(self) -> int:
        """Work until nothing waits; return how many mails and notices were made ready."""
        done = 0
        while self._next(self._process_mail) or self._next(self._process_notice):
            done += 1
        return done

    def forget_old(self) -> None:
        """Remove what is past its time, and what was deleted since from the database's own log."""
        with write_transaction(self.engine) as connection:
            forget_expired_slips(connection, datetime.now(UTC))
        empty_write_ahead_log(self.engine)

    def tell_delays(self, delay_notice: timedelta) -> None:
        """Tell the senders of mails that have waited for a human that long. What only waits, `deliver` tells of."""
        now = datetime.now(UTC)
        with write_transaction(self.engine) as connection:
            for parked in parked_mails(connection, accepted_before=now - delay_notice):
                exchange = find_exchange(connection, parked.exchange)
                mark_delay_told(connection, parked.id)
                request_notice(
                    connection,
                    NoticeRequest(
                        id=0,
                        requested_at=now,
                        officer=parked.sender,
                        kind=NoticeKind.DELAYED.value,
                        queue_id=parked.queue_id,
                        token=exchange.token if exchange is not None else None,
                    ),
                )

    def _next(self, step: Step) -> bool:
        current = Current()
        try:
            with write_transaction(self.engine) as connection:
                return step(connection, current)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - top of a worker: the mail is parked, never lost
            self._failed(current, error)
            return True

    def _failed(self, current: Current, error: Exception) -> None:
        if current.mail is not None:
            self._count_failure(current.mail.id, current.mail.queue_id, error)
        elif isinstance(error, UnreadableMailError):
            self._count_failure(error.mail_id, error.queue_id, error)
        elif current.notice is not None:
            with write_transaction(self.engine) as connection:
                count_notice_failure(connection, current.notice.id)
            note(PROGRAM, Event.FAILED, queue_id=current.notice.queue_id, error=type(error))
        else:
            raise error

    def _count_failure(self, mail_id: int, queue_id: str, error: Exception) -> None:
        with write_transaction(self.engine) as connection:
            state = count_failure(connection, mail_id, shunt_after=SHUNT_AFTER)
        event = Event.SHUNTED if state is MailState.SHUNTED else Event.FAILED
        note(PROGRAM, event, queue_id=queue_id, error=type(error))

    def _process_mail(self, connection: Connection, current: Current) -> bool:
        mail = current.mail = next_mail(connection)
        if mail is None:
            return False
        exchange = find_exchange(connection, mail.exchange)
        officer = find_officer_by_id(connection, mail.sender)
        if exchange is None or officer is None:
            raise InconsistentQueueError("an accepted mail has no exchange or no sender")
        message_id = f"<{exchange.token.lower()}.{secrets.token_hex(12)}@{self.domain}>"
        envelope = self._envelope(connection, mail, exchange, officer, message_id)
        head, tail = head_and_tail(envelope, mail.presentation)
        body = body_of(connection, mail)
        targets = (
            (DeliveryKind.PARTY, party_recipient(mail.receiving_party, self.domain)),
            (DeliveryKind.SENT, sent_recipient(officer.address)),
        )
        queue_deliveries(
            connection,
            [
                NewDelivery(mail.queue_id, kind, mail.id, mailbox, message_id, head, tail, body)
                for kind, mailbox in targets
            ],
            datetime.now(UTC),
        )
        remember_message_id(connection, message_id, exchange.id, mail.accepted_at)
        if mail.unmatched_reply:
            request_notice(
                connection,
                NoticeRequest(
                    id=0,
                    requested_at=mail.accepted_at,
                    officer=officer.id,
                    kind=NoticeKind.NEW_QUERY.value,
                    queue_id=mail.queue_id,
                    token=exchange.token,
                ),
            )
        mark_processed(connection, mail)
        note(PROGRAM, Event.PROCESSED, queue_id=mail.queue_id)
        return True

    def _envelope(
        self, connection: Connection, mail: AcceptedMail, exchange: Exchange, officer: Officer, message_id: str
    ) -> DeliveredEnvelope:
        certificate = find_certificate(connection, officer.certificate) if officer.certificate else None
        seal = Seal(
            exchange=exchange.id,
            message_class=mail.message_class,
            mode=mail.mode.value,
            sending_party=mail.sending_party,
            receiving_party=mail.receiving_party,
            requesting_party=exchange.requesting_party,
            sender=officer.certificate or "",
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
            sender_address=officer.address,
            sending_party=mail.sending_party,
            receiving_party=mail.receiving_party,
            accepted_at=mail.accepted_at,
            message_id=message_id,
            earlier_message_ids=message_ids_of(connection, exchange.id)[-_REFERENCES_LIMIT:],
            seal=make_seal(seal, self.signer),
            autocrypt=base64_text(certificate.octets) if certificate is not None else None,
            boundary=f"=_{secrets.token_hex(16)}",
        )

    def _process_notice(self, connection: Connection, current: Current) -> bool:
        notice = current.notice = next_notice(connection, attempts_below=SHUNT_AFTER)
        if notice is None:
            return False
        officer = find_officer_by_id(connection, notice.officer)
        if officer is not None:
            certificate = find_certificate(connection, officer.certificate) if officer.certificate else None
            now = datetime.now(UTC)
            delivery = write_notice(
                notice,
                officer,
                certificate,
                signer=self.signer,
                domain=self.domain,
                pilot=self.pilot,
                now=now,
                attachments=self.library_files(connection) if notice.kind == NoticeKind.LIBRARY.value else (),
            )
            queue_deliveries(connection, [delivery], now)
        finish_notice(connection, notice)
        note(PROGRAM, Event.PROCESSED, queue_id=notice.queue_id)
        return True
