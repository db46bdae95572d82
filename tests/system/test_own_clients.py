"""Our own clients, `gsp seal --send` and `gsp open --imap`: TLS from the first octet, to a server that is trusted."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.officer.mailbox import MailboxAccess, folders, logged_in
from gateway.officer.problem import OfficerProblemError
from gateway.officer.submitting import submit

from .running_world import System

GREETINGS = {
    "SMTP": b"220 mail.example ESMTP\r\n250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n235 2.7.0 ok\r\n",
    "IMAP": b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n",
    "IMAP, logged in already": b"* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n",
    "nothing": b"",
}


@contextmanager
def plain_server(greeting: bytes) -> Iterator[tuple[int, bytearray]]:
    """A server without TLS that says everything at once, and remembers what it was told."""
    told = bytearray()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(greeting)
            self.request.settimeout(2)
            try:
                while octets := self.request.recv(4096):
                    told.extend(octets)
            except OSError:
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], told
        server.shutdown()


def send(system: System, port: int, authority: Path | None, mail: bytes) -> str:
    officer = system.party("KE")
    return submit(
        mail,
        sender=officer.officer,
        recipient="query@gsp.test",
        host="localhost",
        port=port,
        password=officer.password,
        certificate_authority=authority,
    )


def read(system: System, port: int, authority: Path | None, *, user: str = "", password: str = "") -> list[str]:
    officer = system.party("KE")
    access = MailboxAccess("localhost", port, user or officer.officer, password or officer.password, authority)
    with logged_in(access) as client:
        return folders(client)


@pytest.mark.parametrize("greeting", GREETINGS)
def test_nothing_is_said_to_a_server_without_tls(system: System, greeting: str) -> None:
    """SMTP-d07, IMAP-11, IMAP-12: no STARTTLS to strip or to inject into, no PREAUTH to believe."""
    officer = system.party("KE")
    with plain_server(GREETINGS[greeting]) as (port, told):
        with pytest.raises(OfficerProblemError):
            send(system, port, system.world.authority, system.seal("KE", "EU").mail)
        with pytest.raises(OfficerProblemError):
            read(system, port, system.world.authority)
        assert told[:1] == b"\x16", "a TLS handshake (RFC 8446 §5.1) and nothing else"
    for word in (officer.password, officer.officer, "AUTH", "LOGIN", "EHLO", "PGP MESSAGE"):
        assert word.encode() not in told


def test_a_server_whose_certificate_is_not_trusted_gets_nothing(system: System) -> None:
    """IMAP-10, SMTP-d07; with the right authority both work."""
    sealed = system.seal("KE", "EU")
    with pytest.raises(OfficerProblemError) as untrusted:
        send(system, system.world.ports.submission, None, sealed.mail)
    assert "not trusted" in untrusted.value.sentence.template
    with pytest.raises(OfficerProblemError) as untrusted:
        read(system, system.world.ports.imap, None)
    assert "not trusted" in untrusted.value.sentence.template
    assert system.log_rows(exchange=sealed.exchange) == []
    assert send(system, system.world.ports.submission, system.world.authority, sealed.mail).startswith("250 2.6.0")
    assert "Party/KE" in read(system, system.world.ports.imap, system.world.authority)


@pytest.mark.parametrize("end", ["\r\nX1 DELETE Party/KE", "\n", "\0", "\x7f"])
def test_a_name_or_password_cannot_be_a_command(system: System, end: str) -> None:
    """IMAP-03."""
    authority, port = system.world.authority, system.world.ports.imap
    for user, password in ((f"a@b.test{end}", "x"), ("a@b.test", f"x{end}")):
        with pytest.raises(OfficerProblemError) as refused:
            read(system, port, authority, user=user, password=password)
        assert "control characters" in refused.value.sentence.template
        assert end not in str(refused.value)
