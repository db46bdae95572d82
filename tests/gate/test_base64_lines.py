"""Lines of base64 are judged the same whether they are of one length, as programs write them, or of any."""

import random

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
