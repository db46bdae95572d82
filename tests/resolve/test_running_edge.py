"""`resolve@` through the running edge: answers, refusals, the limit, the log, and what is left of it all: nothing."""

import os
import re
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from gateway.demo.leftovers import find_leftovers
from gateway.gate import Accepted, judge
from gateway.resolve import RESOLVE_IS_ON
from gnupg_keys import gpg

from .running_edge import QUESTIONS_PER_HOUR, RunningEdge, running_edge

# None of these stands in the published library.
UNION = "QCALLb8L3n0YrAC5d224051914"
CANARY = "CANARY-7f3k9q2m-{:04d}"
pytestmark = pytest.mark.xdist_group("resolve")
REFUSED = (550, "5.7.1 refused by policy")


@pytest.fixture(scope="module")
def edge() -> Iterator[RunningEdge]:
    with running_edge(Path(tempfile.mkdtemp(prefix="gspe-", dir="/tmp"))) as edge:
        yield edge


def read(edge: RunningEdge, said: str) -> EmailMessage:
    """The answer that was queued, as Alice's GnuPG reads it."""
    ((mailbox, mail),) = edge.answers(said.rpartition(" ")[2])
    assert mailbox == "alice@customs.ke.test"
    accepted = judge(mail, size_limit=1 << 20)
    assert isinstance(accepted, Accepted)  # what is queued is encrypted, by the gate's own rules
    octets = gpg(edge.officers["alice"].home, "--decrypt", stdin=accepted.messages[0].octets)
    return message_from_bytes(octets, _class=EmailMessage, policy=default)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_an_answer_is_queued_for_the_officer_s_inbox_and_250_said(edge: RunningEdge) -> None:
    code, said = edge.send("alice", edge.question("alice", f"{UNION}\nKE24T00012345674"))
    assert code == 250
    message = read(edge, said)
    assert "This UID belongs to EU" in text_of(message)
    assert "your own Party" in text_of(message)
    assert "eu@gsp.test" in text_of(message)
    names = [part.get_filename() for part in message.iter_attachments()]
    assert [name for name in names if name and name.startswith("uid-query")] == ["uid-query-EU.xml"]


def test_the_outer_header_is_the_gateway_s_own_and_says_nothing(edge: RunningEdge) -> None:
    _, said = edge.send("alice", edge.question("alice", UNION))
    ((_, mail),) = edge.answers(said.rpartition(" ")[2])
    header = message_from_bytes(mail.partition(b"\r\n\r\n")[0], policy=default)
    names = ["From", "To", "Date", "Message-ID", "Auto-Submitted", "Subject", "MIME-Version", "Content-Type"]
    assert header.keys() == names
    assert header["From"] == "resolve@gsp.test"
    assert re.fullmatch(r"TEST GSP answer \[[0-9A-F]{16}\]", header["Subject"])
    assert b"EU" not in mail.partition(b"\r\n\r\n")[0].replace(b"Auto", b"")


def test_the_log_says_that_somebody_asked_and_nothing_about_what(edge: RunningEdge) -> None:
    before = edge.rows("select count(*) from envelope_log")
    assert (
        edge.send("alice", edge.question("alice", "\n".join([UNION] + [CANARY.format(n) for n in range(9)])))[0] == 250
    )
    assert edge.rows("select count(*) from envelope_log") == [(before[0][0] + 1,)]
    columns = "outcome, message_class, exchange, sending_party, receiving_party, form_pack, size_class, mode, uid_count"
    (row,) = edge.rows(f"select {columns}, rule, test from envelope_log order by sequence desc limit 1")  # noqa: S608
    assert row == ("accepted", "resolve", None, "KE", None, None, row[6], "assisted", None, None, 1)


def test_statistics_count_it_and_every_screen_says_that_it_is_on(edge: RunningEdge) -> None:
    edge.send("alice", edge.question("alice", UNION))
    answered = edge.rows("select count(*) from envelope_log where message_class = 'resolve'")[0][0]
    printed = edge.gsp("stats", "--test", "--by", "all", "--format", "json")
    assert f'"resolves": {answered}' in printed
    assert RESOLVE_IS_ON in edge.gsp("stats", "--test")
    assert RESOLVE_IS_ON in edge.gsp("config", "check")


