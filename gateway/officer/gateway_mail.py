"""Mails the gateway itself writes to an officer: notices, and the answers of `resolve@` and `forms@`.

They bear no seal, which is a statement about other people's mail; that the gateway wrote them is said by its signature.
"""

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default

from gateway.officer.address_book import AddressBook
from keyring_admin.openpgp.armor import ArmorKind, dearmor
from keyring_admin.openpgp.errors import OpenPGPRefusedError
from keyring_admin.openpgp.opening import BadSignatureError, OpenedMessage, verify_signer

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of the gateway's mail. name: safe to write into any folder."""

    name: str
    octets: bytes = field(repr=False)


def signed_by_gateway(opened: OpenedMessage, book: AddressBook) -> bool:
    """Whether the content bears the signature of the gateway's certificate in the address book."""
    try:
        verify_signer(opened, dearmor(book.gateway.armor.encode("ascii"), ArmorKind.PUBLIC_KEY))
    except (BadSignatureError, OpenPGPRefusedError, UnicodeEncodeError):
        return False
    return True


def attached_files(entity: bytes) -> tuple[AttachedFile, ...]:
    """What is attached, in order; a name that could be more than a name is replaced by a number."""
    files = []
    for number, part in enumerate(message_from_bytes(entity, policy=default).walk()):
        octets = part.get_payload(decode=True) if part.is_attachment() else None
        if isinstance(octets, bytes):
            name = part.get_filename() or ""
            files.append(AttachedFile(name if _FILE_NAME.fullmatch(name) else f"attachment-{number}", octets))
    return tuple(files)
