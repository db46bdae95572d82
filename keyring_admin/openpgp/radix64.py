"""Base64 that has one reading only: full alphabet, no stray characters, padding at the end, no hidden bits."""

import binascii

LINE_MAXIMUM = 76  # RFC 9580 §6, RFC 2045 §6.8


def decode_lines(lines: list[bytes]) -> bytes:
    """The octets that `lines` (without line ends) encode.

    Raises ValueError for an empty or over-long line, a character outside of the alphabet, padding anywhere but at
    the end, and for bits that the padding hides (RFC 4648 §3.3, §3.5).
    """
    if not lines or not all(lines) or max(map(len, lines)) > LINE_MAXIMUM:
        raise ValueError
    text = b"".join(lines)
    octets = binascii.a2b_base64(text, strict_mode=True)
    if binascii.b2a_base64(octets[-(len(octets) % 3 or 3) :], newline=False) != text[-4:]:
        raise ValueError
    return octets
