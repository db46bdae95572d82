"""Inputs made to cost time or memory: refused early, in bounded memory."""

import tracemalloc

import pytest

from gateway.gate import Accepted, Refused, judge
from gateway.replies import LINE_TOO_LONG, MALFORMED, MESSAGE_TOO_BIG, NOT_ENCRYPTED, Reply

from .mail_builder import ENCRYPTED_TYPE, HEAD, OCTETS, attachment, direct, mixed, run, sealed, text
from .packet_builder import armor, message

pytestmark = pytest.mark.timeout(5)

WORD = b"=?utf-8?q?" + b"=41" * 20 + b"?="


def nested(levels: int) -> bytes:
    entity = b"Content-Type: text/plain\r\n\r\n"
    for level in range(levels):
        entity = mixed(entity, boundary=b"b%dx" % level)
    return HEAD + entity


CASES: list[tuple[str, bytes, Reply]] = [
    ("MIME-b08-500-nested-multiparts", nested(500), MALFORMED),
    ("MIME-b09-2000-nested-rfc822", HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 2000, MALFORMED),
    ("MIME-b10-100000-empty-parts", HEAD + ENCRYPTED_TYPE + b"\r\n" + b"--B\r\n\r\n" * 100_000 + b"--B--\r\n",
        MALFORMED),
    ("MIME-b10-100000-empty-parts-mixed", HEAD + b"Content-Type: multipart/mixed; boundary=B\r\n\r\n"
        + b"--B\r\n\r\n" * 100_000 + b"--B--\r\n", MALFORMED),
    ("MIME-b11-subject-of-20000-words", direct(head=HEAD.replace(b"...", b"\r\n ".join([WORD] * 20_000))),
        LINE_TOO_LONG),
    ("MIME-b11-subject-on-one-line", direct(head=HEAD.replace(b"...", WORD * 20_000)), LINE_TOO_LONG),
    ("MIME-b12-from-20000-parentheses", direct(head=HEAD.replace(b"Alice", b"(" * 20_000)), LINE_TOO_LONG),
    ("MIME-b12-from-400-parentheses", direct(head=HEAD.replace(b"Alice", b"(" * 400)), MALFORMED),
    ("MIME-b12-from-quotes", direct(head=HEAD.replace(b"Alice", b'"\\"' * 300)), MALFORMED),
    ("MIME-b13-from-list", direct(head=HEAD.replace(b"Alice <", b"\r\n ".join([b"x@y.example,"] * 60) + b" <")),
        MALFORMED),
    ("MIME-b13-from-20000", direct(head=HEAD.replace(b"Alice <", b"\r\n ".join([b"x@y.example,"] * 20_000) + b" <")),
        LINE_TOO_LONG),
    ("MIME-b14-50000-fields", direct(head=HEAD + b"X: y\r\n" * 50_000), MALFORMED),
    ("MIME-b14-101-fields", direct(head=HEAD + b"X: y\r\n" * 95), MALFORMED),
    ("MIME-b14-header-without-end", b"X: y\r\n" * 50_000, MALFORMED),
    ("MIME-b14-part-header", direct(second=b"X: y\r\n" * 50_000), MALFORMED),
    ("MIME-b14-blanks", direct(head=HEAD + b"X:" + b"\r\n " .join([b" " * 900] * 60) + b"\r\n"), MALFORMED),
    ("parameters-10000", direct(content_type=ENCRYPTED_TYPE[:-2] + b";\r\n x=y" * 1500 + b"\r\n"), MALFORMED),
    ("references-16k", direct(head=HEAD + b"References:" + b"\r\n <<a@b" * 3000 + b"\r\n"), LINE_TOO_LONG),
    ("skeleton-of-1-mb", sealed(first=text(b"\r\n" * 500_000)), MALFORMED),
    ("skeleton-of-comments", sealed(first=text(b"<!--" * 10_000 + b"\r\n" + b"x", fields=b"Content-Type: text/html\r\n")
        ).replace(b"<!--" * 200, b"<!--" * 200 + b"\r\n"), NOT_ENCRYPTED),
    ("33-leaves", HEAD + mixed(*[mixed(*[text()] * 15, boundary=b"n%dx" % n) for n in range(3)]), MALFORMED),
    ("17-attachments", sealed(*[attachment(message())] * 17), MALFORMED),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "reply"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_an_expensive_mail_is_refused(mail: bytes, reply: Reply) -> None:
    tracemalloc.start()
    try:
        verdict = run(mail)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    assert isinstance(verdict, Refused)
    assert verdict.reply is reply


def test_a_mail_over_the_size_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    mail = direct()
    assert judge(mail, size_limit=len(mail) - 1) == Refused(MESSAGE_TOO_BIG, "size")
    assert isinstance(judge(mail, size_limit=len(mail)), Accepted)


def test_a_mail_of_14_mb_is_judged() -> None:
    mail = direct(second=OCTETS + armor(message(10_000_000), crc=b""))
    assert isinstance(judge(mail, size_limit=30_000_000), Accepted)


def test_an_empty_text_in_thousands_of_elements_is_dropped() -> None:
    markup = text((b"<div></div>" * 12 + b"\r\n") * 400, fields=b"Content-Type: text/html\r\n")
    assert isinstance(run(sealed(first=markup)), Accepted)
