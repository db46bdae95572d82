"""Files inside a form: small, of a few kinds, and what they say they are.

Contract: an armored secret key never passes as an attachment. The kind is told by the first octets only: this keeps
mistakes out, not an attacker.
"""

import base64

from forms.characters import has_forbidden_character

MAX_OCTETS = 1024 * 1024
_BEGINNINGS = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "application/pgp-keys": b"-----BEGIN PGP PUBLIC KEY BLOCK-----",  # RFC 9580 §6.2
}
_SECRET = b"-----BEGIN PGP PRIVATE KEY BLOCK-----"


def is_attachment(text: str, media_type: str) -> bool:
    """Whether `text` is canonical base64 (RFC 4648 §4) of at most 1 MiB that begins as its media type does."""
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    if base64.b64encode(octets).decode("ascii") != text or len(octets) > MAX_OCTETS or _SECRET in octets:
        return False
    if media_type == "text/plain":
        return _is_text(octets)
    return octets.startswith(_BEGINNINGS[media_type])


def _is_text(octets: bytes) -> bool:
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not has_forbidden_character(text.replace("\r\n", "\n"))
