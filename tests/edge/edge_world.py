"""A real submission server in a thread of its own, a gatekeeper with the real gate, a client of raw sockets."""

import asyncio
import datetime
import re
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.edge.limits import EdgeLimits
from gateway.edge.ports import Identity, Submission
from gateway.edge.server import Listener, SubmissionServer
from gateway.gate import Accepted, judge
from gateway.replies import (
    ACCEPTED,
    NO_SUCH_MAILBOX,
    POLICY,
    RECIPIENT_OK,
    SENDER_NOT_ACTIVE,
    SENDER_OK,
    Reply,
)

DOMAIN = "gw.example"
ALICE = Identity(officer_id=1, address="alice@user.example", party="KE")
BOB = Identity(officer_id=2, address="bob@user.example", party="EU")
PASSWORD = "pw"
MAIL = (Path(__file__).parent / "encrypted.eml").read_bytes()
HEADERS, _, BODY = MAIL.partition(b"\r\n\r\n")

QUICK = {"failed_authentication": 0.05, "linger_quiet": 0.05, "linger": 2.0, "failures_per_account": 1000}
"""Times scaled down, so that refusals don't make the suite wait."""


def plain(login: str = ALICE.address, password: str = PASSWORD) -> bytes:
    """An AUTH PLAIN command with its initial response."""
    return b"AUTH PLAIN " + b64encode(f"\0{login}\0{password}".encode())


class RecordingGatekeeper:
    """Knows two officers and one mailbox; asks the real gate; keeps what was accepted and what was asked."""

    def __init__(self) -> None:
        self.accepted: list[Submission] = []
        self.received: list[Submission] = []
        self.asked_sender: list[int] = []
        self.asked_recipient: list[str] = []
        self.attempts: list[str] = []
        self.active = True
        self.judging = True
        self.before_reply: Callable[[], Any] | None = None
        self.fault: BaseException | None = None
        self.fault_at = ""

    def _fail(self, where: str) -> None:
        if self.fault is not None and self.fault_at == where:
            raise self.fault

    async def authenticate(self, login: str, password: str) -> Identity | None:
        self.attempts.append(login)
        self._fail("authenticate")
        if password != PASSWORD:
            return None
        return {ALICE.address: ALICE, BOB.address: BOB}.get(login)

    async def authenticate_key(self, tls_key: str, acting_for: str) -> Identity | None:
        return None

    async def admit_sender(self, identity: Identity) -> Reply:
        self._fail("admit_sender")
        self.asked_sender.append(identity.officer_id)
        return SENDER_OK if self.active else SENDER_NOT_ACTIVE

    async def admit_recipient(self, identity: Identity, recipient: str) -> Reply:
        self._fail("admit_recipient")
        self.asked_recipient.append(recipient)
        return RECIPIENT_OK if recipient in {f"in@{DOMAIN}", f"postmaster@{DOMAIN}"} else NO_SUCH_MAILBOX

    async def receive(self, submission: Submission) -> Reply:
        self.received.append(submission)
        self._fail("receive")
        if self.before_reply is not None:
            await self.before_reply()
        if self.judging:
            found = judge(submission.octets, size_limit=64 * 1024 * 1024)
            if not isinstance(found, Accepted):
                return found.reply
            if found.headers.sender != submission.identity.address:
                return POLICY
        self.accepted.append(submission)
        return ACCEPTED


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and its key, PEM files in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}-key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


def trusting(certificate: Path) -> ssl.SSLContext:
    """A client context that checks certificate and host name."""
    return ssl.create_default_context(cafile=certificate)


class Client:
    """A client that sends exactly what it is told."""

    def __init__(self, port: int, tls: ssl.SSLContext, *, implicit: bool = False, timeout: float = 10) -> None:
        self._tls = tls
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._received = b""
        if implicit:
            self.wrap()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def wrap(self) -> None:
        self.socket = self._tls.wrap_socket(self.socket, server_hostname="localhost")

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def reply(self) -> str:
        """One whole reply; empty at the end of the connection."""
        lines = []
        while True:
            while b"\r\n" not in self._received:
                try:
                    more = self.socket.recv(65536)
                except (ConnectionResetError, ssl.SSLEOFError):
                    more = b""
                if not more:
                    return ""
                self._received += more
            line, _, self._received = self._received.partition(b"\r\n")
            lines.append(line.decode("ascii"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def say(self, command: bytes) -> str:
        """A command and its reply."""
        self.send(command + b"\r\n")
        return self.reply()

    def rest(self) -> list[str]:
        """All replies to the end of the connection."""
        replies = []
        while reply := self.reply():
            replies.append(reply)
        return replies

    def to(self, stage: str) -> Self:
        """Go through the dialogue to a stage: connected, hello, tls, auth, mail, rcpt, data."""
        steps: dict[str, Callable[[], str]] = {
            "connected": self.reply,
            "hello": lambda: self.say(b"EHLO client.example"),
            "tls": self._starttls,
            "auth": lambda: self.say(plain()),
            "mail": lambda: self.say(b"MAIL FROM:<alice@user.example>"),
            "rcpt": lambda: self.say(b"RCPT TO:<in@gw.example>"),
            "data": lambda: self.say(b"DATA"),
        }
        for name, step in steps.items():
            answer = step()
            assert re.match("[23]", answer), (name, answer)
            if name == stage:
                return self
        raise ValueError(stage)

    def _starttls(self) -> str:
        answer = self.say(b"STARTTLS")
        self.wrap()
        return self.say(b"EHLO client.example") if answer.startswith("220") else answer

    def mail(self, octets: bytes = MAIL) -> str:
        """One mail on an authenticated session; the reply to its end of data."""
        for command in (b"MAIL FROM:<alice@user.example>", b"RCPT TO:<in@gw.example>", b"DATA"):
            answer = self.say(command)
            if not re.match("[23]", answer):
                return answer
        self.send(octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return self.reply()


class World:
    """A running server. `call` runs a coroutine on its loop."""

    def __init__(self, certificate: Path, key: Path, limits: EdgeLimits) -> None:
        self.gatekeeper = RecordingGatekeeper()
        self.faults: list[str] = []
        self.certificate, self.key = certificate, key
        self.limits = limits
        self.tls = trusting(certificate)
        self.loop = asyncio.new_event_loop()
        self.server = SubmissionServer(
            self.gatekeeper,
            domain=DOMAIN,
            certificate=certificate,
            key=key,
            limits=limits,
            report_fault=self.faults.append,
        )
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.call(self.server.start([Listener(implicit_tls=False), Listener(implicit_tls=True)]))
        self.port, self.tls_port = self.server.ports

    def call(self, coroutine: Any, timeout: float = 10) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    def client(self, stage: str = "connected") -> Client:
        return Client(self.port, self.tls).to(stage)

    def implicit_client(self) -> Client:
        return Client(self.tls_port, self.tls, implicit=True)

    def settle(self) -> None:
        """Wait until every session has ended."""
        limit = time.monotonic() + 10
        while self.server.sessions and time.monotonic() < limit:
            time.sleep(0.005)
        assert not self.server.sessions

    def close(self) -> None:
        with suppress(RuntimeError):
            self.call(self.server.stop(grace=0))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextmanager
def open_world(certificate: Path, key: Path, **limits: Any) -> Iterator[World]:
    """A server with limits of a test's own."""
    world = World(certificate, key, EdgeLimits(**{**QUICK, **limits}))
    try:
        yield world
    finally:
        world.close()
