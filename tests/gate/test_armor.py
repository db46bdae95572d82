"""Armor: one reading only, and what the gateway writes is canonical."""

import pytest

from gateway.gate import Accepted, Refused
from gateway.replies import LINE_TOO_LONG, MALFORMED, NOT_ENCRYPTED, Reply
from keyring_admin.openpgp import ArmorKind, OpenPGPRefusedError, Rule, dearmor, enarmor
from keyring_admin.openpgp.crc24 import crc24

from .mail_builder import CANARY, OCTETS, direct, run
from .packet_builder import armor, checksum, message, noise, reference_crc24

pytestmark = pytest.mark.timeout(10)

WHOLE = armor(message())
BEGIN, END = b"-----BEGIN PGP MESSAGE-----\r\n", b"-----END PGP MESSAGE-----\r\n"
LINES = WHOLE.split(b"\r\n")
ONE_LINE = armor(message(), columns=4000)
NO_PADDING = next(octets for length in range(3) if len(octets := message(600 + length)) % 3 == 0)
PADDED = next(octets for length in range(3) if len(octets := message(600 + length)) % 3 == 1)
# The padding hides bits: the last character before "==" with its lowest bit set.
HIDDEN_BITS = armor(PADDED, crc=b"").replace(b"==\r\n", b"!!", 1)
HIDDEN_BITS = HIDDEN_BITS[: HIDDEN_BITS.index(b"!!") - 1] + b"B==\r\n" + END

GOOD = [
    ("as-gnupg-writes-it", WHOLE, message()),
    ("76-columns-thunderbird", armor(message(), columns=76), message()),
    ("60-columns-openpgpjs", armor(message(), columns=60), message()),
    ("PGP-p71-armor-nocrc", armor(message(), crc=b""), message()),
    ("PGP-p71-armor-nocrc-no-padding", armor(NO_PADDING, crc=b""), NO_PADDING),
    ("PGP-p72-version-proton", armor(message(), headers=b"Version: ProtonMail\nComment: https://proton.me"), message()),
    ("PGP-p72-version-gnupg", armor(message(), headers=b"Version: GnuPG v2"), message()),
    ("PGP-p72-charset", armor(message(), headers=b"Charset: utf-8"), message()),
    ("PGP-p72-version-empty", armor(message(), headers=b"Version:"), message()),
    ("empty-lines-behind", WHOLE + b"\r\n\r\n", message()),
    ("empty-line-before", b"\r\n" + WHOLE, message()),
    ("no-line-end-at-the-end", WHOLE.rstrip(b"\r\n"), message()),
]  # fmt: skip

BAD: list[tuple[str, bytes, Rule, Reply]] = [
    ("PGP-p70-armor-badcrc", armor(message(), crc=checksum(b"x")), Rule.ARMOR_CHECKSUM, MALFORMED),
    ("PGP-p70-flipped-octet", armor(message()[:-1] + b"x", crc=checksum(message())), Rule.ARMOR_CHECKSUM, MALFORMED),
    ("PGP-p72-armor-header-unknown", armor(message(), headers=b"Subject: " + CANARY), Rule.ARMOR_HEADER, MALFORMED),
    ("PGP-p72-armor-header-long", armor(message(), headers=b"Comment: " + b"x" * 201), Rule.ARMOR_HEADER, MALFORMED),
    ("PGP-p72-armor-headers-many", armor(message(), headers=b"Comment: x\n" * 9), Rule.ARMOR_HEADER, MALFORMED),
    ("PGP-p72-armor-headers-big", armor(message(), headers=(b"Comment: " + b"x" * 150 + b"\n") * 4),
     Rule.ARMOR_HEADER, MALFORMED),
    ("PGP-p72-no-empty-line", WHOLE.replace(b"\r\n\r\n", b"\r\n", 1), Rule.ARMOR_HEADER, MALFORMED),
    ("PGP-p73-armor-prefix-text", CANARY + b"\r\n" + WHOLE, Rule.ARMOR_SURROUNDED, MALFORMED),
    ("PGP-p73-armor-prefix-same-line", b"x" + WHOLE, Rule.ARMOR_SURROUNDED, MALFORMED),
    ("PGP-p74-armor-suffix-text", WHOLE + CANARY + b"\r\n", Rule.ARMOR_SURROUNDED, MALFORMED),
    ("PGP-p74-armor-suffix-same-line", WHOLE.rstrip() + CANARY, Rule.ARMOR_SURROUNDED, MALFORMED),
    ("PGP-p75-two-armors", WHOLE + WHOLE, Rule.ARMOR_SURROUNDED, MALFORMED),
    ("PGP-p76-armor-nonb64-line", WHOLE.replace(LINES[3], LINES[3] + b"\r\n" + b"this is clear text", 1),
     Rule.ARMOR_BASE64, MALFORMED),
    ("PGP-p76-armor-nonb64-character", WHOLE.replace(LINES[3], b"!" + LINES[3][1:], 1), Rule.ARMOR_BASE64, MALFORMED),
    ("PGP-p76-armor-trailing-blank", WHOLE.replace(LINES[3], LINES[3] + b" ", 1), Rule.ARMOR_BASE64, MALFORMED),
    ("PGP-p76-armor-empty-line", WHOLE.replace(LINES[3], LINES[3] + b"\r\n", 1), Rule.ARMOR_BASE64, MALFORMED),
    ("PGP-p76-hidden-bits", HIDDEN_BITS, Rule.ARMOR_BASE64, MALFORMED),
    ("PGP-p76-padding-inside", WHOLE.replace(LINES[3], LINES[3][:-2] + b"==", 1), Rule.ARMOR_BASE64, MALFORMED),
    ("PGP-p76-nothing-inside", BEGIN + b"\r\n" + END, Rule.ARMOR_UNCLOSED, MALFORMED),
    ("PGP-p78-armor-kind-mismatch", WHOLE.replace(b"END PGP MESSAGE", b"END PGP SIGNATURE"),
     Rule.ARMOR_UNCLOSED, MALFORMED),
    ("PGP-p78-unclosed", WHOLE.replace(END, b""), Rule.ARMOR_UNCLOSED, MALFORMED),
    ("PGP-p79-armor-part", armor(message(), kind=b"MESSAGE, PART 1/2"), Rule.ARMOR_KIND, MALFORMED),
    ("PGP-p80-armor-signedmsg", b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n" + CANARY + b"\r\n",
     Rule.ARMOR_CLEARTEXT_SIGNED, NOT_ENCRYPTED),
    ("PGP-q16-notdash-escaped", b"-----BEGIN PGP SIGNED MESSAGE-----\r\nNotDashEscaped: x\r\n\r\n" + WHOLE,
     Rule.ARMOR_CLEARTEXT_SIGNED, NOT_ENCRYPTED),
    ("PGP-q17-signature-armor", armor(message(), kind=b"SIGNATURE"), Rule.ARMOR_KIND, MALFORMED),
    ("PGP-p81-armor-trailing-eq", WHOLE.replace(END, b"====\r\n" + END), Rule.ARMOR_BASE64, MALFORMED),
    ("PGP-p81-two-checksums", WHOLE.replace(END, checksum(message()) + b"\r\n" + END), Rule.ARMOR_BASE64, MALFORMED),
    ("PGP-p82-armor-dashes", WHOLE.replace(b"-----BEGIN", b"----- BEGIN"), Rule.ARMOR_ABSENT, NOT_ENCRYPTED),
    ("PGP-p82-armor-four-dashes", WHOLE.replace(b"-----BEGIN", b"----BEGIN"), Rule.ARMOR_ABSENT, NOT_ENCRYPTED),
    ("PGP-p82-blank-after-begin", WHOLE.replace(BEGIN, BEGIN[:-2] + b" \r\n"), Rule.ARMOR_ABSENT, NOT_ENCRYPTED),
    ("PGP-p83-armor-quoted", b"".join(b"> " + line + b"\r\n" for line in LINES), Rule.ARMOR_SURROUNDED, MALFORMED),
    ("PGP-p84-line-of-77", armor(message(), columns=77), Rule.ARMOR_BASE64, MALFORMED),
    ("PGP-p85-armor-utf7", b"+AC0ALQAtAC0ALQ-BEGIN PGP MESSAGE-----\r\n\r\n", Rule.ARMOR_ABSENT, NOT_ENCRYPTED),
    ("PGP-no-armor-at-all", CANARY + b"\r\n", Rule.ARMOR_ABSENT, NOT_ENCRYPTED),
]  # fmt: skip


