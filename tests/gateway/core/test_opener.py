"""The workers that open slips: real GnuPG writes the slips, real child processes open them."""

import asyncio
import os
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from forms.slip import Slip, compose_slip, parse_slip
from gateway.opener.frames import Job, JobKind, JobResult, Outcome
from gateway.opener.pool import OpenerPool, OpenerUnavailableError
from keyring_admin.openpgp.armor import enarmor
from keyring_admin.openpgp.opening import OpenedMessage, OpeningKey
from keyring_admin.openpgp.packets import inspect_message

from .conftest import Gateway
from .keys import Key, gpg, make_key
from .messages import compressed, encrypt, encryption_subkeys, layers, literal

SIZE_LIMIT = 1024 * 1024
FAILURE = JobResult(Outcome.UNOPENABLE)


class Workers:
    """A pool on a loop of its own, asked from ordinary code."""

    def __init__(self, gateway: Gateway, *, processes: int, timeout: float = 10) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._gateway = gateway
        self.pool = OpenerPool(gateway.secret, processes=processes, timeout=timeout, memory_mebibytes=512)
        asyncio.run_coroutine_threadsafe(self.pool.start(), self._loop).result(30)

    def open(self, message: bytes, certificate: bytes, kind: JobKind = JobKind.SLIP) -> JobResult:
        job = Job(kind, self._gateway.key_ids, SIZE_LIMIT, message, certificate)
        return asyncio.run_coroutine_threadsafe(self.pool.open(job), self._loop).result(60)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.pool.stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def workers(gateway: Gateway) -> Iterator[Workers]:
    workers = Workers(gateway, processes=1)
    yield workers
    workers.close()


@pytest.fixture(scope="module")
def lone_worker(gateway: Gateway) -> Iterator[Workers]:
    """For tests that stall or kill the worker: five seconds a job, which two dying workers must fit into."""
    workers = Workers(gateway, processes=1, timeout=5)
    yield workers
    workers.close()


@dataclass(frozen=True, slots=True)
class Desk:
    """Where slips are written."""

    gateway: Gateway
    alice: Key
    mallory: Key
    slip: Slip

    @property
    def xml(self) -> bytes:
        return compose_slip(self.slip)

    def write(self, octets: bytes | None = None, *options: str, author: Key | None = None) -> bytes:
        return write(self.xml if octets is None else octets, author or self.alice, self.gateway, *options)


@pytest.fixture
def desk(gateway: Gateway, alice: Key, mallory: Key, slip: Slip) -> Desk:
    return Desk(gateway, alice, mallory, slip)


@pytest.fixture
def sealed_slip(slip_xml: bytes, alice: Key, gateway: Gateway) -> bytes:
    """As the officer's tool makes it."""
    return write(slip_xml, alice, gateway, "--compress-algo", "none")


def write(octets: bytes, author: Key, gateway: Gateway, *options: str, sign: bool = True) -> bytes:
    """What gpg makes of it: signed by the author, encrypted to the gateway."""
    signing = ("--sign", "--local-user", author.fingerprint) if sign else ()
    to = ("--encrypt", "--recipient", gateway.secret.fingerprint)
    return gpg(author.home, *options, *signing, *to, stdin=octets)


def children_of(pid: int) -> set[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, check=True).stdout
    return {int(word) for word in listed.split()}


def worker_pids() -> set[int]:
    pids = set()
    for pid in children_of(os.getpid()):
        with suppress(OSError):
            if b"gateway.opener.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                pids.add(pid)
    return pids


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--compress-algo", "zip"),
        ("--compress-algo", "zlib", "-z", "9"),
        ("--compress-algo", "none"),
        ("--textmode",),
        ("--set-filename", "../slip.xml"),
        ("--for-your-eyes-only",),
        ("--cipher-algo", "AES128"),
        ("--digest-algo", "SHA512"),
    ],
    ids=lambda options: " ".join(options) or "as GnuPG does by itself",
)
def test_slips_of_gnupg_open(workers: Workers, desk: Desk, options: tuple[str, ...]) -> None:
    alice, slip = desk.alice, desk.slip
    result = workers.open(desk.write(None, *options), alice.certificate)
    assert result.outcome is Outcome.OPENED
    assert parse_slip(result.slip) == slip
    assert result.signer == alice.fingerprint
    assert result.signed_at is not None
    assert abs(result.signed_at.timestamp() - time.time()) < 60


def test_what_the_worker_gives_back_is_canonical_and_never_the_sender_s_octets(
    workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway
) -> None:
    spaced = slip_xml.replace(b"><", b">\n   <")
    assert workers.open(write(spaced, alice, gateway), alice.certificate).slip == slip_xml


