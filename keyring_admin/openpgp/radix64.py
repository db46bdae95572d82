"""Base64 that has one reading only: full alphabet, no stray characters, padding at the end, no hidden bits."""

import binascii

LINE_MAXIMUM = 76  # RFC 9580 §6, RFC 2045 §6.8
# The interpreter does nothing else during one call of the decoder: a large text must not stall the other senders.
_LARGE = 1 << 20
_LINES_AT_ONCE = 8192


def decode_block(text: bytes, line_end: bytes) -> bytes:
    """The octets that the lines of `text` encode. No line end after the last line.

    Raises ValueError for an empty or over-long line, a character outside of the alphabet, padding anywhere but at
    the end, and for bits that the padding hides (RFC 4648 §3.3, §3.5).
    """
    if not _has_good_lines(text, line_end):
        raise ValueError
    step = len(text)
    if step > _LARGE and text.find(line_end) % 4 == 0 and _has_equal_lines(text, line_end):
        step = (text.find(line_end) + len(line_end)) * _LINES_AT_ONCE
    pieces = [text[start : start + step].replace(line_end, b"") for start in range(0, len(text), step)]
    octets = [binascii.a2b_base64(piece, strict_mode=True) for piece in pieces]
    if any(len(octets[number]) * 4 != len(pieces[number]) * 3 for number in range(len(pieces) - 1)):
        raise ValueError  # padding before the end
    if binascii.b2a_base64(octets[-1][-(len(octets[-1]) % 3 or 3) :], newline=False) != pieces[-1][-4:]:
        raise ValueError
    return b"".join(octets)


def decode_lines(lines: list[bytes]) -> bytes:
    """The same from lines without their line ends."""
    return decode_block(b"\n".join(lines), b"\n")


def _has_equal_lines(text: bytes, line_end: bytes) -> bool:
    """Whether all lines but the last are of one good length, as every program writes them: seen without a loop."""
    columns = text.find(line_end)
    if not 0 < columns <= LINE_MAXIMUM:
        return 0 < len(text) <= LINE_MAXIMUM and columns < 0
    step, lines = columns + len(line_end), text.count(line_end)
    return all(
        text[columns + number :: step] == line_end[number : number + 1] * lines for number in range(len(line_end))
    )


def _has_good_lines(text: bytes, line_end: bytes) -> bool:
    """Whether no line is empty or too long: in leaps over whole lines, never as millions of small objects."""
    if not text or text.startswith(line_end) or text.endswith(line_end) or line_end * 2 in text:
        return False
    if _has_equal_lines(text, line_end):
        return True
    position = 0
    while len(text) - position > LINE_MAXIMUM:
        found = text.rfind(line_end, position, position + LINE_MAXIMUM + len(line_end))
        if found < 0:
            return False
        position = found + len(line_end)
    return True
