"""Inputs made to cost: each reader gives its verdict within a second and 64 MiB, whatever the verdict is."""

from collections.abc import Callable

import pytest

from forms.errors import FormError
from forms.safe_xml import FORM_LIMITS, SLIP_LIMITS, parse
from forms.slip import parse_slip
from gateway.edge.address import PathSyntaxError, parse_mailbox, split_path
from gateway.edge.data import DataScan
from gateway.edge.limits import EdgeLimits
from gateway.gate import GateRefusedError, Refused, judge, scan_inner
from keyring_admin.openpgp import OpenPGPRefusedError, dearmor, inspect_message

from .budget import BudgetExceededError, budget
from .seeds_of_mail import HEAD, MESSAGES, RECIPIENTS, attachment, data, direct, noise, sealed, session_key

REFUSALS = (GateRefusedError, OpenPGPRefusedError, FormError, PathSyntaxError)
SIZE_LIMIT = 25 << 20
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=M\r\n\r\n"
PLAIN = b"Content-Type: text/plain\r\n\r\n"
NAMESPACE = b'xmlns="urn:example:x"'


def judged(mail: bytes) -> None:
    if isinstance(judge(mail, size_limit=SIZE_LIMIT), Refused):
        raise GateRefusedError(judge(mail, size_limit=SIZE_LIMIT).reply, "refused")  # type: ignore[union-attr]


def scanned(wire: bytes) -> None:
    scan = DataScan(EdgeLimits())
    for start in range(0, len(wire), 65536):
        if not scan.ended:
            scan.feed(wire[start : start + 65536])


def nested(levels: int, kind: bytes = b"mixed") -> bytes:
    entity = PLAIN
    for level in range(levels):
        boundary = b"b%dx" % level
        entity = (
            b"Content-Type: multipart/%b; boundary=%b\r\n\r\n--%b\r\n" % (kind, boundary, boundary)
            + entity
            + b"\r\n--%b--\r\n" % boundary
        )
    return HEAD + entity


def mailbox(text: str) -> None:
    parse_mailbox(split_path(text, "FROM:")[0], special_use_domains=True)


def form(octets: bytes) -> None:
    parse(octets, limits=FORM_LIMITS)


def slip(octets: bytes) -> None:
    parse(octets, limits=SLIP_LIMITS)


LAUGHS = b'<!DOCTYPE a [<!ENTITY a "' + b"ha" * 50 + b'">' + b"".join(
    b'<!ENTITY a%d "%b">' % (level, b"&a%b;" % (str(level - 1).encode() if level > 1 else b"") * 10)
    for level in range(1, 9)
) + b']><a %b>&a8;</a>' % NAMESPACE  # fmt: skip

