"""Faults around a running gateway: it says `4xx`, keeps what it has, and goes on by itself."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from sqlalchemy import update

from gateway.settings import load_settings
from keyring_admin.database import write_transaction
from mailroom.schema import accepted_mails

from .processes import programs
from .running_world import ReliabilityWorld, wait_for
from .sealed_mails import MailMaker, PreparedMail

_BUSY_SECONDS = 5  # keyring_admin.database: what every connection waits for a lock


def send_all(world: ReliabilityWorld, mails: list[PreparedMail]) -> None:
    with world.session("KE") as client:
        for mail in mails:
            reply = world.submit(client, "KE", mail.recipient, mail.octets)
            assert reply.startswith("250 2.6.0 accepted"), reply


def each_once(world: ReliabilityWorld, mails: list[PreparedMail]) -> None:
    world.settle()
    arrivals = world.arrivals("EU")
    assert [len(arrivals.get(mail.body_sha256, [])) for mail in mails] == [1] * len(mails)


@contextmanager
def locked(world: ReliabilityWorld) -> Iterator[None]:
    """Another process holds the database's write lock."""
    with closing(sqlite3.connect(world.database, isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def mailboxes_away(world: ReliabilityWorld) -> Iterator[None]:
    """Dovecot's LMTP socket cannot be found; `deliver` starts anew without its open connections."""
    settings = load_settings(world.config)
    socket = settings.path(settings.mailboxes.lmtp)
    away = socket.with_suffix(".away")
    socket.rename(away)
    os.kill(programs(world.pid)["deliver"], signal.SIGKILL)
    try:
        yield
    finally:
        away.rename(socket)


def test_a_database_locked_for_long_means_451_and_parks_nothing(world: ReliabilityWorld) -> None:
    maker = MailMaker(world, "KE", "EU")
    mails = [maker.sealed() for _ in range(12)]
    late = maker.sealed()
    send_all(world, mails)
    with locked(world):  # `process` and `deliver` are in the middle of them
        assert world.send("KE", late.recipient, late.octets).startswith("451 4.3.0")
        time.sleep(_BUSY_SECONDS + 1)
    assert not [state for state in world.waiting() if "shunted" in state]
    send_all(world, [late])
    each_once(world, [*mails, late])


def test_dovecot_restarted_in_the_middle_of_lmtp(world: ReliabilityWorld) -> None:
    maker = MailMaker(world, "KE", "EU")
    mails = [maker.sealed() for _ in range(30)]
    send_all(world, mails[:20])
    before = programs(world.pid)["dovecot"]
    os.kill(before, signal.SIGTERM)
    send_all(world, mails[20:])
    wait_for(lambda: True if programs(world.pid).get("dovecot") not in {None, before} else None)
    each_once(world, mails)


def test_two_deliver_programs_on_one_queue_deliver_each_mail_once(world: ReliabilityWorld) -> None:
    maker = MailMaker(world, "KE", "EU")
    mails = [maker.sealed() for _ in range(30)]
    command = [sys.executable, "-m", "gateway", "--config", str(world.config), "run", "deliver"]
    second = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert second.stderr is not None
        assert b"started" in second.stderr.readline()
        send_all(world, mails)
        each_once(world, mails)
    finally:
        second.terminate()
        _, journal = second.communicate(timeout=30)
    assert journal.count(b'"delivered"') > 0, "the second one had nothing to do"


def test_a_program_that_dies_with_a_lease_is_replaced(world: ReliabilityWorld) -> None:
    maker = MailMaker(world, "KE", "EU")
    mails = [maker.sealed() for _ in range(20)]
    send_all(world, mails)
    os.kill(programs(world.pid)["deliver"], signal.SIGKILL)
    each_once(world, mails)


def test_a_mail_nobody_can_process_is_parked_while_others_flow(world: ReliabilityWorld) -> None:
    maker = MailMaker(world, "KE", "EU")
    poison, others = maker.sealed(), [maker.sealed() for _ in range(3)]
    engine = world.engine()
    process = programs(world.pid)["process"]
    os.kill(process, signal.SIGSTOP)
    send_all(world, [poison])
    of_poison = accepted_mails.c.body_sha256 == poison.body_sha256
    with write_transaction(engine) as connection:
        connection.execute(update(accepted_mails).where(of_poison).values(presentation="unheard-of"))
    os.kill(process, signal.SIGCONT)
    send_all(world, others)
    wait_for(lambda: True if world.waiting() == {"mail shunted": 1} else None)
    arrivals = world.arrivals("EU")
    assert all(mail.body_sha256 in arrivals for mail in others)
    assert programs(world.pid)["process"] == process, "it ended nothing"
    with write_transaction(engine) as connection:
        connection.execute(update(accepted_mails).where(of_poison).values(presentation="mime"))
    engine.dispose()
    subprocess.run(
        [sys.executable, "-m", "gateway", "--config", str(world.config), "queue", "unshunt"],
        check=True,
        capture_output=True,
    )
    each_once(world, [poison, *others])


def test_sigterm_with_open_sessions_finishes_the_mail_under_way(world: ReliabilityWorld) -> None:
    mail = MailMaker(world, "KE", "EU").sealed()
    with ExitStack() as sessions:
        idle = [sessions.enter_context(world.session("EU")) for _ in range(10)]
        busy = sessions.enter_context(world.session("KE"))
        busy.mail(world.parties["KE"].officer)
        busy.rcpt(mail.recipient)
        assert busy.docmd("DATA")[0] == 354
        half = len(mail.octets) // 2
        busy.send(mail.octets[:half])
        began = time.monotonic()
        supervisor = world.pid
        os.kill(supervisor, signal.SIGTERM)
        time.sleep(0.5)
        busy.send(mail.octets[half:] + b".\r\n")
        assert busy.getreply()[0] == 250
        assert [client.getreply()[0] for client in idle] == [421] * 10
        for client in (*idle, busy):
            client.close()
    world.stop()
    assert time.monotonic() - began < 30
    world.start()
    each_once(world, [mail])


def test_a_session_that_ends_before_its_250_leaves_nothing_half(world: ReliabilityWorld) -> None:
    mail = MailMaker(world, "KE", "EU").sealed()
    with world.session("KE") as client:
        client.mail(world.parties["KE"].officer)
        client.rcpt(mail.recipient)
        assert client.docmd("DATA")[0] == 354
        client.send(mail.octets[: len(mail.octets) // 2])
        client.close()
    time.sleep(0.5)
    assert mail.body_sha256 not in world.arrivals("EU")
    send_all(world, [mail])
    each_once(world, [mail])
    again = world.send("KE", mail.recipient, mail.octets)
    assert again.startswith("250 2.6.0"), "a client that has not read its 250 sends again"
    each_once(world, [mail])
