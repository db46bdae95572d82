"""What stands inside an encrypted message: exactly one literal, compressed or not, signed or not, and nothing else."""

import hashlib
import os

import pytest
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from keyring_admin.openpgp.opening import OpeningKey, UnopenableError

from .conftest import Gateway
from .keys import Key
from .messages import compressed, deflate, encrypt, encryption_subkeys, layers, literal, packet
from .session_keys import session_key_packet

LIMIT = 16 * 1024
TEXT = b"the routing slip"
MARKER, PRIVATE_CRITICAL, PADDING = 10, 39, 21


@pytest.fixture(scope="module")
def key(gateway: Gateway) -> OpeningKey:
    return OpeningKey(gateway.secret.octets)


@pytest.mark.parametrize(
    "inner",
    [
        literal(TEXT),
        compressed(literal(TEXT), 1),
        compressed(literal(TEXT), 2),
        literal(TEXT, mode=b"t"),
        literal(TEXT, mode=b"u"),
        literal(TEXT, mode=b"m"),
        literal(TEXT, name=b"../../etc/passwd"),
        literal(TEXT, name=b"_CONSOLE"),
        literal(TEXT, name=b"\n[GNUPG:] GOODSIG 0123456789ABCDEF Alice"),
        bytes([0xCB, 0xE9]) + b"b\0" + bytes(4) + b"a" * 506 + b"\x03abc",
    ],
    ids=["plain", "zip", "zlib", "text", "utf-8", "mime", "traversal", "console", "status-lines", "partial-lengths"],
)
def test_one_literal_opens_and_its_file_name_goes_nowhere(key: OpeningKey, gateway: Gateway, inner: bytes) -> None:
    opened = key.open(encrypt(inner, gateway.subkeys[0]), limit=LIMIT)
    assert opened.data in {TEXT, b"a" * 506 + b"abc"}
    assert opened.signatures == ()


def test_every_subkey_in_force_opens(key: OpeningKey, gateway: Gateway) -> None:
    assert len(gateway.subkeys) == 2
    for subkey in gateway.subkeys:
        assert key.open(encrypt(literal(TEXT), subkey), limit=LIMIT).data == TEXT


def two_in_one() -> dict[str, bytes]:
    small, other = literal(TEXT), literal(b"another text")
    return {
        "p23-two-literals": small + other,
        "two-literals-compressed": compressed(small + other),
        "literal-after-compressed": compressed(small) + other,
        "compressed-after-literal": small + compressed(other),
        "octets-after-literal": small + b"octets",
        "octets-after-compressed": compressed(small) + b"octets",
        "octets-inside-compressed": compressed(small + b"octets"),
        "critical-packet-after-literal": small + packet(PRIVATE_CRITICAL, b"x"),
        "p26-forty-layers": layers(small, 40),
        "nothing": b"",
        "p64-signature-only": packet(2, b"\x04" + bytes(30)),
        "session-key-only": packet(1, b"\x03" + bytes(30)),
        "q01-literal-swallows-mdc": b"\xcb\xff" + (6 + 5 + 22).to_bytes(4) + b"b\0" + bytes(4) + b"hello",
        "partial-length-without-end": bytes([0xCB, 0xE9]) + b"b\0" + bytes(4) + b"a" * 506,
        "p28-bzip2": compressed(small, 3),
        "p47-local-literal": literal(TEXT, mode=b"l"),
        "p47-local-literal-of-pgp-2": literal(TEXT, mode=b"1"),
        "p47-local-literal-compressed": compressed(literal(TEXT, mode=b"l")),
        "unknown-mode-of-a-literal": literal(TEXT, mode=b"x"),
        "p25-armor-is-not-opened-but-too-long": literal(b"-----BEGIN PGP MESSAGE-----\n" * 1000),
    }


@pytest.mark.parametrize("inner", two_in_one().values(), ids=two_in_one().keys())
def test_anything_else_inside_is_unopenable(key: OpeningKey, gateway: Gateway, inner: bytes) -> None:
    with pytest.raises(UnopenableError) as refusal:
        key.open(encrypt(inner, gateway.subkeys[0]), limit=LIMIT)
    assert str(refusal.value) == "the message cannot be opened"
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("wrap", [lambda octets: octets, compressed], ids=["bare", "compressed"])
def test_an_encrypted_message_inside_is_not_opened(key: OpeningKey, gateway: Gateway, wrap: object) -> None:
    assert callable(wrap)
    inside = encrypt(literal(TEXT), gateway.subkeys[0])
    with pytest.raises(UnopenableError):
        key.open(encrypt(wrap(inside), gateway.subkeys[0]), limit=LIMIT)


