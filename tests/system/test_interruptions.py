"""Faults of the world around the gateway: what was accepted arrives once, what cannot be kept is not accepted."""

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from gateway.programs.restarts import STABLE_SECONDS
from gateway.settings import load_settings

from .running_world import System, is_alive


def each_delivered_once(system: System, code: str, bodies: list[str]) -> None:
    system.settle()
    assert [len(system.copies(code, body)) for body in bodies] == [1] * len(bodies)


def test_the_mailbox_server_away_mail_is_held_and_arrives_later(system: System) -> None:
    settings = load_settings(system.world.config)
    socket = settings.path(settings.mailboxes.lmtp)
    away = socket.with_suffix(".away")
    socket.rename(away)
    try:
        kill(system, "deliver")  # it may hold a connection that is still open
        sealed, _ = system.send_query("KE", "EU")
        time.sleep(1.5)
        assert system.copies("EU", sealed.body_sha256) == []
        assert system.log_rows(exchange=sealed.exchange, outcome="delivered") == []
    finally:
        away.rename(socket)
    each_delivered_once(system, "EU", [sealed.body_sha256])
    assert len(system.log_rows(exchange=sealed.exchange, outcome="delivered")) == 1


def test_the_mailbox_server_killed_is_started_again(system: System) -> None:
    before = system.programs()["dovecot"]
    kill(system, "dovecot")
    sealed, _ = system.send_query("KE", "EU")
    system.wait_for(lambda: True if system.programs().get("dovecot") not in {None, before} else None)
    system.settle()
    system.arrived("EU", sealed.body_sha256)
    each_delivered_once(system, "EU", [sealed.body_sha256])


def test_a_locked_database_means_try_again(system: System) -> None:
    sealed = system.seal("KE", "EU")
    with closing(sqlite3.connect(system.world.folder / "gw" / "gateway.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        reply = system.send("KE", "query", sealed.mail)
        other.execute("ROLLBACK")
    assert reply == "451 4.3.0 temporary failure, try again later"
    assert system.send("KE", "query", sealed.mail).startswith("250 2.6.0")
    each_delivered_once(system, "EU", [sealed.body_sha256])


def kill(system: System, program: str) -> int:
    pid = system.programs()[program]
    os.kill(pid, signal.SIGKILL)
    return pid


def test_processing_and_delivery_killed_at_work_lose_and_double_nothing(system: System) -> None:
    bodies = []
    mails = [system.seal("KE", "EU") for _ in range(6)]
    for sealed in mails:
        assert system.send("KE", "query", sealed.mail).startswith("250 2.6.0")
        bodies.append(sealed.body_sha256)
        for program in ("process", "deliver"):
            if program in system.programs():
                kill(system, program)
        time.sleep(0.3)
    system.wait_for(lambda: True if {"process", "deliver", "edge"} <= set(system.programs()) else None)
    each_delivered_once(system, "EU", bodies)
    for sealed in mails:
        assert len(system.copies("KE", sealed.body_sha256, "Sent")) == 1


def test_the_edge_killed_comes_back(system: System) -> None:
    pid = kill(system, "edge")
    system.wait_for(lambda: True if system.programs().get("edge") not in {None, pid} else None)
    system.wait_for(lambda: answers(system))
    sealed, _ = system.send_query("KE", "EU")
    each_delivered_once(system, "EU", [sealed.body_sha256])


def test_a_program_that_crashed_once_is_back_at_once(system: System) -> None:
    """The first time it is killed after a good while; only who dies early again and again waits."""
    pid = system.programs()["process"]
    system.wait_for(lambda: True if age(pid) > STABLE_SECONDS + 1 else None)
    began = time.monotonic()
    kill(system, "process")
    system.wait_for(lambda: True if system.programs().get("process") not in {None, pid} else None)
    assert time.monotonic() - began < 1.5
    system.send_query("KE", "EU")
    system.settle()


def age(pid: int) -> float:
    """Seconds since the process was started (proc(5): field 22, in clock ticks since the machine started)."""
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def answers(system: System) -> bool | None:
    try:
        with system.session("KE"):
            return True
    except OSError:
        return None


def test_sigterm_stops_everything_and_what_was_accepted_survives(system: System) -> None:
    gateway = system.world.gateway
    assert gateway is not None
    sealed, _ = system.send_query("KE", "EU")
    running = {*system.programs().values(), gateway.pid}
    began = time.monotonic()
    gateway.stop()
    assert time.monotonic() - began < 25
    assert not [pid for pid in running if is_alive(pid)]
    gateway.start()
    system.wait_for(lambda: answers(system))
    each_delivered_once(system, "EU", [sealed.body_sha256])
