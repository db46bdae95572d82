"""A gateway that runs for the demonstration: the real `gsp serve` in a process group of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from gateway.settings import load_settings
from mailroom.mailboxes.probes import imap_greets

_START_SECONDS = 30
_STOP_SECONDS = 40


class DemoError(RuntimeError):
    """The demonstration cannot go on; the text says why."""


@dataclass(slots=True)
class Ports:
    """Free ports on loopback."""

    submission: int
    starttls: int
    imap: int


def free_ports() -> Ports:
    """Three ports nobody listens on."""
    sockets = [socket.socket() for _ in range(3)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    numbers = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return Ports(*numbers)


def gsp(*arguments: str, config: Path | None = None) -> str:
    """Run a command of this program; what it printed. Raises DemoError with what it said."""
    done = run_gsp(*arguments, config=config)
    if done.returncode != 0:
        raise DemoError(f"gsp {arguments[0]} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def run_gsp(*arguments: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of this program and give back whatever came of it."""
    command = [sys.executable, "-m", "gateway"]
    if config is not None:
        command += ["--config", str(config)]
    # What the commands say is looked at by the demonstration: in English, whatever the language of whoever runs it.
    environment = {**os.environ, "COLUMNS": "180", "LC_ALL": "C.UTF-8", "GSP_LANGUAGE": ""}
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, check=False, timeout=120, env=environment
    )


class RunningGateway:
    """Starts `gsp serve` for a configuration, waits until all its doors are open, stops it."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._log = config.parent.parent / "gateway.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        if self._process is None:
            raise DemoError("the gateway does not run")
        return self._process.pid

    def start(self) -> None:
        """Start it. Raises DemoError if it does not answer."""
        if shutil.which("dovecot") is None and not Path("/usr/sbin/dovecot").exists():
            raise DemoError("Dovecot is missing: apt-get install dovecot-imapd dovecot-lmtpd dovecot-sqlite")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "--config", str(self._config), "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the demonstration, which stops it in order
            )
        settings = load_settings(self._config)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if _listens(settings.submission.tls_port) and imap_greets("127.0.0.1", settings.mailboxes.imap_port):
                return
            time.sleep(0.1)
        self.stop()
        raise DemoError(f"the gateway did not start; see {self._log}")

    def stop(self) -> None:
        """Stop it and everything it started."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._process = None


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