@pytest.mark.parametrize("cipher", ["3DES", "CAST5", "IDEA", "BLOWFISH"])
def test_q08_q09_ciphers_of_another_time_are_not_opened(workers: Workers, desk: Desk, cipher: str) -> None:
    """With integrity protection or not: blocks of 64 bits. The same with AES opens."""
    old, new = (desk.write(None, "--cipher-algo", each) for each in (cipher, "AES256"))
    assert workers.open(old, desk.alice.certificate) == FAILURE
    assert workers.open(new, desk.alice.certificate).outcome is Outcome.OPENED


class TestSignatures:
    def test_unsigned(self, workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway) -> None:
        message = write(slip_xml, alice, gateway, sign=False)
        assert workers.open(message, alice.certificate) == JobResult(Outcome.BAD_SIGNATURE)

    def test_p58_p59_signed_by_another(
        self, workers: Workers, slip_xml: bytes, alice: Key, mallory: Key, gateway: Gateway
    ) -> None:
        message = write(slip_xml, mallory, gateway)
        assert workers.open(message, alice.certificate) == JobResult(Outcome.BAD_SIGNATURE)
        assert workers.open(message, mallory.certificate).outcome is Outcome.OPENED

    def test_p61_two_signers(
        self, workers: Workers, slip_xml: bytes, alice: Key, mallory: Key, gateway: Gateway
    ) -> None:
        message = write(slip_xml, alice, gateway, "--local-user", mallory.fingerprint)
        assert workers.open(message, alice.certificate) == JobResult(Outcome.BAD_SIGNATURE)

    @pytest.mark.parametrize("digest", ["SHA1", "RIPEMD160"])
    def test_p60_weak_digests(self, workers: Workers, desk: Desk, rsa: Key, digest: str) -> None:
        weak = desk.write(None, "--digest-algo", digest, "--allow-weak-digest-algos", author=rsa)
        assert workers.open(weak, rsa.certificate) == JobResult(Outcome.BAD_SIGNATURE)
        assert workers.open(desk.write(author=rsa), rsa.certificate).outcome is Outcome.OPENED

    def test_q18_a_notation_with_status_lines_is_not_read(self, workers: Workers, desk: Desk) -> None:
        options = ("--sig-notation", "note@mallory.test=[GNUPG:] GOODSIG " + "A" * 40 + " Alice")
        spoofed = desk.write(None, *options, author=desk.mallory)
        assert workers.open(spoofed, desk.alice.certificate) == JobResult(Outcome.BAD_SIGNATURE)
        harmless = workers.open(desk.write(None, *options), desk.alice.certificate)
        assert (harmless.outcome, harmless.signer) == (Outcome.OPENED, desk.alice.fingerprint)

    def test_a_signature_that_has_expired(
        self, workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway
    ) -> None:
        message = write(slip_xml, alice, gateway, "--default-sig-expire", "seconds=1")
        time.sleep(1.5)
        assert workers.open(message, alice.certificate) == JobResult(Outcome.BAD_SIGNATURE)

    def test_q02_a_signature_from_the_future(
        self, workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway
    ) -> None:
        future = time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time() + 2 * 86400))
        message = write(slip_xml, alice, gateway, "--faked-system-time", future)
        assert workers.open(message, alice.certificate) == JobResult(Outcome.BAD_SIGNATURE)

    def test_p62_p63_an_unsigned_literal_beside_the_signed_one(
        self, workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway
    ) -> None:
        signed = gpg(alice.home, "--sign", "-z", "0", "--local-user", alice.fingerprint, stdin=slip_xml)
        subkey = gateway.subkeys[0]
        assert workers.open(encrypt(signed, subkey), alice.certificate).outcome is Outcome.OPENED
        for inner in (
            signed + literal(b"unsigned"),
            literal(b"unsigned") + signed,
            compressed(signed + literal(b"unsigned")),
            compressed(literal(b"unsigned") + signed),
            signed + signed,
        ):
            assert workers.open(encrypt(inner, subkey), alice.certificate) == FAILURE

    def test_the_signed_text_of_another_message_does_not_fit(
        self, workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway
    ) -> None:
        signed = gpg(alice.home, "--sign", "-z", "0", "--local-user", alice.fingerprint, stdin=slip_xml)
        changed = signed.replace(b"<uid-count>1<", b"<uid-count>7<")
        assert changed != signed
        message = encrypt(changed, gateway.subkeys[0])
        assert workers.open(message, alice.certificate) == JobResult(Outcome.BAD_SIGNATURE)


@pytest.fixture(scope="module")
def rsa(officers_home: Path) -> Key:
    parameters = "Key-Type: rsa\nKey-Length: 2048\nSubkey-Type: rsa\nSubkey-Length: 2048\n"
    return make_key(officers_home, "rsa@customs.ke.test", parameters)