def quine() -> bytes:
    """A deflate stream that begins with itself: a window's worth of its own output, again and again."""
    seed = packet(8, b"\x01" + deflate(os.urandom(64)))
    return packet(8, b"\x01" + deflate(seed * 200))


def test_self_similar_nesting_ends(key: OpeningKey, gateway: Gateway) -> None:
    with pytest.raises(UnopenableError):
        key.open(encrypt(layers(quine(), 30), gateway.subkeys[0]), limit=LIMIT)


def test_the_limit_is_exact(key: OpeningKey, gateway: Gateway) -> None:
    for inner in (literal(b"a" * LIMIT), compressed(literal(b"a" * LIMIT))):
        assert len(key.open(encrypt(inner, gateway.subkeys[0]), limit=LIMIT).data) == LIMIT
    for inner in (literal(b"a" * (LIMIT + 1)), compressed(literal(b"a" * (LIMIT + 1)))):
        with pytest.raises(UnopenableError):
            key.open(encrypt(inner, gateway.subkeys[0]), limit=LIMIT)


def test_every_flipped_bit_of_the_data_is_noticed(key: OpeningKey, gateway: Gateway) -> None:
    sealed = encrypt(literal(TEXT), gateway.subkeys[0])
    data_start = len(sealed) - 60
    for position in range(data_start, len(sealed)):
        tampered = bytearray(sealed)
        tampered[position] ^= 1 << position % 8
        with pytest.raises(UnopenableError):
            key.open(bytes(tampered), limit=LIMIT)
    assert key.open(sealed, limit=LIMIT).data == TEXT


def test_a_message_without_integrity_is_not_released(key: OpeningKey, gateway: Gateway) -> None:
    with pytest.raises(UnopenableError):
        key.open(encrypt(literal(TEXT), gateway.subkeys[0], integrity=False), limit=LIMIT)


def test_a_truncated_message_is_unopenable(key: OpeningKey, gateway: Gateway) -> None:
    sealed = encrypt(literal(TEXT), gateway.subkeys[0])
    for cut in (1, 5, 20, 21, 22, 40, len(sealed) // 2, len(sealed) - 1):
        with pytest.raises(UnopenableError):
            key.open(sealed[:-cut], limit=LIMIT)


def test_a_compressed_bomb_is_counted_after_decompression(key: OpeningKey, gateway: Gateway) -> None:
    bomb = encrypt(compressed(literal(bytes(20_000_000))), gateway.subkeys[0])
    assert len(bomb) < 25_000
    with pytest.raises(UnopenableError):
        key.open(bomb, limit=LIMIT)


def test_a_key_id_that_lies_is_like_any_other_failure(key: OpeningKey, gateway: Gateway, alice: Key) -> None:
    """p36: encrypted to somebody else, and named as the gateway's."""
    (subkey,) = encryption_subkeys(alice.certificate)
    other = encrypt(literal(TEXT), subkey)
    named, ours = bytes.fromhex(subkey.key.key_id), bytes.fromhex(gateway.key_ids[0])
    assert other.count(named) == 1
    with pytest.raises(UnopenableError):
        key.open(other.replace(named, ours), limit=LIMIT)


AES256, KEY = 9, bytes(range(1, 33))


def sealed_with(
    algorithm: int, key: bytes, gateway: Gateway, *, hidden: bool = True, checksum: int | None = None
) -> bytes:
    """A message with this session key; hidden: encrypted with AES-256 and KEY, else not encrypted at all."""
    plain = os.urandom(16)
    plain += plain[-2:] + literal(TEXT) + b"\xd3\x14"
    plain += hashlib.sha1(plain).digest()  # noqa: S324 - RFC 9580 §5.13.1 demands it
    data = Cipher(algorithms.AES(KEY), CFB(bytes(16))).encryptor().update(plain) if hidden else plain
    return session_key_packet(algorithm, key, gateway.certificate, checksum=checksum) + packet(18, b"\x01" + data)


def test_a_session_key_for_no_cipher_opens_nothing(key: OpeningKey, gateway: Gateway) -> None:
    """p41, p42: wrapped correctly, but for plaintext, for a cipher nobody knows, or of another length or sum."""
    assert key.open(sealed_with(AES256, KEY, gateway), limit=LIMIT).data == TEXT
    for message in (
        sealed_with(0, KEY[:16], gateway, hidden=False),
        sealed_with(0, KEY, gateway, hidden=False),
        sealed_with(99, KEY, gateway),
        sealed_with(99, KEY, gateway, hidden=False),
        sealed_with(AES256, KEY[:16], gateway),
        sealed_with(AES256, KEY + KEY, gateway),
        sealed_with(AES256, KEY, gateway, checksum=0),
    ):
        with pytest.raises(UnopenableError):
            key.open(message, limit=LIMIT)
