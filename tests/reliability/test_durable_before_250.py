"""`250` is said after the write-ahead log is on the disk, and never over a database that cannot promise it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text

from keyring_admin.database import DatabaseNotDurableError, open_database

from .running_world import ReliabilityWorld, wait_for
from .sealed_mails import MailMaker

# Without it strace could not tell the edge's connections and files apart: it hides them from its own account.
_LOOKED_INTO = Path(__file__).parent / "looked_into"
_CALLS = "trace=recvfrom,sendto,pwrite64,fsync,fdatasync"


@contextmanager
def edge_under_strace(world: ReliabilityWorld, trace: Path, *options: str) -> Iterator[None]:
    """Only the edge runs, and every call of it that reads, writes or syncs is written down. options: of strace."""
    world.stop()
    command = [sys.executable, "-m", "gateway", "--config", str(world.config), "run", "edge"]
    traced = subprocess.Popen(
        ["strace", "-f", "-qq", "-yy", "-e", _CALLS, *options, "-o", str(trace), "--", *command],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(_LOOKED_INTO)},
    )
    try:
        wait_for(lambda: True if listens(world.ports.submission) else None, 60)
        yield
    finally:
        edge = int(
            subprocess.run(["ps", "-o", "pid=", "--ppid", str(traced.pid)], capture_output=True, check=True).stdout
        )
        subprocess.run(["kill", f"-{int(signal.SIGTERM)}", str(edge)], check=True)
        traced.wait(60)
        world.start()


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.timeout(300)
def test_the_log_is_synced_before_250_is_sent(world: ReliabilityWorld, tmp_path: Path) -> None:
    mail = MailMaker(world, "KE", "EU").sealed()
    trace = tmp_path / "trace"
    with edge_under_strace(world, trace), world.session("KE") as client:
        assert client.sock is not None
        port = client.sock.getsockname()[1]
        assert client.mail(world.parties["KE"].officer)[0] == 250
        assert client.rcpt(mail.recipient)[0] == 250
        calls_before_data = len(calls(trace, port))
        code, _ = client.data(mail.octets)
        assert code == 250
        time.sleep(0.5)  # strace writes
        of_mail = calls(trace, port)[calls_before_data:]
    received = max(number for number, call in enumerate(of_mail) if call == "receive")
    before_reply = of_mail[received : received + 1 + of_mail[received:].index("send")]
    assert before_reply[0] == "receive"
    assert before_reply[-1] == "send"
    assert "write" in before_reply
    assert "sync" in before_reply[before_reply.index("write") :]
    # Positive control: a reply that promises nothing waits for no disk.
    start_of_data = of_mail[: of_mail.index("send") + 1]
    assert "sync" not in start_of_data


def calls(trace: Path, port: int) -> list[str]:
    """What the edge did, in order: receive and send on this connection, write and sync of the write-ahead log."""
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        if "<unfinished" in line and not re.search(r"sendto\(", line):
            continue  # it counts when it is done
        ours = f":{port}]" in line
        if "recvfrom" in line and ours and re.search(r"= [1-9]\d*$", line):
            found.append("receive")
        elif "sendto(" in line and ours:
            found.append("send")
        elif "gateway.db-wal" in line and "pwrite64(" in line:
            found.append("write")
        elif re.search(r"f(data)?sync(\(| resumed)", line) and line.rstrip().endswith("= 0"):
            found.append("sync")
    return found


def test_a_database_without_a_durable_journal_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(DatabaseNotDurableError):
        open_database("sqlite://")  # in memory: SQLite has no write-ahead log there
    engine = open_database(f"sqlite:///{tmp_path / 'x.db'}")  # positive control
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
    engine.dispose()


def test_every_connection_is_durable_not_only_the_first(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    opened: list[object] = []
    event.listen(engine, "connect", lambda connection, _record: opened.append(connection))
    with engine.connect() as first, engine.connect() as second:
        assert first.scalar(text("PRAGMA synchronous")) == 2
        assert second.scalar(text("PRAGMA synchronous")) == 2
    assert opened
    engine.dispose()


@pytest.mark.timeout(300)
def test_a_disk_that_fails_to_sync_is_told_as_try_again(world: ReliabilityWorld, tmp_path: Path) -> None:
    """REL-07: EIO from fsync and fdatasync, injected by strace once the edge takes mail; nothing is acknowledged."""
    maker = MailMaker(world, "KE", "EU")
    refused, accepted = maker.sealed(), maker.sealed()
    with edge_under_strace(world, tmp_path / "trace"):
        assert world.send("KE", accepted.recipient, accepted.octets).startswith("250 2.6.0")
    failing = "inject=fsync,fdatasync:error=EIO"
    with edge_under_strace(world, tmp_path / "failing", "-e", failing):
        assert world.send("KE", refused.recipient, refused.octets).startswith("451 4.3.0")
        assert "EIO" in (tmp_path / "failing").read_text(errors="replace")
    world.settle()
    arrivals = world.arrivals("EU")
    assert (accepted.body_sha256 in arrivals, refused.body_sha256 in arrivals) == (True, False)
    assert world.send("KE", refused.recipient, refused.octets).startswith("250 2.6.0")
    world.settle()
    assert len(world.arrivals("EU")[refused.body_sha256]) == 1
