"""Dovecot as a child process: started in the foreground, watched, stopped together with its children.

Contract: it never runs as root, ends with the process that started it, leaves no core dump, and what it logs is kept
in memory only, without addresses. Whether to start it again is the caller's decision.
"""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from mailroom.mailboxes.configuration import Account, account_for, write_configuration
from mailroom.mailboxes.database_words import database_words
from mailroom.mailboxes.installation import Installation, find_installation
from mailroom.mailboxes.log_lines import without_people
from mailroom.mailboxes.mailbox_error import MailboxFault, MailboxServerError
from mailroom.mailboxes.probes import alive_in_group, imap_greets, lmtp_greets
from mailroom.mailboxes.settings import MailboxSettings

_KEPT_LINES = 200
_POLL_SECONDS = 0.02


class Dovecot:
    """One Dovecot.

    settings: what it serves. on_log: called with each log line, without addresses, on a thread of its own; it must
    not raise.
    Start it on a thread that lives as long as the mailboxes shall be served: the kernel ends it with that thread.
    """

    def __init__(self, settings: MailboxSettings, *, on_log: Callable[[str], None] | None = None) -> None:
        self._settings = settings
        self._on_log = on_log
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._child: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._installation: Installation | None = None
        self._configuration: Path | None = None

    @property
    def log_lines(self) -> tuple[str, ...]:
        """The last lines Dovecot logged, without addresses."""
        return tuple(self._lines)

    @property
    def pid(self) -> int | None:
        """The process id of Dovecot's master while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self, timeout: float = 15.0) -> None:
        """Write the configuration, start Dovecot, return once IMAP and LMTP greet.

        timeout: seconds. Raises MailboxServerError, with Dovecot's last lines, if it can't or it does not answer.
        """
        if self.pid is not None:
            raise MailboxServerError(MailboxFault.ALREADY_STARTED)
        account = account_for(self._settings)
        self._installation = find_installation()
        words = database_words(self._settings.database_url)
        if not self._installation.has_driver(words.driver):
            raise MailboxServerError(MailboxFault.DRIVER_MISSING)
        # Dovecot would make an empty database in its place.
        if words.driver == "sqlite" and not Path(words.connect).exists():
            raise MailboxServerError(MailboxFault.DATABASE_MISSING)
        self._configuration = write_configuration(self._settings, self._installation)
        # With mode 0 Dovecot neither serves nor removes it, and each start would wait for it for five seconds.
        (self._settings.run_folder / "anvil-auth-penalty").unlink(missing_ok=True)
        self._lines.clear()
        self._child = subprocess.Popen(
            [*_launcher(account), str(self._installation.dovecot), "-F", "-c", str(self._configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
            start_new_session=True,  # one process group: nothing of it is left behind
        )
        self._reader = threading.Thread(target=self._read_log, args=(self._child,), name="dovecot-log", daemon=True)
        self._reader.start()
        self._wait_until_answering(self._child, time.monotonic() + timeout)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until Dovecot ends; its exit status, or None if it still runs after `timeout` seconds."""
        if self._child is None:
            return None
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, timeout: float = 10.0) -> None:
        """Stop Dovecot and all its processes; what has not ended after `timeout` seconds is killed."""
        if self._child is None:
            return
        group = self._child.pid
        self._child.terminate()
        if self.wait(timeout) is None:
            self._child.kill()
            self._child.wait()
        deadline = time.monotonic() + timeout
        while alive_in_group(group) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if alive_in_group(group):
            os.killpg(group, signal.SIGKILL)
        if self._reader is not None:
            self._reader.join(timeout)
        self._child = None

    def purge_expunged(self, timeout: float = 600.0) -> None:
        """Free the disk space of expunged mail: mdbox keeps the ciphertext until then. Run it once a day.

        Raises MailboxServerError if Dovecot does not run or refuses.
        """
        self._doveadm("purge", "-A", timeout=timeout)

    def disconnect(self, address: str, timeout: float = 10.0) -> None:
        """End the IMAP sessions of an officer whose access was withdrawn.

        address: canonical. Raises MailboxServerError if Dovecot does not run or refuses.
        """
        self._doveadm("kick", address, timeout=timeout)

    def _doveadm(self, *arguments: str, timeout: float) -> None:
        if self.pid is None or self._installation is None or self._configuration is None:
            raise MailboxServerError(MailboxFault.NOT_ANSWERING, self.log_lines)
        command = [str(self._installation.doveadm), "-c", str(self._configuration), *arguments]
        done = subprocess.run(
            [*_launcher(account_for(self._settings)), *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            timeout=timeout,
            check=False,
        )
        # sysexits.h EX_NOUSER: kick found nobody to disconnect.
        if done.returncode not in {0, 68}:
            lines = tuple(without_people(line) for line in done.stderr.splitlines())
            raise MailboxServerError(MailboxFault.COMMAND_FAILED, lines)

    def _read_log(self, child: subprocess.Popen[bytes]) -> None:
        if child.stderr is None:
            return
        with child.stderr as stream:
            for raw in stream:
                line = without_people(raw.decode("utf-8", "replace").rstrip("\n"))
                self._lines.append(line)
                if self._on_log is not None:
                    self._on_log(line)

    def _wait_until_answering(self, child: subprocess.Popen[bytes], deadline: float) -> None:
        while not (
            lmtp_greets(self._settings.lmtp_socket) and imap_greets(self._settings.imap_host, self._settings.imap_port)
        ):
            if child.poll() is not None:
                self.stop()
                raise MailboxServerError(MailboxFault.EXITED_EARLY, self.log_lines)
            if time.monotonic() > deadline:
                self.stop()
                raise MailboxServerError(MailboxFault.NOT_ANSWERING, self.log_lines)
            time.sleep(_POLL_SECONDS)


def _launcher(account: Account) -> list[str]:
    """Words before the command: end with the parent, no new privileges, no core dump; from root, another account."""
    words = ["setpriv", "--pdeathsig", "TERM", "--no-new-privs"]
    if os.geteuid() == 0:
        words += ["--reuid", str(account.uid), "--regid", str(account.gid), "--clear-groups", "--bounding-set=-all"]
    return [*words, "prlimit", "--core=0:0", "--"]
