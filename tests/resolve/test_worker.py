"""A real worker opens real mails to `resolve@`: who may ask, what comes back, and what never does."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from gateway.opener.frames import Job, JobKind, JobResult, Outcome
from gateway.opener.pool import OpenerPool
from gateway.resolve.answering import PLAINTEXT_LIMIT
from gateway.resolve.request import ResolveRequest, encode_request
from gnupg_keys import Key, gpg, seal
from keyring_admin.openpgp.armor import ArmorKind, enarmor
from keyring_admin.openpgp.packets import inspect_message
from pattern_rules import core_library_octets

from .conftest import People

UNION = "QCALLa7K2m9XqZB4c124051914"
QUESTION = f"Content-Type: text/plain\r\n\r\n{UNION}\r\n".encode()
SIZE_LIMIT = 1024 * 1024


@dataclass
class Desk:
    """A pool of one worker on a loop of its own, and Alice, who asks."""

    people: People
    request: ResolveRequest
    pool: OpenerPool
    loop: asyncio.AbstractEventLoop

    def ask(
        self, message: bytes, *, certificate: bytes | None = None, library: bytes | None = None, mime: bool = True
    ) -> JobResult:
        job = Job(
            kind=JobKind.RESOLVE,
            gateway_key_ids=(),
            size_limit=SIZE_LIMIT,
            message=message,
            certificate=certificate or self.people.alice.certificate,
            request=encode_request(replace(self.request, mime=mime)),
            library=library or core_library_octets(),
        )
        return asyncio.run_coroutine_threadsafe(self.pool.open(job), self.loop).result(60)

    def write(self, octets: bytes = QUESTION, *options: str, author: Key | None = None, sign: bool = True) -> bytes:
        return seal(author or self.people.alice, [self.people.gateway.fingerprint], octets, *options, sign=sign)

    def read(self, result: JobResult) -> EmailMessage:
        """As Alice's client does: decrypted by GnuPG, the gateway's signature good."""
        home = self.people.alice.home
        status = gpg(home, "--status-fd", "1", "--output", "/dev/null", "--decrypt", stdin=result.body).decode(
            errors="replace"
        )
        assert "GOODSIG" in status
        assert self.people.gateway.fingerprint in status
        return message_from_bytes(gpg(home, "--decrypt", stdin=result.body), _class=EmailMessage, policy=default)


@pytest.fixture(scope="module")
def running_pool(people: People) -> Iterator[tuple[OpenerPool, asyncio.AbstractEventLoop]]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    pool = OpenerPool(people.gateway, processes=1, timeout=10, memory_mebibytes=512)
    asyncio.run_coroutine_threadsafe(pool.start(), loop).result(30)
    yield pool, loop
    asyncio.run_coroutine_threadsafe(pool.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def desk(
    people: People,
    request_of_kenya: ResolveRequest,
    running_pool: tuple[OpenerPool, asyncio.AbstractEventLoop],
) -> Desk:
    return Desk(people, request_of_kenya, *running_pool)


def test_the_officer_gets_an_answer_only_the_officer_can_read(desk: Desk) -> None:
    result = desk.ask(desk.write())
    assert result.outcome is Outcome.OPENED
    assert result.signer == desk.people.alice.fingerprint
    message = desk.read(result)
    body = message.get_body(("plain",))
    assert body is not None
    assert "This UID belongs to EU" in body.get_content()
    assert {part.get_filename() for part in message.iter_attachments()} >= {"uid-query-EU.xml"}
    subkeys = gpg(desk.people.alice.home, "--with-colons", "--list-keys", desk.people.alice.fingerprint).decode()
    for key_id in inspect_message(result.body).recipients:
        assert key_id in subkeys


def test_the_worker_says_nothing_but_ciphertext_signer_and_time(desk: Desk) -> None:
    result = desk.ask(desk.write())
    assert result == JobResult(Outcome.OPENED, result.signer, result.signed_at, body=result.body)
    assert UNION.encode() not in result.body
    assert b"European Union" not in result.body


@pytest.mark.parametrize("options", [("-z", "0"), ("--compress-algo", "zlib"), ("--textmode",)])
def test_questions_as_gnupg_writes_them(desk: Desk, options: tuple[str, ...]) -> None:
    assert desk.ask(desk.write(QUESTION, *options)).outcome is Outcome.OPENED


def test_inline_text(desk: Desk) -> None:
    assert desk.ask(desk.write(f"{UNION}\n".encode()), mime=False).outcome is Outcome.OPENED
    assert desk.ask(desk.write(QUESTION.replace(UNION.encode(), b"\xff")), mime=False).outcome is Outcome.NO_UIDS


class TestSignedInside:
    """RFC 3156 §6.1: a multipart/signed inside of the encrypted message, as KMail and Evolution write it."""

    def nested(self, desk: Desk, author: Key, text: bytes, signed: bytes | None = None) -> bytes:
        signature = gpg(author.home, "--detach-sign", "--local-user", author.fingerprint, stdin=signed or text)
        armor = enarmor(signature, ArmorKind.SIGNATURE)
        entity = (
            b'Content-Type: multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary=s\r\n'
            b"\r\n--s\r\n" + text + b"\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\n" + armor + b"--s--\r\n"
        )
        return desk.write(entity, sign=False)

    def test_is_read(self, desk: Desk) -> None:
        result = desk.ask(self.nested(desk, desk.people.alice, QUESTION.rstrip()))
        assert (result.outcome, result.signer) == (Outcome.OPENED, desk.people.alice.fingerprint)

    def test_by_another_or_about_another_text_is_refused(self, desk: Desk) -> None:
        other = QUESTION.replace(b"QCALL", b"QCALI").rstrip()
        for message in (
            self.nested(desk, desk.people.mallory, QUESTION.rstrip()),
            self.nested(desk, desk.people.alice, QUESTION.rstrip(), signed=other),
        ):
            assert desk.ask(message) == JobResult(Outcome.BAD_SIGNATURE)


class TestRefusals:
    def test_unsigned_or_signed_by_another(self, desk: Desk) -> None:
        assert desk.ask(desk.write(sign=False)) == JobResult(Outcome.BAD_SIGNATURE)
        assert desk.ask(desk.write(author=desk.people.mallory)) == JobResult(Outcome.BAD_SIGNATURE)
        mallory = desk.people.mallory
        assert desk.ask(desk.write(author=mallory), certificate=mallory.certificate).outcome is Outcome.OPENED

    def test_not_for_this_gateway(self, desk: Desk) -> None:
        message = seal(desk.people.alice, [desk.people.kenya.fingerprint], QUESTION)
        assert desk.ask(message) == JobResult(Outcome.UNOPENABLE)

    def test_damaged(self, desk: Desk) -> None:
        message = bytearray(desk.write())
        message[-60] ^= 1
        assert desk.ask(bytes(message)) == JobResult(Outcome.UNOPENABLE)
        for octets in (b"", b"octets", desk.write()[:-30]):
            assert desk.ask(octets) == JobResult(Outcome.UNOPENABLE)

    def test_what_asks_nothing_tells_only_who_signed_it(self, desk: Desk) -> None:
        result = desk.ask(desk.write(b"Content-Type: text/html\r\n\r\n<p>hello</p>\r\n"))
        assert result == JobResult(Outcome.NO_UIDS, desk.people.alice.fingerprint, result.signed_at)

    def test_a_plaintext_over_the_limit_and_a_bomb(self, desk: Desk) -> None:
        room = PLAINTEXT_LIMIT - len(QUESTION) - 2
        assert desk.ask(desk.write(QUESTION + b"\n" * room)).outcome is Outcome.OPENED
        assert desk.ask(desk.write(QUESTION + b"\n" * (room + 3))) == JobResult(Outcome.UNOPENABLE)
        assert desk.ask(desk.write(QUESTION + b"\n" * 60_000_000)) == JobResult(Outcome.UNOPENABLE)
        assert desk.ask(desk.write()).outcome is Outcome.OPENED


def test_another_library_is_taken_at_once(desk: Desk) -> None:
    core = core_library_octets()
    second = core.replace(b"number = 1\n", b"number = 2\n").replace(b'predecessor = ""', b'predecessor = "%064d"' % 0)
    texts = []
    for library in (core, second, core):
        body = desk.read(desk.ask(desk.write(), library=library)).get_body(("plain",))
        assert body is not None
        texts.append(body.get_content())
    assert ["by version 2" in text for text in texts] == [False, True, False]


def test_a_worker_killed_between_questions_is_replaced(desk: Desk) -> None:
    assert desk.ask(desk.write()).outcome is Outcome.OPENED
    (process,) = [each for each in desk.pool._running if each.returncode is None]
    os.kill(process.pid, signal.SIGKILL)
    assert [desk.ask(desk.write()).outcome for _ in range(2)][-1] is Outcome.OPENED


def test_nothing_of_a_question_shows_in_a_repr(desk: Desk) -> None:
    job = Job(JobKind.RESOLVE, (), 1, b"x", b"x", request=b"alice", library=QUESTION)
    shown = repr((job, desk.request))
    assert "alice" not in shown
    assert "QCALL" not in shown