@pytest.mark.parametrize(("text", "octets"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_armor_of_known_writers_is_read(text: bytes, octets: bytes) -> None:
    assert dearmor(text) == octets
    assert dearmor(text.replace(b"\r\n", b"\n")) == octets
    verdict = run(direct(second=OCTETS + text))
    assert isinstance(verdict, Accepted)
    assert verdict.messages[0].octets == octets


@pytest.mark.parametrize(("text", "rule", "reply"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_armor_with_anything_beside_is_refused(text: bytes, rule: Rule, reply: Reply) -> None:
    with pytest.raises(OpenPGPRefusedError) as error:
        dearmor(text)
    assert error.value.rule is rule
    assert run(direct(second=OCTETS + text)) == Refused(reply, rule.value)


def test_mixed_line_ends_are_refused() -> None:
    """PGP-p77-armor-crlf-mix"""
    for text in (WHOLE.replace(b"\r\n", b"\n", 5), WHOLE[::-1].replace(b"\n\r", b"\n", 3)[::-1]):
        with pytest.raises(OpenPGPRefusedError):
            dearmor(text)


@pytest.mark.parametrize("columns", [4000, 19_996])
def test_an_endless_line_is_refused_before_the_armor_is_read(columns: int) -> None:
    """PGP-p84-armor-longline, PGP-q15"""
    verdict = run(direct(second=OCTETS + armor(message(15_000), columns=columns)))
    assert isinstance(verdict, Refused)
    assert verdict.reply is LINE_TOO_LONG
    with pytest.raises(OpenPGPRefusedError):
        dearmor(armor(message(15_000), columns=columns))


def test_armor_headers_are_dropped() -> None:
    text = armor(message(), headers=b"Comment: " + CANARY)
    assert CANARY not in enarmor(dearmor(text))


@pytest.mark.parametrize("length", [1, 2, 3, 47, 48, 49, 5000])
def test_written_armor_is_canonical(length: int) -> None:
    octets = noise(length)
    assert enarmor(octets) == armor(octets)
    assert dearmor(enarmor(octets)) == octets


@pytest.mark.parametrize("kind", list(ArmorKind))
def test_each_kind_is_read_only_as_itself(kind: ArmorKind) -> None:
    text = enarmor(noise(100), kind)
    assert dearmor(text, kind) == noise(100)
    for other in set(ArmorKind) - {kind}:
        with pytest.raises(OpenPGPRefusedError) as error:
            dearmor(text, other)
        assert error.value.rule is Rule.ARMOR_KIND


@pytest.mark.parametrize("length", [*range(12), 194, 195, 196, 389, 390, 391, 392, 1000, 4096, 40_000])
def test_crc24_equals_the_reference(length: int) -> None:
    for octets in (noise(length), bytes(length), b"\xff" * length):
        assert crc24(octets) == reference_crc24(octets)


def test_crc24_of_the_published_vector() -> None:
    assert crc24(b"123456789") == 0x21CF02
