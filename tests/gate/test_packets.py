"""The packet walk on the cases of the catalogue (section 3.1): what a message may be made of."""

import bz2
import tracemalloc
import zlib

import pytest

from gateway.gate import Accepted, Refused
from gateway.replies import MALFORMED, NOT_ENCRYPTED, POLICY, Reply
from keyring_admin.openpgp import Integrity, OpenPGPRefusedError, Rule, inspect_message, iterate_packets

from .mail_builder import direct_of, run
from .packet_builder import (
    KEY_ID,
    OTHER_KEY_ID,
    data,
    data_2,
    data_body,
    ecdh_fields,
    literal,
    message,
    mpi,
    new_length,
    noise,
    old_packet,
    packet,
    partial_packet,
    session_key,
    session_key_6,
    session_key_body,
    x25519_fields,
)

pytestmark = pytest.mark.timeout(10)

COMPRESSED = packet(8, b"\x01" + zlib.compress(literal(), wbits=-15))
XML = b'<?xml version="1.0"?><query><uid>04AB7719</uid></query>\n' * 20
CYRILLIC = "Запрос о происхождении пачки сигарет, изъятой на границе. ".encode() * 20
FINGERPRINT_4, FINGERPRINT_6 = bytes(range(20)), bytes(range(32))
# A quine of deflate blocks needs no content here: a walk that never decompresses stops at its first octet.
QUINE = packet(8, b"\x01" + bytes.fromhex("000005 00faff 000500faff") + noise(200))

GOOD = [
    ("PGP-p01-ok-seipdv1", message(), Integrity.SEIPD_V1),
    ("PGP-p03-ok-two-recipients", session_key() + session_key(OTHER_KEY_ID, 18, ecdh_fields()) + data(), None),
    ("PGP-p10-partial-len", session_key() + partial_packet(18, data_body(5000)), None),
    ("PGP-p10-partial-len-empty-last-chunk", session_key() + partial_packet(18, data_body(1023)), None),
    ("PGP-p10-partial-len-large-chunk", session_key() + partial_packet(18, data_body(70000), power=16), None),
    ("PGP-p13-oldformat-pkesk", old_packet(1, session_key_body()) + data(), None),
    ("PGP-p37-sixteen-recipients", session_key() * 16 + data(), None),
    ("PGP-q12-x25519-v3", session_key(algorithm=25, fields=x25519_fields()) + data(), None),
    ("PGP-q12-v6-seipdv2", session_key_6(FINGERPRINT_6) + data_2(), Integrity.SEIPD_V2),
    ("PGP-q12-v6-of-a-v4-key", session_key_6(FINGERPRINT_4, 4) + data_2(), Integrity.SEIPD_V2),
    ("PGP-q29-shortest", session_key() + data(48), None),
]

