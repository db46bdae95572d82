"""The LMTP client against servers that answer anything, hang up anywhere, and try to be quoted."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailroom.lmtp import DeliveryOutcome, DeliveryResult, LmtpConnection, LmtpInputError

from .mailbox_world import MailboxWorld, sealed_mail

MAIL = b"Subject: x\r\n\r\n.\r\n..\r\nbody\r\n"
CLOSE = b""
HAPPY = {
    "greeting": b"220 ready\r\n",
    "LHLO": b"250-server\r\n250-SIZE 1000000\r\n250 ENHANCEDSTATUSCODES\r\n",
    "MAIL": b"250 2.1.0 ok\r\n",
    "RCPT": b"250 2.1.5 ok\r\n",
    "DATA": b"354 go\r\n",
    ".": b"250 2.0.0 canary-queue-id saved\r\n",
    "RSET": b"250 2.0.0 ok\r\n",
    "QUIT": b"221 2.0.0 bye\r\n",
}


class ScriptedServer(socketserver.ThreadingTCPServer):
    """Answers each command by its script; an empty answer hangs up. `received` is all it was sent."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, script: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), ScriptedHandler)
        self.script = script
        self.received: list[bytes] = []
        self.sessions = 0


class ScriptedHandler(socketserver.StreamRequestHandler):
    server: ScriptedServer

    def handle(self) -> None:
        self.server.sessions += 1
        if not self.say("greeting"):
            return
        while line := self.rfile.readline():
            self.server.received.append(line)
            command = line.split()[0].decode().upper()
            if not self.say(command) or command == "QUIT":
                return
            if command == "DATA" and self.server.script["DATA"].startswith(b"354"):
                while (line := self.rfile.readline()) != b".\r\n":
                    self.server.received.append(line)
                if not self.say("."):
                    return

    def say(self, step: str) -> bool:
        answer = self.server.script[step]
        self.wfile.write(answer)
        return answer != CLOSE


@contextmanager
def serving(**changes: bytes) -> Iterator[tuple[ScriptedServer, LmtpConnection]]:
    names = {"final": "."}
    script = HAPPY | {names.get(step, step): answer for step, answer in changes.items()}
    with ScriptedServer(script) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        host, port = server.server_address[:2]
        with LmtpConnection((str(host), int(port)), timeout=2) as connection:
            yield server, connection
        server.shutdown()


def deliver(connection: LmtpConnection) -> DeliveryResult:
    return connection.deliver("gateway@gsp.example", "ke@gsp.example", MAIL)


def test_the_dialogue_is_as_the_standard_says() -> None:
    with serving() as (server, connection):
        assert deliver(connection) == DeliveryResult(DeliveryOutcome.DELIVERED, "2.0.0")
    assert server.received == [
        b"lhlo gsp.invalid\r\n",
        b"MAIL FROM:<gateway@gsp.example> SIZE=27\r\n",
        b"RCPT TO:<ke@gsp.example>\r\n",
        b"DATA\r\n",
        *(b"Subject: x\r\n", b"\r\n", b"..\r\n", b"...\r\n", b"body\r\n"),
        b"QUIT\r\n",
    ]


def test_one_connection_carries_many_mails_and_the_null_sender() -> None:
    with serving() as (server, connection):
        for _ in range(5):
            assert connection.deliver("", "ke@gsp.example", MAIL).outcome is DeliveryOutcome.DELIVERED
        assert server.sessions == 1
        assert server.received.count(b"MAIL FROM:<> SIZE=27\r\n") == 5


@pytest.mark.parametrize(
    ("changes", "outcome", "enhanced"),
    [
        ({"RCPT": b"550 5.1.1 canary\r\n"}, DeliveryOutcome.PERMANENT, "5.1.1"),
        ({"RCPT": b"451 4.3.0 canary\r\n"}, DeliveryOutcome.TEMPORARY, "4.3.0"),
        ({"RCPT": b"550 canary without a code\r\n"}, DeliveryOutcome.PERMANENT, "5.0.0"),
        ({"RCPT": b"550 4.2.2 contradicts itself\r\n"}, DeliveryOutcome.PERMANENT, "5.0.0"),
        ({"RCPT": b"450 5.1.1 contradicts itself\r\n"}, DeliveryOutcome.TEMPORARY, "4.0.0"),
        ({"RCPT": b"550 5.1.1canary\r\n"}, DeliveryOutcome.PERMANENT, "5.0.0"),
        ({"RCPT": b"550-5.1.1 two\r\n550 5.1.1 lines\r\n"}, DeliveryOutcome.PERMANENT, "5.1.1"),
        ({"MAIL": b"452 4.3.1 canary\r\n"}, DeliveryOutcome.TEMPORARY, "4.3.1"),
        ({"DATA": b"554 5.5.1 canary\r\n"}, DeliveryOutcome.PERMANENT, "5.5.1"),
        ({"final": b"552 5.2.2 canary\r\n"}, DeliveryOutcome.PERMANENT, "5.2.2"),
        ({"final": b"452 4.2.2 canary\r\n"}, DeliveryOutcome.TEMPORARY, "4.2.2"),
        ({"final": b"421 4.3.2 canary\r\n"}, DeliveryOutcome.TEMPORARY, "4.3.2"),
    ],
)
def test_only_outcome_and_status_code_come_back(
    changes: dict[str, bytes], outcome: DeliveryOutcome, enhanced: str
) -> None:
    with serving(**changes) as (server, connection):
        assert deliver(connection) == DeliveryResult(outcome, enhanced)
        server.script.update(HAPPY)
        assert deliver(connection).outcome is DeliveryOutcome.DELIVERED  # the connection is fit for the next mail


