"""Whatever is accepted, other parsers read in the same way; and nothing raises.

The second opinions: rPGP for packets, both policies of Python's email package for the MIME tree.
"""

import email
import email.policy
from email.message import Message

import openpgp.packet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.gate import Accepted, Refused, judge, judge_message
from keyring_admin.openpgp import EncryptedMessage, OpenPGPRefusedError, dearmor, iterate_packets

from .mail_builder import HEAD, SIZE_LIMIT, direct, inline, sealed, slip
from .packet_builder import (
    OTHER_KEY_ID,
    data,
    data_2,
    data_body,
    ecdh_fields,
    message,
    old_packet,
    partial_packet,
    session_key,
    session_key_6,
    session_key_body,
)

pytestmark = pytest.mark.timeout(60)

SEEDS = [
    message(),
    session_key() + session_key(OTHER_KEY_ID, 18, ecdh_fields()) + data(),
    old_packet(1, session_key_body()) + partial_packet(18, data_body(1500)),
    session_key_6(bytes(range(32))) + data_2(),
]
MAILS = [direct(), inline(), sealed()]
EDIT = st.tuples(
    st.sampled_from(["replace", "delete", "insert", "copy"]), st.integers(0), st.integers(0), st.binary(max_size=6)
)
# Strings that parsers disagree about.
TRICKS = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b"\t",
        b'"',
        b"\\",
        b"(",
        b")",
        b";",
        b":",
        b"=",
        b"--",
        b"*",
        b"--B",
        b"--B--",
    ),
    *(
        b"\r\n--B\r\n",
        b"\r\n--B--\r\n",
        b"\r\n\r\n",
        b"\r\n ",
        b"=?utf-8?q?x?=",
        b"\xc3\xa9",
        b"boundary=C",
        b"; boundary=C",
    ),
    *(b"Content-Type: text/plain\r\n", b"Content-Transfer-Encoding: base64\r\n", b"multipart/mixed", b"message/rfc822"),
    *(b"From: x@y.example\r\n", b"charset=utf-7", b"boundary*0=C;", b"-----BEGIN PGP MESSAGE-----\r\n", b"(CANARY)"),
]
FEW = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def edited(octets: bytes, edits: list[tuple[str, int, int, bytes]]) -> bytes:
    for kind, where, length, value in edits:
        start = where % (len(octets) + 1)
        end = start + length % 9
        if kind == "replace":
            octets = octets[:start] + value + octets[start + len(value) :]
        elif kind == "delete":
            octets = octets[:start] + octets[end:]
        elif kind == "insert":
            octets = octets[:start] + value + octets[start:]
        else:
            octets = octets[:start] + octets[start : start + length % 400] + octets[start:]
    return octets


def rpgp_sequence(octets: bytes) -> list[str]:
    """The kinds of packets that rPGP reads; raises if it reads none or an error."""
    return [str(found.kind) for found in openpgp.packet.PacketParser(octets)]


@FEW
@given(st.sampled_from(SEEDS), st.lists(EDIT, min_size=1, max_size=4))
def test_an_accepted_packet_sequence_is_what_rpgp_reads(seed: bytes, edits: list[tuple[str, int, int, bytes]]) -> None:
    octets = edited(seed, edits)
    verdict = judge_message(octets)
    if isinstance(verdict, EncryptedMessage):
        kinds = rpgp_sequence(octets)
        assert len(kinds) == len(verdict.recipients) + 1
        assert len(set(kinds[:-1])) == 1
        assert kinds[-1] != kinds[0]


def test_rpgp_reads_the_seeds_as_the_walk_does() -> None:
    """The positive control of the second opinion."""
    for seed in SEEDS:
        verdict = judge_message(seed)
        assert isinstance(verdict, EncryptedMessage)
        assert len(rpgp_sequence(seed)) == len(verdict.recipients) + 1


@FEW
@given(st.binary(max_size=3000))
def test_random_octets_never_raise_and_are_refused(octets: bytes) -> None:
    assert isinstance(judge_message(octets), Refused)
    assert isinstance(judge(octets, size_limit=SIZE_LIMIT), Refused)
    assert isinstance(judge(HEAD + b"\r\n" + octets, size_limit=SIZE_LIMIT), Refused)


@FEW
@given(st.binary(min_size=1, max_size=400), st.booleans())
def test_the_iterator_ends_or_refuses(octets: bytes, indeterminate: bool) -> None:
    try:
        packets = list(iterate_packets(octets, indeterminate=indeterminate))
    except OpenPGPRefusedError:
        return
    assert packets[-1].end == len(octets)
    assert [found.start for found in packets] == [0, *[found.end for found in packets[:-1]]]


@FEW
@given(
    st.sampled_from(MAILS),
    st.lists(st.tuples(st.integers(0), st.sampled_from(TRICKS), st.integers(0, 4)), min_size=1, max_size=3),
)
def test_a_mail_that_is_accepted_has_one_reading(mail: bytes, tricks: list[tuple[int, bytes, int]]) -> None:
    for where, trick, delete in tricks:
        # Mostly where structure is: the armor is half of the mail.
        start = where % (len(mail) if where % 5 == 0 else min(len(mail), 700))
        mail = mail[:start] + trick + mail[start + delete :]
    verdict = judge(mail, size_limit=SIZE_LIMIT)
    if isinstance(verdict, Accepted):
        for policy in (email.policy.compat32, email.policy.default):
            tree = email.message_from_bytes(mail, policy=policy)
            assert found_messages(tree) == [message.octets for message in verdict.messages]


def test_the_email_package_reads_the_unchanged_mails_as_the_gate_does() -> None:
    assert [found_messages(email.message_from_bytes(mail)) for mail in MAILS] == [
        [message()],
        [message()],
        [slip(), message()],
    ]


def found_messages(tree: Message) -> list[bytes]:
    payloads = [part.get_payload(decode=True) for part in tree.walk() if not part.is_multipart()]
    return [dearmor(payload) for payload in payloads if isinstance(payload, bytes) and b"BEGIN PGP" in payload]
