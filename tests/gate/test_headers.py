"""What the gate keeps of a header: sender, thread, token, wish for a receipt; and nothing of it shows in a repr."""

import base64

import pytest

from gateway.gate import Accepted, Headers, Refused
from gateway.replies import MALFORMED

from .mail_builder import CANARY, HEAD, direct, run

pytestmark = pytest.mark.timeout(10)


def headers(head: bytes) -> Headers:
    verdict = run(direct(head=head))
    assert isinstance(verdict, Accepted)
    return verdict.headers


def with_from(value: bytes) -> bytes:
    return HEAD.replace(b"Alice <alice@ke.example>", value)


def with_subject(value: bytes) -> bytes:
    return HEAD.replace(b"...", value)


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        (b"alice@ke.example", "alice@ke.example"),
        (b"<alice@ke.example>", "alice@ke.example"),
        (b"Alice.B@KE.Example", "Alice.B@ke.example"),
        (b'"Otieno, Alice" <alice@ke.example>', "alice@ke.example"),
        (b'"\\"A\\"" <alice@ke.example>', "alice@ke.example"),
        (b"=?UTF-8?Q?J=C3=B6rg?= M. <o'brien+x@ke.example>", "o'brien+x@ke.example"),
        (b"Alice\r\n <alice@ke.example>", "alice@ke.example"),
        (b"alice@" + b"a" * 63 + b".example", "alice@" + "a" * 63 + ".example"),
    ],
)
def test_the_sender_is_the_one_address_of_from(value: bytes, sender: str) -> None:
    assert headers(with_from(value)).sender == sender


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"Alice",
        b"alice@ke.example, bob@ug.example",
        b"Alice <alice@ke.example>, Bob <bob@ug.example>",
        b"Alice <alice@ke.example> <bob@ug.example>",
        b"alice@ke.example <bob@ug.example>",
        b"Alice <alice@ke.example> (comment)",
        b"alice@ke.example (Alice)",
        b"Officers: alice@ke.example;",
        b"<@ug.example:alice@ke.example>",
        b"alice@ke.example@ug.example",
        b'"alice@ke.example"@ug.example',
        b"alice@[192.0.2.1]",
        b"alice@-ke.example",
        b"alice@ke..example",
        b"alice@ke.example.",
        b".alice@ke.example",
        b"alice@",
        b"@ke.example",
        b"=?utf-8?q?alice=40ke.example?=",
        b"Alice <alice@ke.example",
        b"a" * 65 + b"@ke.example",
        b"alice@" + b"a" * 64 + b".example",
        b"alice@" + b"a." * 130 + b"example",
    ],
)
def test_a_from_that_is_not_one_address_is_refused(value: bytes) -> None:
    """MIME-b04 and its kin: no confusion about who sends."""
    verdict = run(direct(head=with_from(value)))
    assert isinstance(verdict, Refused)
    assert verdict.reply is MALFORMED


@pytest.mark.parametrize(
    ("subject", "token"),
    [
        (b"GSP reply [GSP-7F3K-9Q2M]", "7F3K-9Q2M"),
        (b"Re: AW: [GSP-7F3K-9Q2M] x", "7F3K-9Q2M"),
        (b"=?utf-8?q?R=C3=A9p=3A_GSP_query_KE=E2=86=92EU_=5BGSP-7F3K-9Q2M=5D?=", "7F3K-9Q2M"),
        (b"=?utf-8?q?R=C3=A9p?= [GSP-7F3K-9Q2M]", "7F3K-9Q2M"),
        (b"=?UTF-8?B?" + base64.b64encode("Antwort → [GSP-7F3K-9Q2M]".encode()) + b"?=", "7F3K-9Q2M"),
        (b"=?utf-8?q?x_=5BGSP-7F?=\r\n =?utf-8?q?3K-9Q2M=5D?=", "7F3K-9Q2M"),
        (b"[GSP-7F3K-9Q2M] [GSP-7F3K-9Q2M]", "7F3K-9Q2M"),
        (b"[GSP-7F3K-9Q2M] [GSP-0000-0000]", None),
        (b"[GSP-7F3K-9QIM]", None),
        (b"[GSP-7f3k-9q2m]", None),
        (b"GSP-7F3K-9Q2M", None),
        (b"[GSP-7F3K-9Q2MM]", None),
        (b"=?utf-8?b?!!!?= x", None),
        (b"=?utf-16?b?WwBHAFMAUAAtADcARgAzAEsALQA5AFEAMgBNAF0A?=", None),
        (b"", None),
        (b"\r\n ".join([b"x" * 900] * 3) + b" [GSP-7F3K-9Q2M]", None),
    ],
)
def test_the_token_is_read_from_the_subject(subject: bytes, token: str | None) -> None:
    assert headers(with_subject(subject)).subject_token == token