class TestWhatIsNoSlip:
    def test_signed_text_of_the_form_of_a_slip_is_not_enough(
        self, workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway
    ) -> None:
        for text in (b"", b"hello", slip_xml + b"<!-- -->", slip_xml.replace(b"slip:1", b"slip:2")):
            message = write(text, alice, gateway)
            assert workers.open(message, alice.certificate) == JobResult(Outcome.BAD_SLIP)

    def test_hostile_xml_reaches_nothing(
        self, workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway, tmp_path: Path
    ) -> None:
        secret = tmp_path / "secret"
        secret.write_text("KE")
        doctype = f'<!DOCTYPE slip [<!ENTITY e SYSTEM "file://{secret}">]>'.encode()
        entity = slip_xml.replace(b"<requesting-party>KE<", b"<requesting-party>&e;<")
        laughs = b'<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + slip_xml
        for text in (doctype + entity, laughs, b"<a>" * 5000, slip_xml.decode().encode("utf-16")):
            assert workers.open(write(text, alice, gateway), alice.certificate) == JobResult(Outcome.BAD_SLIP)

    def test_sixteen_kibibytes_and_not_one_more(
        self, workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway
    ) -> None:
        limit = 16 * 1024
        padded = slip_xml.replace(b"</slip>", b"</slip" + b" " * (limit - len(slip_xml)) + b">")
        assert len(padded) == limit
        assert workers.open(write(padded, alice, gateway), alice.certificate).outcome is Outcome.OPENED
        more = padded.replace(b"</slip ", b"</slip  ")
        assert workers.open(write(more, alice, gateway), alice.certificate) == FAILURE

    def test_q20_a_captured_body_for_the_party_is_not_decrypted(
        self, workers: Workers, slip_xml: bytes, alice: Key, mallory: Key
    ) -> None:
        captured = encrypt(literal(slip_xml), encryption_subkeys(mallory.certificate)[0])
        assert workers.open(captured, alice.certificate) == FAILURE


def hostile(gateway: Gateway, slip_xml: bytes) -> dict[str, bytes]:
    subkey = gateway.subkeys[0]
    good = encrypt(literal(slip_xml), subkey)
    flipped = bytearray(good)
    flipped[-200] ^= 4
    return {
        "p06-p08-flipped": bytes(flipped),
        "p07-no-integrity": encrypt(literal(slip_xml), subkey, integrity=False),
        "p09-truncated": good[:-40],
        "p24-nested": encrypt(good, subkey),
        "p26-layers": encrypt(layers(literal(slip_xml), 40), subkey),
        "p27-bomb": encrypt(compressed(compressed(literal(bytes(50_000_000)))), subkey),
        "p28-bzip2": encrypt(compressed(literal(slip_xml), 3), subkey),
        "octets": os.urandom(500),
        "empty": b"",
    }


def test_every_hostile_message_gives_the_one_answer_in_time(
    workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway
) -> None:
    for name, message in hostile(gateway, slip_xml).items():
        began = time.monotonic()
        assert workers.open(message, alice.certificate) == FAILURE, name
        assert time.monotonic() - began < 5, name
    assert workers.open(write(slip_xml, alice, gateway), alice.certificate).outcome is Outcome.OPENED


def test_q23_failures_take_alike_long(workers: Workers, slip_xml: bytes, alice: Key, gateway: Gateway) -> None:
    messages = hostile(gateway, slip_xml)
    medians = []
    for name in ("p06-p08-flipped", "p07-no-integrity", "p28-bzip2"):
        times = []
        for _ in range(30):
            began = time.perf_counter()
            workers.open(messages[name], alice.certificate)
            times.append(time.perf_counter() - began)
        medians.append(statistics.median(times))
    assert max(medians) - min(medians) < 0.05  # loose: the machine is shared


def test_p27_a_bomb_larger_than_the_memory_kills_its_worker_only(
    lone_worker: Workers, sealed_slip: bytes, alice: Key, gateway: Gateway
) -> None:
    bomb = encrypt(compressed(compressed(literal(bytes(450_000_000)))), gateway.subkeys[0])
    assert len(bomb) < 10_000
    before = worker_pids()
    assert lone_worker.open(bomb, alice.certificate) == FAILURE
    assert lone_worker.open(sealed_slip, alice.certificate).outcome is Outcome.OPENED
    assert len(worker_pids()) == len(before)


def test_a_worker_that_dies_is_replaced(lone_worker: Workers, sealed_slip: bytes, alice: Key) -> None:
    assert lone_worker.open(sealed_slip, alice.certificate).outcome is Outcome.OPENED
    mine = pids_of(lone_worker)
    os.kill(mine, signal.SIGKILL)
    assert lone_worker.open(sealed_slip, alice.certificate).outcome is Outcome.OPENED  # not the mail's fault
    assert pids_of(lone_worker) != mine