BAD: list[tuple[str, bytes, Rule, Reply]] = [
    ("PGP-p04-sed-no-mdc", session_key() + packet(9, noise(600)), Rule.NO_INTEGRITY, POLICY),
    ("PGP-p05-mdc-stripped", session_key() + packet(9, data_body()[1:]), Rule.NO_INTEGRITY, POLICY),
    ("PGP-p09-truncated", message()[:-1], Rule.PACKET_TRUNCATED, MALFORMED),
    ("PGP-p09-truncated-length", message()[: len(session_key()) + 1], Rule.PACKET_TRUNCATED, MALFORMED),
    ("PGP-p11-partial-pkesk", partial_packet(1, session_key_body() + noise(600)) + data(),
     Rule.PACKET_LENGTH, MALFORMED),
    ("PGP-p10-first-chunk-of-256", session_key() + partial_packet(18, data_body(), 8), Rule.PACKET_LENGTH, MALFORMED),
    ("PGP-p12-indeterminate", session_key() + b"\xa7" + noise(600), Rule.NO_INTEGRITY, POLICY),
    ("PGP-p12-indeterminate-pkesk", b"\x87" + session_key_body() + data(), Rule.PACKET_LENGTH, MALFORMED),
    ("PGP-p15-compressed-indeterminate", b"\xa3" + COMPRESSED[2:], Rule.CLEARTEXT, NOT_ENCRYPTED),
    ("PGP-p14-literal-only", literal(), Rule.CLEARTEXT, NOT_ENCRYPTED),
    ("PGP-p15-compressed-literal", COMPRESSED, Rule.CLEARTEXT, NOT_ENCRYPTED),
    ("PGP-p16-signed-only", packet(4, noise(13)) + literal() + packet(2, noise(80)), Rule.CLEARTEXT, NOT_ENCRYPTED),
    ("PGP-p16-signature-first", packet(2, noise(80)) + literal(), Rule.CLEARTEXT, NOT_ENCRYPTED),
    ("PGP-p17-pkesk-then-literal", session_key() + literal(), Rule.CLEARTEXT, NOT_ENCRYPTED),
    ("PGP-p18-literal-then-enc", literal() + message(), Rule.CLEARTEXT, NOT_ENCRYPTED),
    ("PGP-p19-enc-then-literal", message() + literal(), Rule.TRAILING, MALFORMED),
    ("PGP-p20-trailing-garbage", message() + b"\n", Rule.TRAILING, MALFORMED),
    ("PGP-p20-trailing-nul", message() + b"\0", Rule.TRAILING, MALFORMED),
    ("PGP-p21-two-messages", message() + message(seed=9), Rule.TRAILING, MALFORMED),
    ("PGP-p22-two-seipd-one-pkesk", message() + data(seed=9), Rule.TRAILING, MALFORMED),
    ("PGP-p29-quine", QUINE, Rule.CLEARTEXT, NOT_ENCRYPTED),
    ("PGP-p31-skesk-only", packet(3, noise(13)) + data(), Rule.SYMMETRIC_SESSION_KEY, POLICY),
    ("PGP-p32-pkesk-plus-skesk", session_key() + packet(3, noise(13)) + data(), Rule.SYMMETRIC_SESSION_KEY, POLICY),
    ("PGP-p31-no-session-key", data(), Rule.NO_RECIPIENT, POLICY),
    ("PGP-p31-session-key-only", session_key(), Rule.NO_ENCRYPTED_DATA, MALFORMED),
    ("PGP-p33-hidden-recipient", session_key(bytes(8)) + data(), Rule.HIDDEN_RECIPIENT, POLICY),
    ("PGP-p33-hidden-second", session_key() + session_key(bytes(8)) + data(), Rule.HIDDEN_RECIPIENT, POLICY),
    ("PGP-p33-hidden-v6", session_key_6(b"") + data_2(), Rule.HIDDEN_RECIPIENT, POLICY),
    ("PGP-p37-17-pkesk", session_key() * 17 + data(), Rule.TOO_MANY_RECIPIENTS, POLICY),
    ("PGP-p37-1001-pkesk", session_key() * 1001 + data(), Rule.TOO_MANY_RECIPIENTS, POLICY),
    ("PGP-p38-1000-hidden", session_key(bytes(8)) * 1000 + data(), Rule.HIDDEN_RECIPIENT, POLICY),
    ("PGP-p39-fake-seipd-xml", session_key() + packet(18, b"\x01" + XML), Rule.DATA_NOT_RANDOM, POLICY),
    ("PGP-p39-fake-seipd-short", session_key() + packet(18, b"\x01" + XML[:60]), Rule.DATA_NOT_RANDOM, POLICY),
    ("PGP-p39-fake-seipd-cyrillic", session_key() + packet(18, b"\x01" + CYRILLIC), Rule.DATA_NOT_RANDOM, POLICY),
    ("PGP-p39-fake-seipd-utf16", session_key() + packet(18, b"\x01" + XML.decode().encode("utf-16")),
     Rule.DATA_NOT_RANDOM, POLICY),
    ("PGP-q28-96-percent-printable", session_key() + packet(18, b"\x01" + XML[:960] + noise(40)),
     Rule.DATA_NOT_RANDOM, POLICY),
    ("PGP-q28-text-behind-noise", session_key() + packet(18, b"\x01" + noise(50_000) + XML * 10),
     Rule.DATA_NOT_RANDOM, POLICY),
    ("PGP-p40-fake-pkesk", session_key(fields=mpi(b"\x80" + noise(63))) + data(), Rule.RECIPIENT_MALFORMED, MALFORMED),
    ("PGP-p48-marker", packet(10, b"PGP") + message(), Rule.PACKET_UNEXPECTED, MALFORMED),
    ("PGP-p49-padding-first", packet(21, noise(40)) + message(), Rule.PACKET_UNEXPECTED, MALFORMED),
    ("PGP-p49-padding-last", message() + packet(21, noise(40)), Rule.TRAILING, MALFORMED),
    ("PGP-p50-private-pkt", session_key() + packet(60, b"clear text") + data(), Rule.PACKET_UNEXPECTED, MALFORMED),
    ("PGP-p51-unknown-critical", session_key() + packet(22, noise(9)) + data(), Rule.PACKET_UNEXPECTED, MALFORMED),
    ("PGP-p51-unknown-uncritical", session_key() + packet(40, noise(9)) + data(), Rule.PACKET_UNEXPECTED, MALFORMED),
    ("PGP-p51-reserved-tag", packet(0, b"") + message(), Rule.PACKET_UNEXPECTED, MALFORMED),
    ("PGP-p52-aead-gnupg-tag20", session_key() + packet(20, noise(600)), Rule.GNUPG_AEAD, POLICY),
    ("PGP-p53-seipdv2-after-v3", session_key() + data_2(), Rule.RECIPIENT_VERSION, MALFORMED),
    ("PGP-p53-seipdv1-after-v6", session_key_6(FINGERPRINT_6) + data(), Rule.RECIPIENT_VERSION, MALFORMED),
    ("PGP-p53-v3-and-v6", session_key() + session_key_6(FINGERPRINT_6) + data(), Rule.RECIPIENT_VERSION, MALFORMED),
    ("PGP-p53-seipdv3", session_key() + packet(18, b"\x03" + noise(600)), Rule.DATA_VERSION, MALFORMED),
    ("PGP-p53-seipdv2-bad-aead", session_key_6(FINGERPRINT_6) + packet(18, b"\x02\x09\x04\x06" + noise(600)),
     Rule.DATA_MALFORMED, MALFORMED),
    ("PGP-p54-zero-len", session_key() + packet(18, b""), Rule.DATA_TOO_SHORT, MALFORMED),
    ("PGP-p55-huge-len", session_key() + b"\xd2\xff\xff\xff\xff\xff\x01", Rule.PACKET_TRUNCATED, MALFORMED),
    ("PGP-p55-huge-partial", session_key() + b"\xd2\xfe\x01", Rule.PACKET_TRUNCATED, MALFORMED),
    ("PGP-p56-mpi-huge", session_key(fields=b"\xff\xff" + noise(64)) + data(), Rule.RECIPIENT_MALFORMED, MALFORMED),
    ("PGP-q08-no-mdc-old-format", session_key() + b"\xa5" + (600).to_bytes(2) + noise(600), Rule.NO_INTEGRITY, POLICY),
    ("PGP-q13-ml-kem", session_key(algorithm=35, fields=noise(1200)) + data(), Rule.RECIPIENT_ALGORITHM, POLICY),
    ("PGP-q13-alg-99", session_key(algorithm=99) + data(), Rule.RECIPIENT_ALGORITHM, POLICY),
    ("PGP-q13-elgamal", session_key(algorithm=16) + data(), Rule.RECIPIENT_ALGORITHM, POLICY),
    ("PGP-q14-truncated-aes-kw", session_key(algorithm=25, fields=x25519_fields()[:-8]) + data(),
     Rule.RECIPIENT_MALFORMED, MALFORMED),
    ("PGP-q14-short-aes-kw", session_key(algorithm=25, fields=x25519_fields(wrapped=7)) + data(),
     Rule.RECIPIENT_MALFORMED, MALFORMED),
    ("PGP-q17-detached-signature", packet(2, noise(80)), Rule.CLEARTEXT, NOT_ENCRYPTED),
    ("PGP-q17-certificate", packet(6, noise(80)), Rule.PACKET_UNEXPECTED, MALFORMED),
    ("PGP-q29-one-octet-too-short", session_key() + data(47), Rule.DATA_TOO_SHORT, MALFORMED),
    ("PGP-q29-40-octets", session_key() + data(40), Rule.DATA_TOO_SHORT, MALFORMED),
    ("PGP-empty-body-of-pkesk", packet(1, b"") + data(), Rule.RECIPIENT_MALFORMED, MALFORMED),
    ("PGP-pkesk-v2", packet(1, b"\x02" + session_key_body()[1:]) + data(), Rule.RECIPIENT_VERSION, MALFORMED),
    ("PGP-no-packet", b"just text, no packets", Rule.NOT_OPENPGP, MALFORMED),
]  # fmt: skip