class TestRefusals:
    """Positive control: test_an_answer_is_queued_for_the_officer_s_inbox_and_250_said."""

    def test_unsigned(self, edge: RunningEdge) -> None:
        assert edge.send("alice", edge.question("alice", UNION, sign=False)) == REFUSED

    def test_signed_by_another_officer(self, edge: RunningEdge) -> None:
        octets = edge.sealed("alice", f"Content-Type: text/plain\n\n{UNION}\n".encode(), signer="mallory")
        assert edge.send("alice", edge.mail("alice", octets)) == REFUSED

    def test_another_officer_s_question_resent(self, edge: RunningEdge) -> None:
        question = edge.question("mallory", UNION).replace(b"mallory@", b"alice@")
        assert edge.send("alice", question) == REFUSED

    def test_encrypted_to_a_third_party_as_well(self, edge: RunningEdge) -> None:
        octets = edge.sealed("mallory", f"Content-Type: text/plain\n\n{UNION}\n".encode(), signer="alice")
        assert edge.send("alice", edge.mail("alice", octets)) == REFUSED

    def test_not_encrypted_to_the_gateway(self, edge: RunningEdge) -> None:
        octets = edge.sealed("alice", b"Content-Type: text/plain\n\nAB\n", to=edge.officers["alice"].fingerprint)
        assert edge.send("alice", edge.mail("alice", octets)) == REFUSED

    def test_an_officer_without_the_role_to_query(self, edge: RunningEdge) -> None:
        assert edge.send("bob", edge.question("bob", UNION)) == REFUSED

    def test_damaged_and_bad_signature_are_told_alike(self, edge: RunningEdge) -> None:
        octets = bytearray(edge.sealed("alice", f"Content-Type: text/plain\n\n{UNION}\n".encode()))
        octets[-60] ^= 1
        assert edge.send("alice", edge.mail("alice", bytes(octets))) == REFUSED

    def test_no_uids(self, edge: RunningEdge) -> None:
        malformed = (550, "5.6.0 malformed or ambiguous message")
        assert edge.send("alice", edge.question("alice", f"<p>{UNION}</p>", media="text/html")) == malformed
        too_many = "\n".join(CANARY.format(number) for number in range(51))
        assert edge.send("alice", edge.question("alice", too_many)) == malformed

    def test_two_messages_as_attachments(self, edge: RunningEdge) -> None:
        part = "--b\r\nContent-Type: application/octet-stream; name=x.asc\r\n\r\n"
        from_line = b"From: alice@customs.ke.test\r\nMIME-Version: 1.0\r\n"
        message = edge.sealed("alice", f"Content-Type: text/plain\n\n{UNION}\n".encode())
        armor = edge.mail("alice", message)
        armor = armor[armor.index(b"-----BEGIN") : armor.index(b"\r\n--b--")]
        body = (part.encode() + armor + b"\r\n") * 2 + b"--b--\r\n"
        mail = from_line + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body
        assert edge.send("alice", mail) == (550, "5.6.0 malformed or ambiguous message")

    def test_in_the_clear(self, edge: RunningEdge) -> None:
        mail = f"From: alice@customs.ke.test\r\nContent-Type: text/plain\r\n\r\n{UNION}\r\n".encode()
        assert edge.send("alice", mail)[0] == 523


def test_each_officer_has_so_many_questions_an_hour(edge: RunningEdge) -> None:
    question = edge.question("mallory", UNION)
    replies = [edge.send("mallory", question) for _ in range(QUESTIONS_PER_HOUR + 2)]
    assert [code for code, _ in replies] == [250] * QUESTIONS_PER_HOUR + [450, 450]
    assert replies[-1] == (450, "4.7.1 too many mails, try again later")
    assert edge.send("alice", edge.question("alice", UNION))[0] == 250


def test_a_canary_is_found_nowhere_afterwards(edge: RunningEdge) -> None:
    """After answers, failures of every kind and killed workers: no file of the deployment, no log, no memory."""
    canaries = [CANARY.format(number) for number in range(1000, 1004)]
    good = edge.question("alice", "\n".join([*canaries, UNION]))
    assert edge.send("alice", good)[0] == 250
    bad = [
        edge.question("alice", canaries[0], sign=False),
        edge.question("alice", canaries[0], media="text/html"),
        edge.question("alice", "\n".join(f"{canaries[1]}{number}" for number in range(60))),
        edge.question("alice", canaries[2], media="text/plain; charset=utf-16"),
    ]
    assert {edge.send("alice", mail)[0] for mail in bad} == {550}
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(edge.send("alice", good)[0])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        for worker in edge.workers():
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        threads[0].join(0.2)
    for thread in threads:
        thread.join()
    assert len(codes) == 4
    assert edge.send("alice", good)[0] in {250, 550}  # the worker it met may have been dead
    assert edge.send("alice", good)[0] == 250
    secrets = [text.encode() for text in ("CANARY-7f3k9q2m", UNION)]
    planted = edge.gw / "planted"
    planted.write_bytes(secrets[0])
    assert {left.file for left in find_leftovers(edge.gw, secrets)} == {planted}
    planted.unlink()
    assert list(find_leftovers(edge.folder / "tmp", secrets)) == []
    log = edge.log.read_bytes()
    assert b"question-has-uids" in log
    assert not any(secret in log for secret in secrets)
    assert memory_holds(edge.pid(), b"alice@customs.ke.test")
    assert not any(memory_holds(edge.pid(), secret) for secret in secrets)


def memory_holds(pid: int, octets: bytes) -> bool:
    """Whether a writable page of the process holds these octets."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights, *_ = line.split()
            if not rights.startswith("rw") or "[v" in line:
                continue
            start, end = (int(number, 16) for number in place.split("-"))
            memory.seek(start)
            if octets in memory.read(end - start):
                return True
    return False


def test_it_is_off_by_default(edge: RunningEdge) -> None:
    assert edge.reply_while_off == (550, "5.1.1 no such mailbox here")
    assert edge.rows_while_off == 0
    assert "resolve@ is off" in edge.said_at_init


def test_forms_is_no_address_where_no_signed_library_is(edge: RunningEdge) -> None:
    mail = edge.question("alice", UNION)
    assert edge.send("alice", mail, recipient="forms@gsp.test") == (550, "5.1.1 no such mailbox here")
