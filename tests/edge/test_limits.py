"""Floods, guesses, slow and endless clients: each costs bounded time and memory, and others are still served."""

import contextlib
import socket
import ssl
import statistics
import time
from pathlib import Path

import pytest

from .conftest import OpenWorld
from .edge_world import ALICE, BOB, MAIL, Client, World, plain

WRONG = plain(password="wrong")


def _resident_octets() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError


def test_three_wrong_passwords_end_the_connection(world: World) -> None:
    """SMTP-S22."""
    with world.client("tls") as client:
        assert [client.say(WRONG)[:3] for _ in range(3)] == ["535", "535", "535"]
        assert client.reply().startswith("421 4.7.0")
        assert client.reply() == ""


def test_an_account_stays_locked_over_connections_and_opens_again(world_with: OpenWorld) -> None:
    """SMTP-S22: the counter survives a reconnect; the gatekeeper is not even asked; nothing tells a right guess."""
    world = world_with(failures_per_account=5, failure_window=1.5)
    for expected in (["535", "535", "535"], ["535", "535", "454"]):
        with world.client("tls") as client:
            assert [client.say(WRONG)[:3] for _ in range(3)] == expected
    asked = len(world.gatekeeper.attempts)
    with world.client("tls") as client:
        assert client.say(plain()) == "454 4.7.0 too many failed authentications, try again later"
        assert client.say(plain(BOB.address)).startswith("235")  # the control: another account
    assert world.gatekeeper.attempts[asked:] == [BOB.address]
    time.sleep(1.5)
    with world.client("tls") as client:
        assert client.say(plain()).startswith("235")


def test_an_address_that_guesses_many_accounts_is_locked_out(world_with: OpenWorld) -> None:
    world = world_with(failures_per_address=3)
    with world.client("tls") as client:
        assert {client.say(plain(f"user{number}@user.example"))[:3] for number in range(3)} == {"535"}
    with world.client("tls") as client:
        assert client.say(plain()).startswith("454")


def test_right_passwords_are_not_counted(world_with: OpenWorld) -> None:
    world = world_with(failures_per_account=2, failures_per_address=2)
    for _ in range(5):
        with world.client("tls") as client:
            assert client.say(plain()).startswith("235")


def test_guesses_on_parallel_connections_all_count(world_with: OpenWorld) -> None:
    world = world_with(failures_per_account=3)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(world.client("tls")) for _ in range(8)]
        for client in clients:
            client.send(WRONG + b"\r\n")
        codes = sorted(client.reply()[:3] for client in clients)
    assert codes == ["454"] * 5 + ["535"] * 3


def test_unknown_login_and_wrong_password_look_the_same(world_with: OpenWorld) -> None:
    """SMTP-d09."""
    world = world_with(failed_authentication=0.25, failures_per_session=20)
    times: dict[str, list[float]] = {ALICE.address: [], "nobody@user.example": []}
    replies = set()
    with world.client("tls") as client:
        for _ in range(5):
            for login, taken in times.items():
                started = time.monotonic()
                replies.add(client.say(plain(login, "wrong")))
                taken.append(time.monotonic() - started)
    known, unknown = (statistics.median(taken) for taken in times.values())
    assert replies == {"535 5.7.8 authentication credentials invalid"}
    assert known == pytest.approx(unknown, rel=0.1)


def test_commands_without_a_mail_are_limited(world: World) -> None:
    """SMTP-d04."""
    with world.client("auth") as client:
        client.send(b"NOOP\r\n" * 10_000)
        replies = client.rest()
    assert set(replies[:-1]) == {"250 2.0.0 ok"}
    assert len(replies) < 201
    assert replies[-1] == "421 4.7.0 too many commands, closing connection"


def test_errors_are_limited(world: World) -> None:
    with world.client("auth") as client:
        client.send(b"BOGUS\r\n" * 100)
        replies = client.rest()
    assert len(replies) == 21
    assert replies[-1].startswith("421 4.7.0 too many errors")


def test_sessions_from_one_address_are_limited_and_others_are_served(world_with: OpenWorld) -> None:
    """SMTP-d03."""
    world = world_with(sessions_per_address=5, sessions=8)
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(world.client()) for _ in range(5)]
        refused = stack.enter_context(Client(world.port, world.tls))
        assert refused.reply() == "421 4.7.0 too many connections, try again later"
        assert refused.reply() == ""
        with socket.create_connection(("127.0.0.1", world.port), 5, source_address=("127.0.0.2", 0)) as other:
            assert other.recv(4) == b"220 "
        assert held.pop().say(b"QUIT").startswith("221")
        for _ in range(200):
            with Client(world.port, world.tls) as again:
                if again.reply().startswith("220"):
                    break
            time.sleep(0.01)
        else:
            pytest.fail("the place was not given back")


def test_all_sessions_together_are_limited(world_with: OpenWorld) -> None:
    world = world_with(sessions=3)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(world.client())
        with Client(world.tls_port, world.tls, implicit=False) as refused:
            assert refused.socket.recv(1) == b""


def test_sessions_of_one_officer_are_limited(world_with: OpenWorld) -> None:
    world = world_with(sessions_per_account=2)
    with world.client("auth"), world.client("auth"), world.client("tls") as third:
        assert third.say(plain()).startswith("421 4.7.0")
        with world.client("tls") as other:
            assert other.say(plain(BOB.address)).startswith("235")


