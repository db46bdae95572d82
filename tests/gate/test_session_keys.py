"""Session key packets: the fields fill the packet exactly, for each algorithm of the profile."""

import pytest

from keyring_admin.openpgp import OpenPGPRefusedError, Rule
from keyring_admin.openpgp.session_keys import read_session_key_packet

from .packet_builder import ecdh_fields, mpi, noise, rsa_fields, session_key_body, x25519_fields

X448 = noise(56, seed=8) + bytes([41, 9]) + noise(40, seed=9)
GOOD = [
    ("rsa-2048", 1, rsa_fields(2048)),
    ("rsa-4096", 1, rsa_fields(4096)),
    ("rsa-8192", 1, rsa_fields(8192)),
    ("rsa-2048-with-leading-zeros", 1, mpi(b"\x01" + noise(252))),
    ("ecdh-curve25519", 18, ecdh_fields()),
    ("ecdh-p256", 18, ecdh_fields(b"\x04" + noise(64))),
    ("ecdh-p384", 18, ecdh_fields(b"\x04" + noise(96), 48)),
    ("ecdh-p521", 18, ecdh_fields(b"\x04" + noise(132), 32)),
    ("ecdh-brainpool512", 18, ecdh_fields(b"\x04" + noise(128), 40)),
    ("x25519-aes256", 25, x25519_fields()),
    ("x25519-aes128", 25, noise(32) + bytes([25, 7]) + noise(24)),
    ("x448-aes256", 26, X448),
]
BAD = [
    ("rsa-512", 1, rsa_fields(512)),
    ("rsa-too-long", 1, rsa_fields(16384 + 8)),
    ("rsa-one-octet-more", 1, rsa_fields() + b"x"),
    ("rsa-one-octet-less", 1, rsa_fields()[:-1]),
    ("rsa-bits-lie", 1, (3065).to_bytes(2) + rsa_fields()[2:]),
    ("rsa-leading-zero-octet", 1, (3080).to_bytes(2) + b"\x00" + rsa_fields()[2:]),
    ("rsa-zero", 1, b"\x00\x00"),
    ("rsa-no-length", 1, b"\x0c"),
    ("rsa-nothing", 1, b""),
    ("ecdh-unknown-point", 18, ecdh_fields(b"\x02" + noise(32))),
    ("ecdh-point-of-31", 18, ecdh_fields(b"\x40" + noise(30))),
    ("ecdh-wrapped-24", 18, ecdh_fields(wrapped=24)),
    ("ecdh-wrapped-47", 18, ecdh_fields(wrapped=47)),
    ("ecdh-text-behind", 18, ecdh_fields() + b"clear text"),
    ("ecdh-wrapped-missing", 18, ecdh_fields()[:-48]),
    ("ecdh-point-only", 18, ecdh_fields()[:-49]),
    ("x25519-cast5", 25, noise(32) + bytes([25, 3]) + noise(24)),
    ("x25519-aes128-with-long-key", 25, noise(32) + bytes([41, 7]) + noise(40)),
    ("x25519-truncated", 25, x25519_fields()[:20]),
    ("x25519-text-behind", 25, x25519_fields() + b"clear text"),
    ("x448-of-x25519-length", 26, x25519_fields()),
]


@pytest.mark.parametrize(("algorithm", "fields"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_a_whole_session_key_is_read(algorithm: int, fields: bytes) -> None:
    found = read_session_key_packet(session_key_body(algorithm=algorithm, fields=fields))
    assert (found.version, found.key_id) == (3, "E0EEBD80E44CF8A7")


@pytest.mark.parametrize(("algorithm", "fields"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_session_key_that_does_not_add_up_is_refused(algorithm: int, fields: bytes) -> None:
    with pytest.raises(OpenPGPRefusedError) as error:
        read_session_key_packet(session_key_body(algorithm=algorithm, fields=fields))
    assert error.value.rule is Rule.RECIPIENT_MALFORMED


@pytest.mark.parametrize("named", [b"\x15\x05", b"\x15\x06", b"\x21\x04", b"\x22\x06", b"\xff\x06", b"\x15"])
def test_a_version_6_session_key_names_a_whole_fingerprint(named: bytes) -> None:
    with pytest.raises(OpenPGPRefusedError) as error:
        read_session_key_packet(b"\x06" + named + noise(named[0] - 1) + b"\x19" + x25519_fields(6))
    assert error.value.rule is Rule.RECIPIENT_MALFORMED


@pytest.mark.parametrize("length", range(12))
def test_a_truncated_packet_is_refused(length: int) -> None:
    with pytest.raises(OpenPGPRefusedError):
        read_session_key_packet(session_key_body()[:length])
