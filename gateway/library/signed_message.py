"""What people of the library signed, read by keyring_admin/signed_message.py; a refusal is one of the library's own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.library.problem import LibraryLifeError, Problem
from keyring_admin import signed_message
from keyring_admin.signed_message import SignedMessage, SignedMessageError, signature_packet

__all__ = ["SignedMessage", "literal_data", "read_signed_message", "signature_packet", "verify_detached"]


def read_signed_message(octets: bytes, certificate_of: Callable[[str], bytes | None]) -> SignedMessage:
    """As keyring_admin reads it. Raises LibraryLifeError: TOO_LARGE, NOT_SIGNED, UNKNOWN_SIGNER, BAD_SIGNATURE."""
    with _refusing():
        return signed_message.read_signed_message(octets, certificate_of)


def verify_detached(document: bytes, signature: bytes, certificate: bytes) -> str:
    """As keyring_admin verifies it. Raises LibraryLifeError with BAD_SIGNATURE."""
    with _refusing():
        return signed_message.verify_detached(document, signature, certificate)


def literal_data(body: bytes) -> bytes:
    """As keyring_admin reads it. Raises LibraryLifeError with NOT_SIGNED."""
    with _refusing():
        return signed_message.literal_data(body)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except SignedMessageError as error:
        raise LibraryLifeError(Problem[error.problem.name]) from None
