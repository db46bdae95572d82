"""The program `process`: makes accepted mails ready for delivery, and writes notices."""

import time
from datetime import timedelta
from functools import partial

from sqlalchemy.exc import OperationalError

from gateway.access_keeper import AccessKeeper
from gateway.journal import Event, note
from gateway.key_life.keeper import KeyLifeKeeper
from gateway.library.by_mail import LibraryFiles
from gateway.library_in_force import release_keys
from gateway.processing import PROGRAM, Processor
from gateway.programs.stopping import stop_on_signals
from gateway.proposals_keeper import ProposalsKeeper
from gateway.settings import Settings
from gateway.signing import GatewaySigner
from gateway.state import open_state
from gateway.wkd.keeper import WkdKeeper
from keyring_admin.gateway_key import export_secret_subkeys
from mailroom.wakeup import Wakeup, ring

POLL_SECONDS = 1.0
_LOOK_BACK_EVERY_SECONDS = 600.0
_DATABASE_AWAY_SECONDS = 1.0


def run_process(settings: Settings) -> None:
    """Work until SIGTERM."""
    stopping = stop_on_signals()
    processor = Processor(
        engine=open_state(settings),
        signer=GatewaySigner(export_secret_subkeys(settings.gnupg_home, settings.gateway.fingerprint)),
        domain=settings.gateway.domain,
        pilot=settings.gateway.pilot,
        library_files=LibraryFiles(settings.path(settings.library.file), partial(release_keys, settings)).attachments,
        when_ready=lambda: ring(settings.run_folder / "deliver.bell"),
    )
    wkd = WkdKeeper(settings, processor.engine, PROGRAM)
    access = AccessKeeper(settings, processor.engine, PROGRAM)
    key_life = KeyLifeKeeper(settings, processor.engine, PROGRAM)
    proposals = ProposalsKeeper(settings, processor.engine, PROGRAM)
    bell = Wakeup(settings.run_folder / "process.bell")
    note(PROGRAM, Event.STARTED)
    delay_notice = timedelta(hours=settings.delivery.delay_notice_hours)
    look_back_at = 0.0
    while not stopping.is_set():
        try:
            processor.process_all()
            if time.monotonic() >= look_back_at:
                processor.forget_old()
                processor.tell_delays(delay_notice)
                look_back_at = time.monotonic() + _LOOK_BACK_EVERY_SECONDS
            processor.release_notices()
            access.keep()
            key_life.keep()
            proposals.keep()
            wkd.keep()
            bell.wait(POLL_SECONDS)
        except OperationalError as error:
            note(PROGRAM, Event.DATABASE_AWAY, error=type(error))
            stopping.wait(_DATABASE_AWAY_SECONDS)
    bell.close()
    note(PROGRAM, Event.STOPPED)
