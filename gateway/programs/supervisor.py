"""`gsp serve`: starts Dovecot and the programs, starts again what dies, stops all of it together.

Should the supervisor itself be killed, everything it started is told to stop by the kernel, so that it can be started
again at once.
"""

import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from types import FrameType

from gateway.journal import Event, note
from gateway.mailbox_server import mailbox_settings
from gateway.programs.restarts import Restarts
from gateway.programs.stopping import stop_on_signals
from gateway.settings import Settings
from mailroom.mailboxes.dovecot import Dovecot
from mailroom.mailboxes.mailbox_error import MailboxFault, MailboxServerError

PROGRAM = "serve"
PROGRAMS = ("process", "deliver", "edge")  # the edge last: it takes mail only when the rest stands
_PREDECESSOR_SECONDS = 15.0  # a Dovecot whose supervisor was killed still ends
_STOP_SECONDS = 30.0
_DOVECOT_RESTART_SECONDS = 1.0
_POLL_SECONDS = 0.2
_PURGE_SECONDS = 24 * 3600.0


@dataclass(slots=True)
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    started_at: float
    restarts: Restarts = field(default_factory=Restarts)
    restart_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """The parent of everything. Signals: SIGTERM and SIGINT stop, SIGHUP reloads the edge's TLS certificate."""

    settings: Settings
    config_file: str
    _children: dict[str, _Child] = field(default_factory=dict)
    _dovecot: Dovecot | None = None
    _dovecot_restart_at: float = 0.0
    _reload: threading.Event = field(default_factory=threading.Event)
    _purge_at: float = field(default_factory=lambda: time.monotonic() + _PURGE_SECONDS)

    def run(self) -> None:
        """Serve until told to stop."""
        stopping = stop_on_signals()
        signal.signal(signal.SIGHUP, self._on_hangup)
        if self.settings.mailboxes.embedded:
            self._dovecot = Dovecot(mailbox_settings(self.settings))
            self._start_first(self._dovecot, stopping)
        for name in ("http", *PROGRAMS) if self.settings.http.enabled else PROGRAMS:
            self._children[name] = _Child(name, self._spawn(name), time.monotonic())
        note(PROGRAM, Event.STARTED)
        try:
            while not stopping.wait(_POLL_SECONDS):
                self._look_after()
        finally:
            self._stop_all()
            note(PROGRAM, Event.STOPPED)

    def _look_after(self) -> None:
        now = time.monotonic()
        if self._dovecot is not None and self._dovecot.pid is None and now >= self._dovecot_restart_at:
            note(PROGRAM, Event.CHILD_EXITED, rule="dovecot")
            self._restart(self._dovecot)
        for child in self._children.values():
            if child.restart_at is not None:
                if now >= child.restart_at:
                    child.process, child.started_at, child.restart_at = self._spawn(child.name), now, None
            elif child.process.poll() is not None:
                note(PROGRAM, Event.CHILD_EXITED, rule=child.name, count=child.process.returncode)
                child.restart_at = now + child.restarts.wait_after(now - child.started_at)
        if self._dovecot is not None and now >= self._purge_at:
            self._purge_at = now + _PURGE_SECONDS
            threading.Thread(target=self._purge, args=(self._dovecot,), name="purge", daemon=True).start()
        if self._reload.is_set():
            self._reload.clear()
            self._children["edge"].process.send_signal(signal.SIGHUP)

    def _start_first(self, dovecot: Dovecot, stopping: threading.Event) -> None:
        """Raises MailboxServerError if it cannot be started, and not only because its predecessor still ends."""
        deadline = time.monotonic() + _PREDECESSOR_SECONDS
        while True:
            try:
                dovecot.start()
            except MailboxServerError as error:
                if error.fault is not MailboxFault.EXITED_EARLY or time.monotonic() > deadline or stopping.is_set():
                    raise
                stopping.wait(_POLL_SECONDS)
            else:
                return

    def _restart(self, dovecot: Dovecot) -> None:
        """Mail waits in the queue meanwhile: a Dovecot that cannot be started is tried again, it ends nothing else."""
        dovecot.stop()
        try:
            dovecot.start()
        except MailboxServerError as error:
            note(PROGRAM, Event.FAILED, rule="dovecot", error=type(error))
            self._dovecot_restart_at = time.monotonic() + _DOVECOT_RESTART_SECONDS

    def _purge(self, dovecot: Dovecot) -> None:
        """Expunged ciphertext leaves the disk once a day: mdbox keeps it until then."""
        try:
            dovecot.purge_expunged()
        except (MailboxServerError, subprocess.TimeoutExpired) as error:
            note(PROGRAM, Event.FAILED, rule="purge", error=type(error))

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        command = [
            "setpriv",
            "--pdeathsig",
            "TERM",
            "--",
            sys.executable,
            "-m",
            "gateway",
            "--config",
            self.config_file,
            "run",
            name,
        ]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def _stop_all(self) -> None:
        """The edge first, so that nothing new comes in; what is accepted is on disk."""
        for names in (["edge"], [name for name in self._children if name != "edge"]):
            running = [self._children[name].process for name in names if name in self._children]
            for process in running:
                if process.poll() is None:
                    process.terminate()
            for process in running:
                try:
                    process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        if self._dovecot is not None:
            self._dovecot.stop()

    def _on_hangup(self, _signal: int, _frame: FrameType | None) -> None:
        self._reload.set()
