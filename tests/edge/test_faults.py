"""The gatekeeper fails, the client goes away, the server closes: nothing leaks, nothing is half received."""

import asyncio
import logging
import struct
import threading
import time
from pathlib import Path
from socket import IPPROTO_TCP, SO_LINGER, SOL_SOCKET, TCP_CORK, socket

import pytest

from gateway.edge.server import Listener, SubmissionServer
from gateway.edge.silence import silence_aiosmtpd

from .conftest import OpenWorld
from .edge_world import DOMAIN, MAIL, Client, RecordingGatekeeper, World, plain

CANARY = "CANARY-6f1d"


@pytest.mark.parametrize("error", [ValueError, ConnectionResetError, TimeoutError, asyncio.InvalidStateError])
@pytest.mark.parametrize("where", ["authenticate", "admit_sender", "admit_recipient", "receive"])
def test_an_unexpected_exception_is_try_again_and_says_nothing(
    world: World,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    where: str,
    error: type[Exception],
) -> None:
    """SMTP-d08."""
    caplog.set_level(logging.DEBUG)
    with world.client("tls" if where == "authenticate" else "auth") as client:
        world.gatekeeper.fault, world.gatekeeper.fault_at = error(CANARY), where
        answer = client.say(plain()) if where == "authenticate" else client.mail()
        assert answer == "451 4.3.0 temporary failure, try again later"
        world.gatekeeper.fault = None
        if where == "authenticate":
            assert client.say(plain()).startswith("235")
        assert client.mail().startswith("250")  # the session goes on
    assert world.faults == [error.__name__]
    said = capfd.readouterr()
    assert CANARY not in said.out + said.err + caplog.text


def test_logs_hold_nothing_at_any_level(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """SMTP-S24, PRIV-03, with a control: the same handler sees what others log."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = records.append  # type: ignore[method-assign]
    root, aiosmtpd = logging.getLogger(), logging.getLogger("mail.log")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    aiosmtpd.disabled, aiosmtpd.propagate = False, True
    aiosmtpd.setLevel(logging.DEBUG)
    try:
        logging.getLogger("control").debug("control")
        with world.client("tls") as client:
            client.say(b"AUTH PLAIN " + CANARY.encode() + b"*not*base64")
            client.say(b"EHLO " + CANARY.encode())
            client.say(plain(CANARY, CANARY))
            client.say(plain())
            client.say(b"MAIL FROM:<" + CANARY.encode() + b"@user.example>")
            client.mail(b"Subject: " + CANARY.encode() + b"\r\n\r\n\r\n")
            client.mail()
            client.say(CANARY.encode())
        world.settle()
    finally:
        silence_aiosmtpd()
        root.removeHandler(handler)
        root.setLevel(level)
    text = "".join(record.getMessage() for record in records)
    said = capfd.readouterr()
    assert "control" in text
    assert {record.name for record in records} <= {"control", "asyncio"}
    for secret in (CANARY, "alice", "127.0.0.1", "gw.example"):
        assert secret not in text + said.out + said.err
    assert len(world.gatekeeper.accepted) == 1


def test_nothing_of_a_mail_shows_in_a_repr(world: World) -> None:
    with world.client("auth") as client:
        client.mail()
    shown = repr(world.gatekeeper.accepted)
    assert "PGP" not in shown
    assert "@" not in shown


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "close"])
def test_a_client_that_goes_after_the_final_dot_has_sent_its_mail_once(world: World, reset: bool) -> None:
    """SMTP-d13."""
    begun, go_on = threading.Event(), asyncio.Event()

    async def hold() -> None:
        begun.set()
        await go_on.wait()

    world.gatekeeper.before_reply = hold
    with world.client("data") as client:
        client.send(MAIL + b".\r\n")
        assert begun.wait(5)
        if reset:
            client.socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.1)
    assert world.gatekeeper.accepted == []
    world.loop.call_soon_threadsafe(go_on.set)
    world.settle()
    time.sleep(0.05)
    assert [mail.octets for mail in world.gatekeeper.accepted] == [MAIL]
    assert world.faults == []


def test_a_farewell_in_the_same_packet_as_the_final_dot_loses_no_mail(world: World) -> None:
    with world.client("data") as client:
        client.socket.setsockopt(IPPROTO_TCP, TCP_CORK, 1)
        client.send(MAIL + b".\r\n")
        client.socket.unwrap()  # type: ignore[attr-defined]
    world.settle()
    assert len(world.gatekeeper.accepted) == 1


def test_a_client_that_goes_before_the_final_dot_has_sent_nothing(world: World) -> None:
    with world.client("data") as client:
        client.send(MAIL + b".\r")
    world.settle()
    assert world.gatekeeper.received == []


def test_closing_says_so_to_idle_sessions_and_lets_a_mail_finish(world: World) -> None:
    """REL-16."""
    with world.client("auth") as idle, world.client("data") as sending, world.client("tls") as authenticating:
        authenticating.say(b"AUTH LOGIN")
        sending.send(MAIL[:100])
        stopped = asyncio.run_coroutine_threadsafe(world.server.stop(grace=10), world.loop)
        assert idle.reply() == "421 4.3.2 service shutting down, try again later"
        assert authenticating.reply().startswith("421 4.3.2")
        with pytest.raises(ConnectionRefusedError):
            Client(world.port, world.tls)
        assert not stopped.done()
        sending.send(MAIL[100:] + b".\r\n")
        assert sending.reply().startswith("250")
        assert sending.reply().startswith("421 4.3.2")
        stopped.result(5)
    assert len(world.gatekeeper.accepted) == 1


def test_closing_cuts_what_does_not_finish_in_time(world: World) -> None:
    with world.client("data") as sending:
        started = time.monotonic()
        world.call(world.server.stop(grace=0.3))
        assert 0.2 < time.monotonic() - started < 5
        assert sending.reply() == ""
    assert world.gatekeeper.received == []


def test_closing_waits_for_a_mail_being_handed_over(world: World) -> None:
    begun = threading.Event()

    async def take_time() -> None:
        begun.set()
        await asyncio.sleep(0.3)

    world.gatekeeper.before_reply = take_time
    with world.client("data") as client:
        client.send(MAIL + b".\r\n")
        assert begun.wait(5)
        world.call(world.server.stop(grace=5))
        assert client.reply().startswith("250")


def test_a_client_that_keeps_sending_after_a_refusal_still_reads_it(world_with: OpenWorld) -> None:
    """Without lingering the connection would be reset, and the reply lost: the client would try for ever."""
    world = world_with(linger_quiet=0.5)
    with world.client("data") as client:
        client.send(b"Subject: x\n\r\n" + (b"a" * 76 + b"\r\n") * 40_000 + b".\r\n")
        assert client.reply().startswith("500 5.5.2 lines end with CR LF only")
    assert world.gatekeeper.received == []


def test_a_port_that_is_taken_leaves_no_other_port_open(certificate: tuple[Path, Path]) -> None:
    async def start_twice() -> None:
        with socket() as taken, socket() as free:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            free.bind(("127.0.0.1", 0))
            free_port = free.getsockname()[1]
            free.close()
            server = SubmissionServer(
                RecordingGatekeeper(), domain=DOMAIN, certificate=certificate[0], key=certificate[1]
            )
            with pytest.raises(OSError, match="address already in use"):
                await server.start(
                    [
                        Listener(implicit_tls=False, port=free_port),
                        Listener(implicit_tls=True, port=taken.getsockname()[1]),
                    ]
                )
            assert server.ports == ()

    asyncio.run(start_twice())
