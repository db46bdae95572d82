"""Open a message encrypted to us, and verify the one signature inside. Runs in resource-limited children only.

rPGP decrypts (it reads what every client writes, compressed or not), Sequoia judges the signature (its policy
refuses SHA-1, MD5 and revoked signers). rPGP alone is lenient about what stands inside: it drops whatever follows the
first literal of a compressed packet, and peels any number of compressed layers. Sequoia checks the grammar of RFC 9580
§10.3 to the end, so a message is open only when both read the same octets out of it.
What a signature proves is who signed these octets, not for whom: the signed content must name its recipient itself.
"""

from dataclasses import dataclass, field
from datetime import datetime

import pysequoia
from openpgp.composed import DecryptedMessage, Message, SignedSecretKey
from openpgp.errors import Error as RpgpError

from keyring_admin.openpgp.framing import Packet, iterate_packets

_SECRET_KEY, _SECRET_SUBKEY = 5, 7  # RFC 9580 §5


class UnopenableError(ValueError):
    """One error for every failure to decrypt: wrong key, tampering, nesting, size. It says nothing more."""

    def __init__(self) -> None:
        super().__init__("the message cannot be opened")


class BadSignatureError(ValueError):
    """Not exactly one good signature by the given certificate."""

    def __init__(self) -> None:
        super().__init__("the message is not signed as required")


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """The plaintext of a message and its signature packets (bodies, without packet headers)."""

    data: bytes = field(repr=False)
    signatures: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: fingerprint of the signing key, upper-case hex, and when the signature says it was made."""

    fingerprint: str
    signed_at: datetime


class OpeningKey:
    """Our secret subkeys, as both libraries need them."""

    def __init__(self, octets: bytes) -> None:
        """octets: unprotected transferable secret key; a primary key without its secret is enough."""
        self._secret = SignedSecretKey.from_bytes(octets)
        self._decryptors = tuple(
            pysequoia.Tsk.from_bytes(single).decryptor() for single in _one_subkey_each(octets) if _can_decrypt(single)
        )

    def open(self, octets: bytes, *, limit: int) -> OpenedMessage:
        """Decrypt one encrypted message whose structure the packet walk has accepted.

        limit: octets of plaintext after decompression. The caller bounds memory: the libraries do not.
        Raises UnopenableError.
        """
        try:
            opened = inner_message(Message.from_bytes(octets).decrypt("", self._secret), limit=limit)
        except (RpgpError, MemoryError):
            raise UnopenableError from None
        if not any(_decrypts_to(opened.data, octets, decryptor) for decryptor in self._decryptors):
            raise UnopenableError
        return opened


def _decrypts_to(data: bytes, octets: bytes, decryptor: pysequoia.PyDecryptor) -> bool:
    """Whether Sequoia finds a well-formed message inside that says just this."""
    try:
        return pysequoia.decrypt(octets, decryptor=decryptor).bytes == data
    except (RuntimeError, OSError, MemoryError):
        return False


def _one_subkey_each(octets: bytes) -> list[bytes]:
    """The key once for each of its subkeys: Sequoia's decryptor takes one, and rotation keeps two in force."""
    groups: list[list[Packet]] = []
    for packet in iterate_packets(octets):
        if packet.tag in {_SECRET_KEY, _SECRET_SUBKEY} or not groups:
            groups.append([])
        groups[-1].append(packet)
    primary, *subkeys = [octets[group[0].start : group[-1].end] for group in groups]
    return [primary + subkey for subkey in subkeys]


def _can_decrypt(octets: bytes) -> bool:
    try:
        pysequoia.Tsk.from_bytes(octets).decryptor()
    except RuntimeError:
        return False  # a signing subkey
    return True


def inner_message(message: Message | DecryptedMessage, *, limit: int) -> OpenedMessage:
    """What stands inside an encrypted message: signed or not, compressed or not, one literal.

    Raises UnopenableError, or the library's own error.
    """
    if message.is_nested:
        raise UnopenableError
    data = message.as_data_vec()
    # RFC 9580 §5.9: b, t, u. GnuPG writes m for mail clients (--mimemode). Others, such as l, mean nothing any more.
    if len(data) > limit or message.literal_mode() == "other":
        raise UnopenableError
    return OpenedMessage(data=data, signatures=tuple(signature.to_bytes() for signature in message.signatures()))


def verify_signer(opened: OpenedMessage, certificate: bytes) -> Signer:
    """The key that made the one signature of a message. Raises BadSignatureError.

    certificate: binary transferable public key. Whether that key was in force is for the caller to decide.
    """
    if len(opened.signatures) != 1:
        raise BadSignatureError
    try:
        cert = pysequoia.Cert.from_bytes(certificate)
        signature = pysequoia.Sig.from_bytes(_signature_packet(opened.signatures[0]))
        verified = pysequoia.verify(bytes=opened.data, signature=signature, store=lambda _ids: [cert])
    except (RuntimeError, OSError):
        raise BadSignatureError from None
    if len(verified.valid_sigs) != 1 or signature.created is None:
        raise BadSignatureError
    return Signer(fingerprint=str(verified.valid_sigs[0].signing_key).upper(), signed_at=signature.created)


def _signature_packet(body: bytes) -> bytes:
    # RFC 9580 §4.2.1: packet type 2 in the new format, with a five-octet length
    return b"\xc2\xff" + len(body).to_bytes(4, "big") + body