def test_mails_per_minute_are_limited_by_officer(world_with: OpenWorld) -> None:
    world = world_with(mails_per_minute=3)
    with world.client("auth") as client:
        assert [client.mail()[:3] for _ in range(4)] == ["250", "250", "250", "450"]
    with world.client("tls") as client:
        client.say(plain(BOB.address))
        assert client.say(b"MAIL FROM:<bob@user.example>").startswith("250")


@pytest.mark.parametrize("stage", ["connected", "tls", "data"])
def test_a_slow_client_is_cut_off(world_with: OpenWorld, stage: str) -> None:
    """SMTP-d02: an octet now and then keeps no session alive."""
    world = world_with(idle=0.4, data=0.4, data_rate=1000.0)
    started = time.monotonic()
    with world.client(stage) as client:
        client.socket.settimeout(0.02)
        client.send(b"AUTH LOGIN\r\n" if stage == "tls" else b"EHLO ")
        received = b""
        while time.monotonic() - started < 5 and b"421" not in received:
            with contextlib.suppress(TimeoutError):
                received += client.socket.recv(1000)
            client.send(b"a")
    assert b"421 4.4.2 timed out" in received
    assert time.monotonic() - started < 4


def test_a_session_that_does_not_authenticate_ends(world_with: OpenWorld) -> None:
    world = world_with(unauthenticated=0.3)
    with world.client("tls") as waiting, world.client("auth") as served:
        assert waiting.reply().startswith("421 4.4.2")
        assert served.mail().startswith("250")


def test_a_long_session_ends_between_mails(world_with: OpenWorld) -> None:
    world = world_with(session=0.3)
    with world.client("auth") as client:
        assert client.mail().startswith("250")
        assert client.reply().startswith("421 4.4.2")


@pytest.mark.parametrize("implicit", [True, False], ids=["implicit", "starttls"])
def test_handshakes_that_never_end_are_cut(world_with: OpenWorld, implicit: bool) -> None:
    """SMTP-d05."""
    world = world_with(handshake=0.3, sessions_per_address=100)
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            if implicit:
                stack.enter_context(socket.create_connection(("127.0.0.1", world.tls_port), 5)).send(b"\x16\x03\x01")
            else:
                assert stack.enter_context(world.client("hello")).say(b"STARTTLS").startswith("220")
        world.settle()
        assert world.implicit_client().reply().startswith("220")
    assert world.faults == []


def test_an_endless_line_costs_no_memory_and_is_cut(world_with: OpenWorld) -> None:
    """SMTP-d01: 200 MB without an end."""
    world = world_with(message_octets=1024 * 1024, overflow_octets=8 * 1024 * 1024, linger=0.5)
    chunk = b"a" * 65536
    with world.client("data") as client:
        before, sent = _resident_octets(), 0
        with contextlib.suppress(OSError):
            for _ in range(3200):
                client.send(chunk)
                sent += len(chunk)
        growth = _resident_octets() - before
    world.settle()
    assert sent < 100 * 1024 * 1024
    assert growth < 32 * 1024 * 1024


def test_a_message_over_the_limit_is_refused_and_the_session_goes_on(world_with: OpenWorld) -> None:
    world = world_with(message_octets=100_000)
    filler = (b"a" * 76 + b"\r\n") * 2000
    with world.client("auth") as client:
        assert client.mail(MAIL + filler) == "552 5.3.4 message exceeds the size limit"
        assert client.mail().startswith("250")


def test_a_message_of_exactly_the_limit_is_taken(world_with: OpenWorld) -> None:
    world = world_with(message_octets=10_000)
    world.gatekeeper.judging = False
    message = b"." * 99 + b"\r\n" + (b"a" * 97 + b"\r\n") * 101
    message = message[: 10_000 - 2] + b"\r\n"
    with world.client("auth") as client:
        client.say(b"MAIL FROM:<alice@user.example> SIZE=10000")
        client.say(b"RCPT TO:<in@gw.example>")
        client.say(b"DATA")
        client.send(b"." + message + b".\r\n")
        assert client.reply().startswith("250")
        assert client.mail(b"a" + message).startswith("552")
        assert client.say(b"MAIL FROM:<alice@user.example> SIZE=10001").startswith("552")
    assert [len(mail.octets) for mail in world.gatekeeper.accepted] == [10_000]


def test_mails_that_do_not_fit_into_memory_together_are_put_off(world_with: OpenWorld) -> None:
    world = world_with(octets_in_memory=300_000)
    world.gatekeeper.judging = False
    filler = (b"a" * 76 + b"\r\n") * 2000
    with world.client("data") as first, world.client("auth") as second:
        first.send(filler)
        time.sleep(0.2)
        client_reply = second.mail(filler)
        assert client_reply == "452 4.3.1 not enough storage, try again later"
        first.send(b".\r\n")
        assert first.reply().startswith("250")
        assert second.mail(filler).startswith("250")  # what was held is free again
    with world.client("data") as gone:
        gone.send(filler)
    world.settle()
    with world.client("auth") as client:
        assert client.mail(filler).startswith("250")


def test_small_mails_pass_while_large_ones_are_uploaded(world_with: OpenWorld) -> None:
    world = world_with(mails_per_minute=10_000)
    world.gatekeeper.judging = False
    large = (b"a" * 76 + b"\r\n") * 25_000  # 2 MB
    with world.client("data") as uploading, world.client("auth") as client:
        uploading.socket.setblocking(False)
        slowest, position = 0.0, 0
        for _ in range(30):
            with contextlib.suppress(ssl.SSLWantWriteError):
                position += uploading.socket.send(large[position : position + 65536])
            started = time.monotonic()
            assert client.mail().startswith("250")
            slowest = max(slowest, time.monotonic() - started)
    assert slowest < 1