def test_a_worker_that_stalls_is_replaced(lone_worker: Workers, sealed_slip: bytes, alice: Key) -> None:
    lone_worker.open(sealed_slip, alice.certificate)
    stalled = pids_of(lone_worker)
    os.kill(stalled, signal.SIGSTOP)
    with pytest.raises(OpenerUnavailableError):  # nobody can tell whether mail or machine stalled it: try again
        lone_worker.open(sealed_slip, alice.certificate)
    assert lone_worker.open(sealed_slip, alice.certificate).outcome is Outcome.OPENED
    assert pids_of(lone_worker) != stalled
    assert not Path(f"/proc/{stalled}").exists()


def pids_of(workers: Workers) -> int:
    (process,) = [each for each in workers.pool._running if each.returncode is None]
    return process.pid


def test_a_worker_can_write_no_file_dump_no_core_and_knows_no_environment(
    workers: Workers, sealed_slip: bytes, alice: Key
) -> None:
    workers.open(sealed_slip, alice.certificate)
    process = Path(f"/proc/{pids_of(workers)}")
    limits = {line[:26].strip(): line[26:].split() for line in (process / "limits").read_text().splitlines()}
    assert limits["Max core file size"][:2] == ["0", "0"]
    assert limits["Max file size"][:2] == ["0", "0"]
    assert int(limits["Max address space"][1]) == 512 * 1024 * 1024
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):  # PR_SET_DUMPABLE 0: nobody reads its memory or environment
            (process / "environ").read_bytes()
    arguments = (process / "cmdline").read_bytes().split(b"\0")
    assert arguments[1:-1] == [b"-m", b"gateway.opener.worker", b"512"]


class TestCovers:
    """Both messages inside one mail that the client encrypted to the gateway."""

    def cover(self, slip: bytes, body: bytes, end: bytes, *, order: int = 1) -> bytes:
        parts = [
            b"Content-Type: application/octet-stream; name=x.asc" + end + end + enarmor(each).replace(b"\r\n", end)
            for each in (slip, body)[::order]
        ]
        head = b'Content-Type: multipart/mixed; boundary="B"' + end + end
        return head + b"".join(b"--B" + end + part + end for part in parts) + b"--B--" + end

    @pytest.fixture
    def body(self, mallory: Key) -> bytes:
        return encrypt(literal(b"for the Party" * 20), encryption_subkeys(mallory.certificate)[0])

    @pytest.mark.parametrize("order", [1, -1], ids=["slip-first", "body-first"])
    @pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
    def test_opens(self, workers: Workers, desk: Desk, body: bytes, end: bytes, order: int) -> None:
        alice, slip = desk.alice, desk.slip
        message = desk.write(self.cover(desk.write(), body, end, order=order))
        result = workers.open(message, alice.certificate, JobKind.COVER)
        assert result.outcome is Outcome.OPENED
        assert (parse_slip(result.slip), result.body) == (slip, body)
        assert result.body_key_ids == inspect_message(body).recipients

    def test_two_slips_or_two_bodies_are_not_told_apart(
        self, workers: Workers, sealed_slip: bytes, body: bytes, alice: Key, gateway: Gateway
    ) -> None:
        for first, second in ((sealed_slip, sealed_slip), (body, body)):
            message = write(self.cover(first, second, b"\r\n"), alice, gateway)
            assert workers.open(message, alice.certificate, JobKind.COVER) == FAILURE

    def test_a_mail_without_a_slip_inside_is_no_sealed_mail(
        self, workers: Workers, alice: Key, gateway: Gateway
    ) -> None:
        mail = b"Content-Type: text/plain\r\n\r\nPlease tell me about this UID.\r\n"
        message = write(mail, alice, gateway)
        assert workers.open(message, alice.certificate, JobKind.COVER) == JobResult(Outcome.NO_SLIP)

    def test_a_slip_inside_that_is_not_signed_by_the_sender(self, workers: Workers, desk: Desk, body: bytes) -> None:
        inner = desk.write(author=desk.mallory)
        message, alice = desk.write(self.cover(inner, body, b"\r\n")), desk.alice
        assert workers.open(message, alice.certificate, JobKind.COVER) == JobResult(Outcome.BAD_SIGNATURE)


def test_nothing_of_a_slip_shows_in_a_repr(gateway: Gateway, slip_xml: bytes) -> None:
    shown = repr(
        (
            Job(JobKind.SLIP, gateway.key_ids, 1, slip_xml, b""),
            JobResult(Outcome.OPENED, slip=slip_xml, body=slip_xml),
            OpenedMessage(slip_xml, (slip_xml,)),
            OpeningKey(gateway.secret.octets),
            gateway.secret,
        )
    )
    assert "KE" not in shown.replace(gateway.secret.fingerprint, "")
    assert "slip:1" not in shown
