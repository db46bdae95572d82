"""The program `deliver`: hands what is ready to the mailboxes."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import OperationalError

from gateway.delivering import PROGRAM, EnvelopeObserver
from gateway.journal import Event, note
from gateway.key_life.compromised_readers import CompromisedReaders
from gateway.mailbox_server import message_finder
from gateway.programs.stopping import stop_on_signals
from gateway.settings import Settings
from gateway.state import open_state
from mailroom.delivery import Deliverer, RetryPolicy
from mailroom.lmtp import LmtpConnection
from mailroom.wakeup import Wakeup, ring

POLL_SECONDS = 1.0
_DATABASE_AWAY_SECONDS = 1.0


def run_deliver(settings: Settings) -> None:
    """Deliver until SIGTERM."""
    stopping = stop_on_signals()
    endpoint = lmtp_endpoint(settings)
    bell_path = settings.run_folder / "deliver.bell"
    engine = open_state(settings)
    readers = CompromisedReaders(engine)
    deliverer = Deliverer(
        engine,
        connect=lambda: LmtpConnection(endpoint),
        holds_message=message_finder(settings),
        readable=readers.readable,
        observer=EnvelopeObserver(
            pilot=settings.gateway.pilot, process_bell=settings.run_folder / "process.bell", readers=readers
        ),
        policy=retry_policy(settings),
        when_free=lambda: ring(bell_path),
    )
    bell = Wakeup(bell_path)
    note(PROGRAM, Event.STARTED)
    while not stopping.is_set():
        try:
            while deliverer.start_due() and not stopping.is_set():
                continue  # the next ones, for other mailboxes
            bell.wait(POLL_SECONDS)
        except OperationalError as error:
            note(PROGRAM, Event.DATABASE_AWAY, error=type(error))
            stopping.wait(_DATABASE_AWAY_SECONDS)
    deliverer.stop()
    bell.close()
    note(PROGRAM, Event.STOPPED)


def retry_policy(settings: Settings) -> RetryPolicy:
    """The retries of the configuration."""
    return RetryPolicy(
        first=settings.delivery.first_retry_seconds,
        longest=settings.delivery.longest_retry_seconds,
        late=timedelta(hours=settings.delivery.delay_notice_hours),
        give_up=timedelta(hours=settings.delivery.give_up_hours),
        lease=timedelta(seconds=settings.delivery.lease_seconds),
        connections=settings.delivery.connections,
    )


def lmtp_endpoint(settings: Settings) -> Path | tuple[str, int]:
    """A UNIX socket, or host and port."""
    host, colon, port = settings.mailboxes.lmtp.rpartition(":")
    return (host, int(port)) if colon and port.isdigit() else settings.path(settings.mailboxes.lmtp)