CASES: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "500 nested multiparts": (judged, nested(500)),
    "500 nested alternatives": (judged, nested(500, b"alternative")),
    "2,000 nested mails": (judged, HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 2000),
    "100,000 empty parts": (judged, MIXED + b"--M\r\n\r\n" * 100_000 + b"--M--\r\n"),
    "a million almost delimiters": (judged, MIXED + b"--M\r\n\r\n" + b"--N\r\n" * 1_000_000 + b"--M--\r\n"),
    "50,000 fields": (judged, HEAD + b"X: y\r\n" * 50_000 + b"\r\n"),
    "20,000 encoded words": (judged, HEAD.replace(b"...", b"\r\n ".join([b"=?utf-8?q?=41?="] * 20_000)) + b"\r\n"),
    "1,900 octets of encoded words": (
        judged,
        HEAD.replace(b"...", b"=?a?q?" * 150 + b"\r\n " + b"=?a?b?" * 150) + PLAIN,
    ),
    "From of parentheses": (judged, HEAD.replace(b"Alice", b"(" * 900) + PLAIN),
    "From of quotes": (judged, HEAD.replace(b"Alice", b'"\\' * 450) + PLAIN),
    "From of dots": (judged, HEAD.replace(b"alice@", b"a." * 450 + b"@") + PLAIN),
    "16 KiB of ids": (judged, HEAD + b"References:" + b"\r\n <a.b" * 2000 + PLAIN),
    "parameters": (judged, HEAD + b"Content-Type: multipart/mixed" + b";\r\n x=y" * 1500 + b"\r\n\r\n"),
    "24 MB of text": (judged, HEAD + PLAIN + b"word " * 100 + (b"word " * 15 + b"\r\n") * 300_000),
    "24 MB of line ends": (judged, HEAD + PLAIN + b"\r\n" * 12_000_000),
    "24 MB without a line end": (judged, HEAD + PLAIN + b"a" * (24 << 20)),
    "24 MB of dashes": (judged, MIXED + (b"-" * 900 + b"\r\n") * 26_000),
    "an attachment of 12 MB in base64": (
        judged,
        sealed(MESSAGES[0], session_key(RECIPIENTS[0]) + data(9_000_000, 1), encoded=True),
    ),
    "a mail of 14 MB": (judged, direct(session_key(RECIPIENTS[0]) + data(10_000_000, 1))),
    "a skeleton of 1 MB": (
        judged,
        sealed(*MESSAGES[:2], encoded=False).replace(b"<p><br></p>", b"<p></p>\r\n" * 120_000),
    ),
    "a skeleton of comments": (
        judged,
        sealed(*MESSAGES[:2], encoded=False).replace(b"<p>", (b"<!--" * 100 + b"\r\n") * 150),
    ),
    "a skeleton of open tags": (
        judged,
        sealed(*MESSAGES[:2], encoded=False).replace(b"<p>", (b"<p " * 200 + b"\r\n") * 100),
    ),
    "a skeleton of styles": (
        judged,
        sealed(*MESSAGES[:2], encoded=False).replace(b"<p>", (b"<style>" * 100 + b"\r\n") * 90),
    ),
    "500 nested inside": (scan_inner, nested(500)),
    "17 attachments inside": (
        scan_inner,
        MIXED + b"--M\r\n".join([attachment(MESSAGES[0], b"x.asc", encoded=False)] * 17),
    ),
    "12 million line feeds inside": (scan_inner, HEAD + b"\n" * 12_000_000),
    "1,000 recipients": (inspect_message, session_key(RECIPIENTS[0]) * 1000 + data(300, 1)),
    "1,000 recipients in a mail": (judged, direct(session_key(RECIPIENTS[0]) * 1000 + data(300, 1))),
    "100,000 markers": (inspect_message, b"\xca\x03PGP" * 100_000 + MESSAGES[0]),
    "100,000 empty packets": (inspect_message, b"\xc1\x00" * 100_000),
    "a declared 4 GiB": (inspect_message, session_key(RECIPIENTS[0]) + b"\xd2\xff\xff\xff\xff\xff\x01" + noise(60, 1)),
    "200,000 chunks": (
        inspect_message,
        session_key(RECIPIENTS[0]) + b"\xd2\xe9" + noise(512, 1) + b"\xe0\x01" * 200_000 + b"\x00",
    ),
    "60,000 chunks": (
        inspect_message,
        session_key(RECIPIENTS[0]) + b"\xd2\xe9\x01" + noise(511, 1) + b"\xe0\x01" * 60_000 + b"\x00",
    ),
    "10 MB of headers in an armor": (dearmor, b"-----BEGIN PGP MESSAGE-----\r\n" + b"Comment: x\r\n" * 800_000),
    "a million beginnings": (dearmor, b"-----BEGIN PGP MESSAGE-----\r\n" * 300_000),
    "almost beginnings": (dearmor, b"-----BEGIN PGP " * 600_000),
    "10 MB on one line": (
        dearmor,
        b"-----BEGIN PGP MESSAGE-----\r\n\r\n" + b"A" * 10_000_000 + b"\r\n-----END PGP MESSAGE-----\r\n",
    ),
    "3 million lines of base64": (
        dearmor,
        b"-----BEGIN PGP MESSAGE-----\r\n\r\n" + b"QUJD\r\n" * 1_500_000 + b"-----END PGP MESSAGE-----\r\n",
    ),
    "billion laughs": (form, LAUGHS),
    "billion laughs in a slip": (parse_slip, LAUGHS),
    "2 million open elements": (form, b"<a %b>" % NAMESPACE + b"<a>" * 2_000_000),
    "190,000 empty elements": (form, b"<a %b>" % NAMESPACE + b"<a/>" * 190_000 + b"</a>"),
    "250 deep": (form, b"<a %b>" % NAMESPACE + b"<a>" * 250 + b"</a>" * 251),
    "60,000 attributes": (
        form,
        b"<a %b " % NAMESPACE + b" ".join(b'a%d="x"' % number for number in range(60_000)) + b"/>",
    ),
    "10,000 namespaces": (
        form,
        b"<a %b " % NAMESPACE + b" ".join(b'xmlns:a%d="x"' % number for number in range(10_000)) + b"/>",
    ),
    "8 MB of text": (form, b"<a %b>" % NAMESPACE + b"x" * 8_000_000 + b"</a>"),
    "8 MB of references": (form, b"<a %b>" % NAMESPACE + b"&#65;" * 1_600_000 + b"</a>"),
    "16 KiB of elements in a slip": (slip, b"<a %b>" % NAMESPACE + b"<a/>" * 4000 + b"</a>"),
    "32 MB of dots on the wire": (scanned, b"..\r\n" * (8 << 20)),
    "32 MB without a line end on the wire": (scanned, b"a" * (32 << 20)),
    "10 million carriage returns on the wire": (scanned, b"\r" * 10_000_000),
    "20 MB of good lines on the wire": (scanned, (b"a" * 76 + b"\r\n") * 256_000 + b".\r\n"),
    "an address of 100,000 dots": (lambda octets: mailbox(octets.decode()), b"FROM:<" + b"a." * 50_000 + b"@b.test>"),
    "an address of 240 labels": (lambda octets: mailbox(octets.decode()), b"FROM:<a@" + b"a." * 120 + b"test>"),
    "100,000 angle brackets": (lambda octets: mailbox(octets.decode()), b"FROM:" + b"<" * 100_000),
}
LAWFUL = {"an attachment of 12 MB in base64", "a mail of 14 MB", "20 MB of good lines on the wire"}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_input_is_judged_within_the_budget(name: str) -> None:
    reader, octets = CASES[name]
    with budget():
        try:
            reader(octets)
        except REFUSALS:
            refused = True
        else:
            refused = False
    if name in LAWFUL:
        assert not refused


def test_a_budget_that_is_exceeded_is_noticed() -> None:
    with pytest.raises(BudgetExceededError), budget():
        _ = bytes(range(256)) * (80 << 12)
    with pytest.raises(BudgetExceededError), budget():
        _ = sum(number for number in range(60_000_000))
