"""Lines of base64 are judged the same whether they are of one length, as programs write them, or of any."""

import base64
import random
import secrets

import pytest

from keyring_admin.openpgp.radix64 import LINE_MAXIMUM, decode_block

LINE_ENDS = (b"\n", b"\r\n")


def lines_are_good(text: bytes, line_end: bytes) -> bool:
    return all(0 < len(line) <= LINE_MAXIMUM and line.isalnum() for line in text.split(line_end))


def is_read(text: bytes, line_end: bytes) -> bool:
    try:
        decode_block(text, line_end)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_the_judgement_is_the_plain_one(line_end: bytes) -> None:
    generator = random.Random(1)  # noqa: S311 - what is tried, not a secret
    seen = {True: 0, False: 0}
    for _ in range(20_000):
        columns = generator.choice((4, 8, 64, LINE_MAXIMUM, LINE_MAXIMUM + 4))
        lengths = [columns if generator.random() < 0.9 else 4 * generator.randint(0, 20) for _ in range(4)]
        text = line_end.join(b"A" * length for length in lengths)
        if generator.random() < 0.3 and text:
            place = generator.randrange(len(text))
            text = text[:place] + generator.choice((b"\r", b"\n", b"\r\n")) + text[place + 1 :]
        if len(text.replace(line_end, b"")) % 4:
            continue
        expected = lines_are_good(text, line_end)
        assert is_read(text, line_end) == expected, text
        seen[expected] += 1
    assert min(seen.values()) > 100


def large(length: int, columns: int, line_end: bytes) -> tuple[bytes, bytes]:
    octets = secrets.token_bytes(length)
    text = base64.b64encode(octets)
    return octets, line_end.join(text[start : start + columns] for start in range(0, len(text), columns))


@pytest.mark.parametrize("columns", [64, 76, 62])
@pytest.mark.parametrize("rest", [0, 1, 2, 47, 48])
def test_a_large_text_is_read_whole(columns: int, rest: int) -> None:
    octets, text = large(8192 * 48 * 3 + rest, columns, b"\r\n")
    assert decode_block(text, b"\r\n") == octets


@pytest.mark.parametrize("line", [8191, 8192, 20_000])
def test_padding_in_the_middle_of_a_large_text_is_refused(line: int) -> None:
    _, text = large(8192 * 48 * 3, 64, b"\n")
    lines = text.split(b"\n")
    lines[line] = lines[line][:-2] + b"=="
    assert not is_read(b"\n".join(lines), b"\n")


@pytest.mark.parametrize("ending", [b"AB==", b"AAB="])
def test_bits_hidden_by_the_padding_of_a_large_text_are_refused(ending: bytes) -> None:
    _, text = large(8192 * 48 * 3, 64, b"\n")
    assert is_read(text[:-4] + b"AA==", b"\n")
    assert not is_read(text[:-4] + ending, b"\n")
