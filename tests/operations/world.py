"""A pilot gateway that really runs, with people who send many direct mails and count what arrives."""

import hashlib
import os
import secrets
import shutil
import signal
import smtplib
import ssl
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.exc import OperationalError

from gateway.demo.people import stop_agents
from gateway.demo.running import RunningGateway, free_ports, gsp
from gateway.demo.world import DOMAIN, DemoWorld
from gateway.gate import Accepted, judge
from gateway.officer.keyring import OfficerKeyring
from gateway.settings import load_settings
from keyring_admin.database import open_database, write_transaction
from keyring_admin.openpgp.armor import enarmor
from mailroom.notice_requests import notice_requests
from mailroom.schema import accepted_mails, deliveries

_SETTLED_SECONDS = 60
_FASTER = "\n[delivery]\nfirst_retry_seconds = 0.2\nlongest_retry_seconds = 1\nlease_seconds = 3\n"
_HEAD = (
    "From: {sender}\r\nTo: {party}@" + DOMAIN + "\r\nSubject: ...\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n"
    "--b\r\nContent-Type: application/octet-stream\r\n\r\n"
)


class OperationsWorld(DemoWorld):
    """The demonstration's world, with quicker retries, on the database of `url` if there is one."""

    url: str = ""

    def _publish_libraries(self) -> None:
        super()._publish_libraries()
        text = self.config.read_text(encoding="utf-8")
        text = text.replace("[submission]\n", "[submission]\nmails_per_minute = 10000\n") + _FASTER
        if self.url:
            text += f'\n[database]\nurl = "{self.url}"\n'
            (self.config.parent / "gateway.db").unlink()
        self.config.write_text(text, encoding="utf-8")
        gsp("upgrade", config=self.config)

    @property
    def gateway_folder(self) -> Path:
        """The deployment."""
        return self.folder / "gw"

    def encrypted_mail(self, sender: str, party: str) -> tuple[str, bytes]:
        """A direct mail, and the SHA-256 of its packets by which it is known again."""
        officer, addressee = self.parties[sender], self.parties[party]
        octets = OfficerKeyring(officer.gnupg).sign_and_encrypt(
            f"Content-Type: text/plain\r\n\r\n{secrets.token_hex(20)}\r\n".encode(),
            signer=officer.officer_fingerprint,
            recipients=[addressee.reading_fingerprint, officer.officer_fingerprint],
        )
        head = _HEAD.format(sender=officer.officer, party=party.lower()).encode()
        return hashlib.sha256(octets).hexdigest(), head + enarmor(octets) + b"\r\n--b--\r\n"

    @contextmanager
    def session(self, sender: str) -> Iterator[smtplib.SMTP_SSL]:
        """A session of an officer."""
        officer = self.parties[sender]
        context = ssl.create_default_context(cafile=self.authority)
        with smtplib.SMTP_SSL("localhost", self.ports.submission, context=context, timeout=60) as client:
            client.login(officer.officer, officer.password)
            yield client

    def submit(self, client: smtplib.SMTP_SSL, sender: str, party: str) -> str:
        """Send one mail; its SHA-256, once the gateway said `250`."""
        digest, mail = self.encrypted_mail(sender, party)
        client.sendmail(self.parties[sender].officer, [f"{party.lower()}@{DOMAIN}"], mail)
        return digest

    def arrived(self, party: str) -> Counter[str]:
        """How often each mail is in a Party's mailbox, by the SHA-256 of its packets."""
        found: Counter[str] = Counter()
        for mail in self.mails(self.parties[party], f"Party/{party}"):
            accepted = judge(mail, size_limit=1 << 20)
            assert isinstance(accepted, Accepted)
            found[hashlib.sha256(accepted.messages[-1].octets).hexdigest()] += 1
        return found

    def settle(self) -> None:
        """Wait until nothing waits in the queue."""
        deadline = time.monotonic() + _SETTLED_SECONDS
        while not self.read(_nothing_waits):
            assert time.monotonic() < deadline, "the queue does not become empty"
            time.sleep(0.1)

    def wait_for_rows(self, table: Table, state: str, count: int) -> None:
        """Wait until so many rows of a queue are in a state."""
        rows = select(func.count()).where(table.c.state == state)
        deadline = time.monotonic() + _SETTLED_SECONDS
        while not self.read(lambda connection: connection.execute(rows).scalar_one() >= count):
            assert time.monotonic() < deadline, "they do not come"
            time.sleep(0.1)

    def read(self, look: Callable[[Connection], bool]) -> bool:
        """Look into the gateway's database."""
        engine = open_database(load_settings(self.config).database_url, busy_timeout=20_000)
        try:
            with engine.connect() as connection:
                return look(connection)
        finally:
            engine.dispose()

    def program(self, name: str) -> int:
        """The process id of a program that the supervisor started."""
        assert self.gateway is not None
        listed = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(self.gateway.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return next(int(line.split()[0]) for line in listed.stdout.splitlines() if line.endswith(f"run {name}"))

    def pause(self, name: str) -> None:
        """Stop a program where it stands, but not while it holds the database."""
        pid = self.program(name)
        engine = open_database(load_settings(self.config).database_url, busy_timeout=200)
        try:
            for _ in range(50):
                os.kill(pid, signal.SIGSTOP)
                try:
                    with write_transaction(engine):
                        return
                except OperationalError:
                    self.go_on(name)
                    time.sleep(0.05)
        finally:
            engine.dispose()
        raise AssertionError(f"{name} never lets go of the database")

    def go_on(self, name: str) -> None:
        """Let a paused program go on."""
        os.kill(self.program(name), signal.SIGCONT)

    def lose_machine(self) -> None:
        """Everything is killed at once, and the deployment is gone."""
        assert self.gateway is not None
        group = self.gateway.pid
        os.killpg(group, signal.SIGKILL)  # the kernel tells those that are not in the group
        self.gateway.stop()
        deadline = time.monotonic() + 20
        while self._still_runs() and time.monotonic() < deadline:
            time.sleep(0.1)
        shutil.rmtree(self.gateway_folder)

    def start_again(self) -> None:
        """The gateway of the same configuration."""
        self.gateway = RunningGateway(self.config)
        self.gateway.start()

    def _still_runs(self) -> bool:
        done = subprocess.run(["pgrep", "-f", str(self.gateway_folder)], capture_output=True, check=False)
        return done.returncode == 0


@contextmanager
def running_world(url: str = "") -> Iterator[OperationsWorld]:
    """A world that runs. url: of an empty PostgreSQL database; else it is on SQLite."""
    # A short path: GnuPG and Dovecot put sockets below it.
    folder = Path(tempfile.mkdtemp(prefix="gspo-", dir="/tmp"))
    world = OperationsWorld(folder, free_ports(), lambda _line: None)
    try:
        world.url = url
        world.set_up()
        yield world
    finally:
        if world.gateway is not None:
            world.gateway.stop()
        stop_agents(list(world.parties.values()))
        shutil.rmtree(folder, ignore_errors=True)


def _nothing_waits(connection: Connection) -> bool:
    waiting = connection.execute(select(accepted_mails.c.id).where(accepted_mails.c.state != "processed")).first()
    left = [connection.execute(select(each.c.id)).first() for each in (deliveries, notice_requests)]
    return waiting is None and left == [None, None]
