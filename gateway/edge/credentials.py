"""SASL responses of AUTH PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login), EXTERNAL (RFC 4422): pure decoding."""

import binascii
from dataclasses import dataclass, field

from gateway.replies import AUTH_ABORTED, BAD_BASE64, BAD_CREDENTIALS, Reply


class ResponseRefusedError(Exception):
    """A SASL response that is not one. `reply` is the answer; nothing of the response is kept."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.enhanced)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client claims."""

    login: str = field(repr=False)
    password: str = field(repr=False)


def decode_response(text: bytes) -> bytes:
    """Decode one base64 response (RFC 4954 §4). Raises ResponseRefusedError."""
    if text == b"*":
        raise ResponseRefusedError(AUTH_ABORTED)
    if text == b"=":  # RFC 4954 §4: an initial response of no octets
        return b""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise ResponseRefusedError(BAD_BASE64) from None


def plain_credentials(response: bytes) -> Credentials:
    """Split a decoded PLAIN response (RFC 4616 §2). Raises ResponseRefusedError."""
    fields = response.split(b"\0")
    if len(fields) != 3:
        raise ResponseRefusedError(BAD_BASE64)
    acting_for, login, password = fields
    # Nobody acts for somebody else.
    if acting_for not in (b"", login):
        raise ResponseRefusedError(BAD_CREDENTIALS)
    return login_credentials(login, password)


def external_response(response: bytes) -> str:
    """Whom a client of AUTH EXTERNAL wants to act for, empty if for itself (RFC 4422 appendix A).

    Raises ResponseRefusedError.
    """
    try:
        return response.decode()
    except UnicodeDecodeError:
        raise ResponseRefusedError(BAD_CREDENTIALS) from None


def login_credentials(login: bytes, password: bytes) -> Credentials:
    """Credentials from UTF-8 (RFC 4616 §2). Raises ResponseRefusedError."""
    try:
        return Credentials(login.decode(), password.decode())
    except UnicodeDecodeError:
        raise ResponseRefusedError(BAD_CREDENTIALS) from None
