"""A UID is octets: carried as base64, shown beside in a display form.

Contract: the octets are never folded, trimmed or repaired. Codes hold characters that XML 1.0 cannot (GS, 0x1D), so
the display form is made from the octets, never read back.
"""

import base64

from forms.characters import has_forbidden_character
from forms.errors import FormError, FormErrorCode

MAX_OCTETS = 128


def encode_uid(uid: bytes) -> str:
    """Return the octets as base64 with padding (RFC 4648 §4). Raises FormError unless 1 to 128 octets fit a UID."""
    _check(uid)
    return base64.b64encode(uid).decode("ascii")


def decode_uid(text: str) -> bytes:
    """Return the octets of canonical base64. Raises FormError: not base64, not its only spelling, not a UID."""
    try:
        uid = base64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error is one; so is a character that is not ASCII
        uid = b""
    # RFC 4648 §3.5: the unused bits of the last character are zero, else two spellings carry one UID.
    if not uid or base64.b64encode(uid).decode("ascii") != text:
        raise FormError(FormErrorCode.BAD_UID)
    _check(uid)
    return uid


def display_uid(uid: bytes) -> str:
    """Return the octets for a reader's eye; no two UIDs look the same.

    Control characters are control pictures (GS is ␝), a space at either end is ␠, octets that are not UTF-8 are ⟨C3⟩,
    and so are those of the pictures and brackets themselves.
    """
    shown = "".join(_picture(character) for character in uid.decode("utf-8", "surrogateescape"))
    if shown.startswith(" "):
        shown = "␠" + shown[1:]
    return shown[:-1] + "␠" if shown.endswith(" ") else shown


def _picture(character: str) -> str:
    point = ord(character)
    if point < 0x20:
        return chr(0x2400 + point)
    if point == 0x7F:
        return "␡"
    if 0xDC80 <= point <= 0xDCFF:
        return f"⟨{point - 0xDC00:02X}⟩"
    if 0x2400 <= point <= 0x2426 or character in "⟨⟩":
        return "".join(f"⟨{octet:02X}⟩" for octet in character.encode())
    return character


def _check(uid: bytes) -> None:
    if not 1 <= len(uid) <= MAX_OCTETS:
        raise FormError(FormErrorCode.BAD_UID)
    # Bidirectional controls would make a reader see another code than the one that is routed.
    text = uid.decode("utf-8", "surrogateescape")
    if any(has_forbidden_character(character) for character in text if character > "\x7f" and not _is_octet(character)):
        raise FormError(FormErrorCode.FORBIDDEN_CHARACTER)


def _is_octet(character: str) -> bool:
    return "\udc80" <= character <= "\udcff"
