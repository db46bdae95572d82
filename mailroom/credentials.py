"""Passwords of officers: argon2id hashes that submission and Dovecot verify alike.

Contract: a password is never stored, logged or repeated in an error; verifying takes the same time whether or not
the officer exists.
"""

import secrets
import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128

# OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two passes, one lane. More would not fit Dovecot's process.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
_NOBODY = _HASHER.hash(secrets.token_bytes(32))

# Nothing that looks like something else: no 0 o 1 l i. 16 of 31 characters: 79 bits.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 4


class PasswordRuleError(ValueError):
    """The password is too short, too long or holds control characters. The text never repeats it."""


class StoredHashError(ValueError):
    """What is stored is not an argon2id hash; an administrator has to set a new password."""


def hash_password(password: str) -> str:
    """An argon2id hash in PHC format, as stored in `officers.password_hash`.

    password: 8 to 128 octets of UTF-8 after NFC normalisation, without control characters.
    Raises PasswordRuleError. Source: RFC 9106; length and normalisation: NIST SP 800-63B §5.1.1.2.
    """
    octets = _octets(password)
    if octets is None:
        raise PasswordRuleError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} octets, no control characters"
        )
    return _HASHER.hash(octets)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; one argon2id computation in every case.

    password_hash: a PHC string, or None if there is no such officer (the answer is then always False).
    Raises StoredHashError if what is stored is not an argon2id hash.
    """
    octets = _octets(password)
    if password_hash is not None and not password_hash.startswith("$argon2id$"):
        raise StoredHashError("the stored password hash is not argon2id")
    try:
        matches = _HASHER.verify(_NOBODY if password_hash is None else password_hash, b"" if octets is None else octets)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError):
        raise StoredHashError("the stored password hash is not argon2id") from None
    return matches and password_hash is not None and octets is not None


def new_password() -> str:
    """A random password for one officer, easy to read aloud and to type: `k7md-x2qf-9hrt-wz4p`."""
    groups = ("".join(secrets.choice(_READABLE) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def _octets(password: str) -> bytes | None:
    """The octets that are hashed, or None if the rules are broken."""
    normalised = unicodedata.normalize("NFC", password)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in normalised):
        return None
    octets = normalised.encode()
    return octets if SHORTEST_PASSWORD <= len(octets) <= LONGEST_PASSWORD else None