@pytest.mark.parametrize(
    "changes",
    [
        {"greeting": CLOSE},
        {"greeting": b"554 go away\r\n"},
        {"greeting": b"nonsense\r\n"},
        {"LHLO": b"500 what\r\n"},
        {"LHLO": CLOSE},
        {"MAIL": CLOSE},
        {"RCPT": CLOSE},
        {"RCPT": b"nonsense\r\n"},
        {"RCPT": b"2" * 10_000 + b"\r\n"},
        {"DATA": CLOSE},
        {"DATA": b"250 ok\r\n"},
        {"RCPT": b"354 go\r\n"},
    ],
)
def test_a_server_that_breaks_off_before_the_mail_is_a_certain_temporary_failure(changes: dict[str, bytes]) -> None:
    with serving(**changes) as (server, connection):
        result = deliver(connection)
        assert result == DeliveryResult(DeliveryOutcome.TEMPORARY, "4.4.1")
        server.script.update(HAPPY)
        assert deliver(connection).outcome is DeliveryOutcome.DELIVERED


@pytest.mark.parametrize("final", [CLOSE, b"nonsense\r\n", b"354 again\r\n"])
def test_a_server_that_breaks_off_after_the_mail_leaves_it_uncertain(final: bytes) -> None:
    with serving(final=final) as (server, connection):
        result = deliver(connection)
        assert result == DeliveryResult(DeliveryOutcome.TEMPORARY, "4.4.2", uncertain=True)
        server.script.update(HAPPY)
        assert deliver(connection).outcome is DeliveryOutcome.DELIVERED


def test_a_silent_server_is_a_temporary_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection = LmtpConnection(("127.0.0.1", silent.getsockname()[1]), timeout=0.2)
        assert deliver(connection) == DeliveryResult(DeliveryOutcome.TEMPORARY, "4.4.1")


def test_no_server_is_a_temporary_failure(tmp_path: Path) -> None:
    connection = LmtpConnection(tmp_path / "nobody", timeout=1)
    assert deliver(connection) == DeliveryResult(DeliveryOutcome.TEMPORARY, "4.4.1")


def test_an_idle_connection_the_server_closed_is_opened_again() -> None:
    with serving(RSET=CLOSE) as (server, connection):
        assert deliver(connection).outcome is DeliveryOutcome.DELIVERED
        server.script["MAIL"] = CLOSE
        threading.Timer(0, server.script.update, [HAPPY]).start()
        results = [deliver(connection) for _ in range(3)]
        assert results[-1].outcome is DeliveryOutcome.DELIVERED


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a@b.example\r\nRCPT TO:<c@d.example",
        "a@b.example\n",
        "a b@c.example",
        "<a@b.example>",
        "ä@b.example",
        "a\x00@b",
    ],
)
def test_addresses_that_could_change_the_dialogue_are_refused(address: str) -> None:
    with serving() as (server, connection):
        for sender, recipient in (("a@b.example", address), (address or "\n", "a@b.example")):
            with pytest.raises(LmtpInputError) as error:
                connection.deliver(sender, recipient, MAIL)
            assert not address or address not in str(error.value)
    assert server.received == []


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"x",
        b"x\n",
        b"x\r",
        b"a\r\n.\nb\r\n",
        b"a\n.\r\nMAIL FROM:<evil@x.example>\r\n",
        b"a\r.\r\n",
        b"a\x00\r\n",
        b"a\r\n\n.\r\n",
        b"a\r\r\n",
    ],
)
def test_mail_that_could_end_early_or_change_on_the_way_is_refused(mail: bytes) -> None:
    with serving() as (server, connection), pytest.raises(LmtpInputError):
        connection.deliver("a@b.example", "c@d.example", mail)
    assert server.received == []


def test_dots_survive_the_real_server(world: MailboxWorld) -> None:
    address = world.new_officer(world.new_party())
    mail = b".\r\n" + sealed_mail() + b".\r\n..\r\n.x\r\n\r\n.\r\n"
    assert world.deliver(address, mail).outcome is DeliveryOutcome.DELIVERED
    with world.imap(address) as client:
        client.select_folder("INBOX")
        assert client.fetch([1], ["BODY.PEEK[]"])[1][b"BODY[]"].endswith(b"\r\n" + mail)
