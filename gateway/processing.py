"""The processing program: makes accepted mails ready for delivery, several in one transaction, and writes notices.

What raises is tried again a few times and then parked for a human (state `shunted`); it is never lost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from gateway.journal import Event, note
from gateway.keys.forgetting import forget_requests
from gateway.keys.notice_secrets import with_secrets
from gateway.notices import Attachment, complete_in_the_clear, write_notice
from gateway.policy.facts import NoticeKind
from gateway.preparing import Preparation, PreparedMail, store_prepared
from gateway.signing import GatewaySigner
from keyring_admin.certificate_store import find_certificate
from keyring_admin.database import empty_write_ahead_log, write_transaction
from keyring_admin.officers import find_officer_by_id
from mailroom.delays import mark_delay_told, parked_mails
from mailroom.exchanges import find_exchange
from mailroom.intake import (
    AcceptedMail,
    MailState,
    UnreadableMailError,
    count_failure,
    forget_expired_slips,
    waiting_mails,
)
from mailroom.notice_requests import (
    NoticeRequest,
    count_notice_failure,
    finish_notice,
    held_for,
    hold_notice,
    next_notice,
    release_held,
    request_notice,
)
from mailroom.outbound import queue_deliveries

PROGRAM = "process"
_HELD_TOLD_EVERY = timedelta(days=1)
_HELD_AT_MOST = timedelta(days=90)
SHUNT_AFTER = 3  # attempts; GNU Mailman's number
MAILS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Processor:
    """What processing needs besides the database.

    library_files: what `forms@` sends. when_ready: called whenever there may be something new to deliver.
    """

    engine: Engine
    signer: GatewaySigner
    domain: str
    pilot: bool
    library_files: Callable[[Connection], tuple[Attachment, ...]] = lambda _connection: ()
    when_ready: Callable[[], None] = lambda: None

    def process_all(self) -> int:
        """Work until nothing waits; return how many mails and notices were made ready, or failed."""
        done = 0
        while (worked := self._process_mails() + self._process_notice()) > 0:
            self.when_ready()
            done += worked
        return done

    def forget_old(self) -> None:
        """Remove what is past its time, and what was deleted since from the database's own log."""
        with write_transaction(self.engine) as connection:
            now = datetime.now(UTC)
            forget_expired_slips(connection, now)
            forget_requests(connection, now)
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

    def _process_mails(self) -> int:
        """The mails that wait, as many as are written in one transaction."""
        prepared: list[PreparedMail] = []
        try:
            with self.engine.connect() as connection:
                mails = waiting_mails(connection, limit=MAILS_AT_ONCE)
                preparation = Preparation(connection, self.signer, self.domain, self.pilot)
                failures = [failed for mail in mails if (failed := _prepare(preparation, mail, prepared)) is not None]
        except UnreadableMailError as error:
            self._count_failure(error.mail_id, error.queue_id, error)
            return 1
        for failed in failures:
            self._count_failure(failed.mail.id, failed.mail.queue_id, failed.error)
        self._store(prepared)
        return len(mails)

    def _store(self, prepared: Sequence[PreparedMail]) -> None:
        if not prepared:
            return
        try:
            with write_transaction(self.engine) as connection:
                stored = store_prepared(connection, prepared)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - top of a worker: the mail is parked, never lost
            if len(prepared) == 1:
                self._count_failure(prepared[0].mail.id, prepared[0].mail.queue_id, error)
                return
            for each in prepared:  # what one of them raises is not the others' fault
                self._store([each])
        else:
            for each in stored:
                note(PROGRAM, Event.PROCESSED, queue_id=each.mail.queue_id)

    def _count_failure(self, mail_id: int, queue_id: str, error: Exception) -> None:
        with write_transaction(self.engine) as connection:
            state = count_failure(connection, mail_id, shunt_after=SHUNT_AFTER)
        event = Event.SHUNTED if state is MailState.SHUNTED else Event.FAILED
        note(PROGRAM, event, queue_id=queue_id, error=type(error))

    def _process_notice(self) -> int:
        """The notice that has waited longest."""
        now = datetime.now(UTC)
        with self.engine.connect() as connection:  # without the lock for writing: mostly there is none
            waits = next_notice(connection, attempts_below=SHUNT_AFTER, now=now) is not None
        if not waits:
            return 0
        notice: NoticeRequest | None = None
        try:
            with write_transaction(self.engine) as connection:
                notice = next_notice(connection, attempts_below=SHUNT_AFTER, now=now)
                if notice is None:
                    return 0
                self._write_notice(connection, notice)
        except OperationalError:
            raise
        except Exception as error:
            if notice is None:
                raise
            with write_transaction(self.engine) as connection:
                count_notice_failure(connection, notice.id)
            note(PROGRAM, Event.FAILED, queue_id=notice.queue_id, error=type(error))
        return 1

    def _write_notice(self, connection: Connection, notice: NoticeRequest) -> None:
        now = datetime.now(UTC)
        officer = find_officer_by_id(connection, notice.officer)
        if officer is None or officer.removed_at is not None or now - notice.requested_at > _HELD_AT_MOST:
            finish_notice(connection, notice)
            note(PROGRAM, Event.NOTICE_DROPPED, queue_id=notice.queue_id)
            return
        certificate = find_certificate(connection, officer.certificate) if officer.certificate else None
        readable = certificate is not None and bool(certificate.encryption_key_ids(now))
        held = not readable and notice.encrypt_to is None and not complete_in_the_clear(notice)
        if held and not hold_notice(connection, notice, until=now + _HELD_TOLD_EVERY, now=now):
            return  # the holder was told today that the certificate needs attention
        delivery = write_notice(
            with_secrets(connection, notice, readable=readable, now=now),
            officer,
            certificate,
            signer=self.signer,
            domain=self.domain,
            pilot=self.pilot,
            now=now,
            attachments=self.library_files(connection) if notice.kind == NoticeKind.LIBRARY.value else (),
        )
        queue_deliveries(connection, [delivery], now)
        if not held:
            finish_notice(connection, notice)
        note(PROGRAM, Event.NOTICE_HELD if held else Event.PROCESSED, queue_id=notice.queue_id)

    def release_notices(self) -> None:
        """Let go what is held for officers who have a certificate again."""
        now = datetime.now(UTC)
        with self.engine.connect() as connection:
            waiting = held_for(connection)
            usable = [officer for officer in waiting if _can_be_written_to(connection, officer, now)]
        if usable:
            with write_transaction(self.engine) as connection:
                for officer in usable:
                    release_held(connection, officer)


def _can_be_written_to(connection: Connection, officer_id: int, now: datetime) -> bool:
    officer = find_officer_by_id(connection, officer_id)
    fingerprint = officer.certificate if officer is not None else None
    certificate = find_certificate(connection, fingerprint) if fingerprint is not None else None
    return certificate is not None and bool(certificate.encryption_key_ids(now))


@dataclass(frozen=True, slots=True)
class _Failure:
    mail: AcceptedMail
    error: Exception


def _prepare(preparation: Preparation, mail: AcceptedMail, prepared: list[PreparedMail]) -> _Failure | None:
    try:
        prepared.append(preparation.prepare(mail))
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - top of a worker: the mail is parked, never lost
        return _Failure(mail, error)
    return None
