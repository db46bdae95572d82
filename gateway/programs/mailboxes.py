"""The program `mailboxes`: the embedded Dovecot alone, for those who start each program by itself.

It ends when Dovecot ends: whoever started it starts it again. Mail waits in the queue meanwhile.
"""

import subprocess
import threading
import time

from gateway.journal import Event, note
from gateway.mailbox_server import mailbox_settings
from gateway.programs.stopping import stop_on_signals
from gateway.settings import Settings
from mailroom.mailboxes.dovecot import Dovecot
from mailroom.mailboxes.mailbox_error import MailboxFault, MailboxServerError

PROGRAM = "mailboxes"
_POLL_SECONDS = 0.2
_PURGE_SECONDS = 24 * 3600.0


def run_mailboxes(settings: Settings) -> None:
    """Serve mailboxes until SIGTERM. Raises MailboxServerError if Dovecot cannot be started, or ends by itself."""
    stopping = stop_on_signals()
    dovecot = Dovecot(mailbox_settings(settings))
    dovecot.start()
    note(PROGRAM, Event.STARTED)
    purge_at = time.monotonic() + _PURGE_SECONDS
    try:
        while not stopping.wait(_POLL_SECONDS):
            if dovecot.pid is None:
                raise MailboxServerError(MailboxFault.EXITED_EARLY, dovecot.log_lines)
            if time.monotonic() >= purge_at:
                purge_at = time.monotonic() + _PURGE_SECONDS
                threading.Thread(target=_purge, args=(dovecot,), name="purge", daemon=True).start()
    finally:
        dovecot.stop()
        note(PROGRAM, Event.STOPPED)


def _purge(dovecot: Dovecot) -> None:
    """Expunged ciphertext leaves the disk once a day: mdbox keeps it until then."""
    try:
        dovecot.purge_expunged()
    except (MailboxServerError, subprocess.TimeoutExpired) as error:
        note(PROGRAM, Event.FAILED, rule="purge", error=type(error))
