"""What is delivered: a header of our own, folded, and a body that the gate and other parsers read the same way."""

import base64
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from gateway.delivered_mail import DeliveredEnvelope, head_and_tail, subject_text
from gateway.gate import Accepted, Shape, judge
from gateway.mail_header import date_value, encoded_words, fold, header_block, spaced
from keyring_admin.openpgp.armor import dearmor, enarmor
from mailroom.intake import Presentation

from .conftest import Gateway
from .messages import encrypt, literal

ENVELOPE = DeliveredEnvelope(
    domain="gsp.test",
    pilot=True,
    message_class="query",
    token="7F3K-9Q2M",
    sender_address="alice@customs.ke.test",
    sending_party="KE",
    receiving_party="EU",
    accepted_at=datetime(2026, 11, 21, 12, 0, 30, 999, tzinfo=UTC),
    message_id="<7f3k-9q2m.aa@gsp.test>",
    earlier_message_ids=tuple(f"<7f3k-9q2m.{number:024}@gsp.test>" for number in range(20)),
    seal="v=1; p=" + ",".join(f"rule-number-{number}" for number in range(20)) + "; s=" + "A" * 300,
    autocrypt=base64.b64encode(bytes(3000)).decode(),
    boundary="=_b",
)


@pytest.mark.parametrize("presentation", list(Presentation))
def test_every_presentation_is_read_alike_by_the_gate_and_by_others(
    presentation: Presentation, gateway: Gateway
) -> None:
    octets = encrypt(literal(b"for the Party"), gateway.subkeys[0])
    head, tail = head_and_tail(ENVELOPE, presentation)
    mail = head + enarmor(octets) + tail
    message = message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    assert not any(part.defects for part in message.walk())
    leaf = list(message.walk())[-1]
    armor = leaf.get_content()
    text = armor if isinstance(armor, bytes) else armor.encode()
    assert dearmor(text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")) == octets
    shapes = {Presentation.MIME: Shape.DIRECT, Presentation.INLINE: Shape.INLINE}
    if presentation in shapes:
        found = judge(mail, size_limit=1 << 20)
        assert isinstance(found, Accepted)
        assert (found.shape, found.messages[0].octets) == (shapes[presentation], octets)
        assert found.headers.subject_token == ENVELOPE.token
        assert found.headers.references == ENVELOPE.earlier_message_ids


@pytest.mark.parametrize("presentation", list(Presentation))
def test_lines_are_crlf_ascii_and_short(presentation: Presentation) -> None:
    head, _ = head_and_tail(ENVELOPE, presentation)
    assert head.isascii()
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert max(map(len, head.split(b"\r\n"))) <= 78


def test_header_values_survive_the_folding() -> None:
    message = message_from_bytes(head_and_tail(ENVELOPE, Presentation.MIME)[0], policy=default)
    assert message["Subject"] == "TEST GSP query KE→EU [GSP-7F3K-9Q2M]"
    assert (message["From"], message["Reply-To"]) == ("alice@customs.ke.test", "ke@gsp.test")
    assert message["In-Reply-To"] == ENVELOPE.earlier_message_ids[-1]
    assert str(message["References"]).split() == list(ENVELOPE.earlier_message_ids)
    keydata = str(message["Autocrypt"]).rpartition("keydata=")[2]
    assert base64.b64decode("".join(keydata.split())) == bytes(3000)
    assert message["Date"] == "Sat, 21 Nov 2026 12:00:30 +0000"


def test_a_first_mail_refers_to_nothing_and_a_real_one_is_not_marked() -> None:
    from dataclasses import replace  # noqa: PLC0415 - here only

    envelope = replace(ENVELOPE, earlier_message_ids=(), autocrypt=None, pilot=False)
    message = message_from_bytes(head_and_tail(envelope, Presentation.MIME)[0], policy=default)
    assert not {"In-Reply-To", "References", "Autocrypt"} & set(message.keys())
    assert subject_text(envelope) == "GSP query KE→EU [GSP-7F3K-9Q2M]"


@pytest.mark.parametrize("value", ["a\r\nBcc: x@y.test", "a\nb", "a\rb", "a\0b", "a\tb", "caf\u00e9", "\u202e"])
def test_nothing_gets_into_a_header_that_could_end_a_line(value: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        fold("Subject", value)


def test_a_word_too_long_for_a_line_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        fold("Subject", "a" * 1000)
    assert fold("Subject", "a" * 900) == "Subject: " + "a" * 900


def test_folding_and_spacing() -> None:
    assert header_block([("A", "b"), ("C", "d e")]) == b"A: b\r\nC: d e\r\n"
    assert fold("A", " ".join(["word"] * 40)).replace("\r\n", "") == "A: " + " ".join(["word"] * 40)
    assert spaced("abcdef", 4) == "abcd ef"
    assert encoded_words("plain") == "plain"
    assert date_value(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "Fri, 02 Jan 2026 03:04:05 +0000"


@pytest.mark.parametrize("text", ["KE→EU", "Уведомление шлюза" * 8, "إشعار من البوابة", "网关通知" * 20])
def test_encoded_words_come_back(text: str) -> None:
    message = message_from_bytes(header_block([("Subject", encoded_words(text))]) + b"\r\n", policy=default)
    assert message["Subject"] == text