@pytest.mark.parametrize(("octets", "integrity"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_an_encrypted_message_is_accepted(octets: bytes, integrity: Integrity | None) -> None:
    found = inspect_message(octets)
    assert found.octets == octets
    assert integrity in {None, found.integrity}
    assert [packet.tag for packet in iterate_packets(octets[found.data_start :])] == [18]
    assert isinstance(run(direct_of(octets)), Accepted)


@pytest.mark.parametrize(("octets", "rule", "reply"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_anything_else_is_refused_by_its_rule(octets: bytes, rule: Rule, reply: Reply) -> None:
    with pytest.raises(OpenPGPRefusedError) as error:
        inspect_message(octets)
    assert error.value.rule is rule
    assert str(error.value) == rule.value
    assert run(direct_of(octets)) == Refused(reply, rule.value)


def test_recipients_are_upper_case_key_ids_in_order() -> None:
    octets = session_key(OTHER_KEY_ID) + session_key(KEY_ID) + data()
    assert inspect_message(octets).recipients == ("EC869473D6F50483", "E0EEBD80E44CF8A7")


def test_the_key_id_of_a_version_6_recipient_comes_from_its_fingerprint() -> None:
    octets = session_key_6(FINGERPRINT_6) + session_key_6(FINGERPRINT_4, 4) + data_2()
    assert inspect_message(octets).recipients == ("0001020304050607", "0C0D0E0F10111213")


def test_a_declared_length_is_never_allocated() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(OpenPGPRefusedError):
            inspect_message(session_key() + b"\xd2\xff\xff\xff\xff\xff" + noise(100))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_data_packet_in_very_many_chunks_is_refused() -> None:
    chunk = b"\xe9" + bytes(512)
    octets = session_key() + b"\xd2" + chunk + b"\xe0x" * 70_000 + b"\x00"
    with pytest.raises(OpenPGPRefusedError) as error:
        inspect_message(octets)
    assert error.value.rule is Rule.PACKET_LENGTH


def test_very_many_packets_are_refused() -> None:
    with pytest.raises(OpenPGPRefusedError) as error:
        list(iterate_packets(packet(60, b"") * 100_000))
    assert error.value.rule is Rule.PACKET_COUNT


def test_inner_packets_can_be_walked_with_gnupg_s_indeterminate_length() -> None:
    compressed = b"\xa3\x01" + zlib.compress(literal(), wbits=-15)
    assert [found.tag for found in iterate_packets(compressed, indeterminate=True)] == [8]
    with pytest.raises(OpenPGPRefusedError):
        list(iterate_packets(compressed))
    # Never for a session key, whose end would be everybody's guess.
    with pytest.raises(OpenPGPRefusedError):
        list(iterate_packets(b"\x87" + session_key_body(), indeterminate=True))


def test_the_body_of_a_chunked_packet_is_joined() -> None:
    body = data_body(3000)
    (found,) = iterate_packets(partial_packet(18, body))
    assert found.body == body
    (found,) = iterate_packets(packet(18, body))
    assert found.body == body


@pytest.mark.parametrize("length", [0, 191, 192, 8383, 8384, 70000])
def test_each_length_encoding_is_read(length: int) -> None:
    (found,) = iterate_packets(bytes([0xD2]) + new_length(length) + bytes(length))
    assert len(found.body) == length


def test_a_bzip2_literal_is_not_decompressed() -> None:
    bomb = packet(8, b"\x03" + bz2.compress(bytes(64 << 20)))
    with pytest.raises(OpenPGPRefusedError) as error:
        inspect_message(bomb)
    assert error.value.rule is Rule.CLEARTEXT
