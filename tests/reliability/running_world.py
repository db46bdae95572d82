"""A gateway that really runs, made to try again quickly, and everything a test asks it for."""

import hashlib
import shutil
import smtplib
import ssl
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine, func, select

from gateway.demo.people import stop_agents
from gateway.demo.running import DemoError, RunningGateway, free_ports
from gateway.demo.world import DemoWorld
from gateway.gate import Accepted, judge
from keyring_admin.database import open_database
from mailroom.notice_requests import notice_requests
from mailroom.schema import accepted_mails, deliveries

Value = TypeVar("Value")
_START_AGAIN = 5
_FASTER = "\n[delivery]\nfirst_retry_seconds = 0.2\nlongest_retry_seconds = 1\nlease_seconds = 4\n"


class ReliabilityWorld(DemoWorld):
    """The demonstration's world with quick retries and room for many mails."""

    def _publish_libraries(self) -> None:
        super()._publish_libraries()
        text = self.config.read_text(encoding="utf-8")
        roomy = "[submission]\nmails_per_minute = 100000\nsessions_per_address = 100\n"
        self.config.write_text(text.replace("[submission]\n", roomy) + _FASTER, encoding="utf-8")

    @property
    def database(self) -> Path:
        """The gateway's database."""
        return self.folder / "gw" / "gateway.db"

    def engine(self) -> Engine:
        """The gateway's database, opened by the test."""
        return open_database(f"sqlite:///{self.database}", busy_timeout=20_000)

    def start(self) -> None:
        """Start `gsp serve`; like a service manager, again if its predecessor is still in the way."""
        for _ in range(_START_AGAIN):
            self.gateway = RunningGateway(self.config)
            try:
                self.gateway.start()
            except DemoError:
                time.sleep(1)
            else:
                return
        raise AssertionError("the gateway does not start")

    def stop(self) -> None:
        """Stop it in order."""
        if self.gateway is not None:
            self.gateway.stop()
            self.gateway = None

    @property
    def pid(self) -> int:
        """The supervisor."""
        assert self.gateway is not None
        return self.gateway.pid

    @contextmanager
    def session(self, code: str, timeout: float = 30) -> Iterator[smtplib.SMTP_SSL]:
        """A session of the Party's officer, over TLS and logged in."""
        context = ssl.create_default_context(cafile=self.authority)
        with smtplib.SMTP_SSL("localhost", self.ports.submission, context=context, timeout=timeout) as client:
            client.login(self.parties[code].officer, self.parties[code].password)
            yield client

    def submit(self, client: smtplib.SMTP, code: str, recipient: str, octets: bytes) -> str:
        """One mail in an open session; the first reply that is not positive, or the last."""
        reply, text = client.mail(self.parties[code].officer)
        if reply == 250:
            reply, text = client.rcpt(recipient)
        if reply == 250:
            reply, text = client.data(octets)
        if reply != 250:
            client.rset()
        return f"{reply} {text.decode('ascii')}"

    def send(self, code: str, recipient: str, octets: bytes) -> str:
        """One mail in a session of its own."""
        with self.session(code) as client:
            return self.submit(client, code, recipient, octets)

    def arrivals(self, code: str) -> dict[str, list[str]]:
        """The Message-IDs in a Party's mailbox, by the hash of the body they came with."""
        found: dict[str, list[str]] = {}
        for mail in self.mails(self.parties[code], f"Party/{code}"):
            accepted = judge(mail, size_limit=1 << 24)
            assert isinstance(accepted, Accepted)
            body = hashlib.sha256(accepted.messages[-1].octets).hexdigest()
            found.setdefault(body, []).append(str(message_from_bytes(mail)["Message-ID"]))
        return found

    def waiting(self) -> Counter[str]:
        """What stands in the queue."""
        engine = self.engine()
        try:
            with engine.connect() as connection:
                mails = connection.execute(
                    select(accepted_mails.c.state, func.count())
                    .where(accepted_mails.c.state != "processed")
                    .group_by(accepted_mails.c.state)
                )
                found = Counter({f"mail {state}": number for state, number in mails})
                queued = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
                found.update({f"delivery {state}": number for state, number in queued})
                notices = connection.scalar(select(func.count()).select_from(notice_requests))
                return found + Counter({"notices": notices or 0})
        finally:
            engine.dispose()

    def settle(self, seconds: float = 40) -> None:
        """Wait until nothing waits."""
        deadline = time.monotonic() + seconds
        while waiting := self.waiting():
            assert time.monotonic() < deadline, waiting
            time.sleep(0.2)


def wait_for(look: Callable[[], Value | None], seconds: float = 25) -> Value:
    """What `look` finds, once it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come")


@contextmanager
def running_world(parent: Path = Path("/tmp")) -> Iterator[ReliabilityWorld]:  # a short path: sockets lie below
    """A world in a folder of its own, gone afterwards with all its processes."""
    folder = Path(tempfile.mkdtemp(prefix="gspr-", dir=parent))
    world = ReliabilityWorld(folder, free_ports(), lambda _line: None)
    try:
        world.set_up()
        yield world
    finally:
        world.stop()
        stop_agents(list(world.parties.values()))
        subprocess.run(
            ["gpgconf", "--homedir", str(folder / "gw" / "gnupg"), "--kill", "all"], check=False, capture_output=True
        )
        shutil.rmtree(folder, ignore_errors=True)
