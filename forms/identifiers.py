"""Identifiers that mean nothing: 128 random bits for exchanges and slips, 40 for the token people see.

Crockford's base 32 (no I, L, O, U): survives reading aloud, case-insensitive file systems and Subject lines.
"""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_IDENTIFIER = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")  # 128 bits in 26 characters: the first holds 3
_TOKEN = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")


def new_identifier() -> str:
    """Return 128 random bits as 26 characters, for an exchange or a slip."""
    return _encode(secrets.randbits(128), 26)


def new_token() -> str:
    """Return 40 random bits as "7F3K-9Q2M", for a Subject line."""
    text = _encode(secrets.randbits(40), 8)
    return f"{text[:4]}-{text[4:]}"


def is_identifier(text: str) -> bool:
    """Whether `text` is exactly one identifier in its only spelling."""
    return _IDENTIFIER.fullmatch(text) is not None


def is_token(text: str) -> bool:
    """Whether `text` is exactly one token in its only spelling."""
    return _TOKEN.fullmatch(text) is not None


def _encode(number: int, length: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