def test_without_a_subject_there_is_no_token() -> None:
    assert headers(HEAD.replace(b"Subject: ...\r\n", b"")).subject_token is None


def test_message_ids_are_read_in_order() -> None:
    found = headers(
        HEAD + b"In-Reply-To: Your mail of Monday <q.1@gsp.example>\r\n"
        b"References: <a$b@x.example>\r\n\t<q.1@gsp.example> <no at> <\x22q\x22@x> <a@b c> <>\r\n"
    )
    assert found.in_reply_to == ("<q.1@gsp.example>",)
    assert found.references == ("<a$b@x.example>", "<q.1@gsp.example>")


def test_of_very_many_references_the_last_are_kept() -> None:
    lines = [b"\r\n <%d@x.example>" % number for number in range(300)]
    found = headers(HEAD + b"References:" + b"".join(lines) + b"\r\n")
    assert len(found.references) == 64
    assert found.references[-1] == "<299@x.example>"


def test_neither_a_verdict_nor_its_parts_show_content() -> None:
    secret = CANARY.split()[1]
    head = with_subject(CANARY) + b"References: <" + secret + b"@x.example>\r\n"
    verdict = run(direct(head=head.replace(b"alice", secret)))
    assert isinstance(verdict, Accepted)
    assert verdict.headers.sender.startswith(secret.decode())
    shown = f"{verdict!r} {verdict.headers!r} {verdict.messages[0]!r} {verdict}"
    assert secret.decode() not in shown
    assert repr(verdict.messages[0].octets) not in shown
    refused = run(direct(head=head, preamble=CANARY))
    assert secret.decode() not in f"{refused!r}"


@pytest.mark.parametrize(
    ("subject", "readable"),
    [
        (b"...", False),
        (b"[...]", False),
        (b"Encrypted Message", False),
        (b"Re: GSP query KE\xe2\x86\x92EU [GSP-7F3K-9Q2M]".replace(b"\xe2\x86\x92", b"?"), True),
        (b"=?utf-8?q?Re=3A_GSP_query_KE=E2=86=92EU_=5BGSP-7F3K-9Q2M=5D?=", False),
        (b"=?utf-8?b?R1NQIHF1ZXJ5IEtF4oaSRVUgW0dTUC03RjNLLTlRMk1d?=", False),
        (b"=?utf-8?q?GSP_query_KE=E2=86=92EU_=5BGSP-7F3K-9Q2M=5D_and_more?=", True),
        (CANARY, True),
    ],
)
def test_whether_a_subject_says_something_is_known_but_not_what(subject: bytes, readable: bool) -> None:
    found = headers(with_subject(subject))
    assert found.readable_subject is readable
    assert CANARY.decode("ascii") not in repr(found)


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        (b"", None),
        (b"Disposition-Notification-To: alice@ke.example\r\n", "alice@ke.example"),
        (b'Disposition-Notification-To: "Otieno, Alice" <Alice@KE.example>\r\n', "Alice@ke.example"),  # Thunderbird
        (b"disposition-notification-to:\r\n =?utf-8?B?SsO2cmc=?= <alice@ke.example>\r\n", "alice@ke.example"),
        (b"Disposition-Notification-To: alice@ke.example, bob@ug.example\r\n", None),
        (b"Disposition-Notification-To: <alice@ke.example>\r\n" * 2, None),
        (b"Disposition-Notification-To: <@x.example:alice@ke.example>\r\n", None),
        (b"Disposition-Notification-To: =?utf-8?q?a=0d=0ab?=@ke.example\r\n", None),
        (b"Disposition-Notification-To: " + b"(" * 900 + b"\r\n", None),
        (b"Disposition-Notification-To:\r\n", None),
        (b"Return-Receipt-To: alice@ke.example\r\n", None),
    ],
    ids=lambda value: value[:60].decode() if isinstance(value, bytes) else None,
)
def test_who_is_to_have_a_receipt_is_one_address_or_nobody(fields: bytes, address: str | None) -> None:
    found = headers(HEAD + fields)
    assert found.receipt_to == address
    assert address is None or address not in repr(found)
