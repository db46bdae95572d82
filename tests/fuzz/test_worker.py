"""The opener of slips in its real process: mutated messages, bombs, and the files and connections it does not open."""

import re
from pathlib import Path
from random import Random

import pytest

from gateway.gate import judge_message
from gateway.opener.frames import JobKind, Outcome
from keyring_admin.openpgp import EncryptedMessage, iterate_packets

from .budget import OCTETS, memory
from .conftest import Keys
from .seeds_of_mail import RECIPIENTS, attachment, data, session_key
from .worker import running_worker

pytestmark = pytest.mark.timeout(300)
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE|connect\(|socket\(")


def feed(keys: Keys, count: int, seed: int) -> list[Outcome | None]:
    random = Random(seed)  # noqa: S311 - makes tests, protects nothing
    outcomes: list[Outcome | None] = []
    good = [keys.seal(b"<slip/>"), keys.seal(b"<slip/>", "-z", "0"), keys.seal(b"x" * 3000, "--compress-algo", "zlib")]
    with running_worker(keys.secret) as worker:
        while len(outcomes) < count:
            octets = bytearray(random.choice(good))
            for _ in range(random.choice((1, 1, 2))):
                start = random.randrange(len(octets) if random.random() < 0.5 else 120)
                octets[start : start + random.randrange(3)] = random.randbytes(random.randrange(3))
            # The worker is only given what the gate lets pass.
            if isinstance(judge_message(bytes(octets)), EncryptedMessage):
                result = worker.open(bytes(octets), keys.certificate)
                outcomes.append(result.outcome if result is not None else None)
    return outcomes


def test_mutated_messages_are_one_of_the_outcomes_and_kill_no_worker(keys: Keys) -> None:
    assert set(feed(keys, 150, 1)) <= {Outcome.UNOPENABLE, Outcome.BAD_SLIP, Outcome.BAD_SIGNATURE}


@pytest.mark.slow
def test_10000_mutated_messages_kill_no_worker(keys: Keys) -> None:
    assert set(feed(keys, 10_000, 2)) <= {Outcome.UNOPENABLE, Outcome.BAD_SLIP, Outcome.BAD_SIGNATURE}


@pytest.mark.parametrize("mebibytes", [1, 12, 40, 200])
def test_a_bomb_is_unopenable_within_64_mib_of_memory(keys: Keys, mebibytes: int) -> None:
    bomb = keys.seal(bytes(mebibytes << 20), "--compress-algo", "zlib", "-z", "9")
    assert len(bomb) < mebibytes << 11
    with running_worker(keys.secret) as worker:
        pid = str(worker.process.pid)
        before = memory(pid)[0]
        result = worker.open(bomb, keys.certificate)
        if result is None:  # it had no more memory; the pool starts another
            assert worker.process.wait(10) != 0
        else:
            assert result.outcome is Outcome.UNOPENABLE
            assert memory(pid)[1] - before < OCTETS
            again = worker.open(keys.seal(b"<slip/>"), keys.certificate)
            assert again is not None
            assert again.outcome is Outcome.BAD_SLIP


def test_opening_writes_no_file_and_connects_to_nothing(keys: Keys, tmp_path: Path) -> None:
    """PRIV-16, PRIV-18: by the system calls of the worker after it is ready."""
    trace = tmp_path / "trace"
    strace = ("strace", "-f", "-q", "-e", "trace=openat,open,creat,connect,socket,memfd_create", "-o", str(trace))
    with running_worker(keys.secret, *strace) as worker:
        started = len(trace.read_text(encoding="utf-8").splitlines())
        for octets in (b"<slip/>", b"x" * 100_000):
            result = worker.open(keys.seal(octets), keys.certificate)
            assert result is not None
            assert result.outcome in {Outcome.BAD_SLIP, Outcome.UNOPENABLE}
    lines = trace.read_text(encoding="utf-8").splitlines()
    assert started > 100  # strace saw the start
    assert [line for line in lines[started:] if _WRITES.search(line) or "memfd" in line] == []


def test_a_large_mail_around_slip_and_body_is_within_the_memory(keys: Keys) -> None:
    """What is lawful is not taken for a bomb: 12 MB, compressed as GnuPG does by itself."""
    slip = keys.seal(b"<slip/>")
    body = session_key(RECIPIENTS[0]) + data(9_000_000, 1)
    key_id = next(packet.body[1:9] for packet in iterate_packets(slip)).hex().upper()
    parts = [attachment(slip, b"slip.asc", encoded=False), attachment(body, b"body.asc", encoded=False)]
    inside = b"Content-Type: multipart/mixed; boundary=M\r\n\r\n"
    inside += b"".join(b"--M\r\n" + part + b"\r\n" for part in parts) + b"--M--\r\n"
    with running_worker(keys.secret) as worker:
        result = worker.open(keys.seal(inside), keys.certificate, JobKind.COVER, (key_id,))
        assert result is not None
        assert result.outcome is Outcome.BAD_SLIP  # opened, verified, read
