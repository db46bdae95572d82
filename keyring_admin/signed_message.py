"""Reads one OpenPGP signed message: one document, one signature, nothing else (RFC 9580 §10.3).

The structure is walked here, bounded; Sequoia judges the signature. Who the signer is, is for the caller to decide.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import pysequoia

from keyring_admin.directory_error import DirectoryError
from keyring_admin.openpgp import OpenPGPRefusedError, dearmor, is_armored
from keyring_admin.openpgp.framing import Packet, iterate_packets

MAX_FILE_OCTETS = 1 << 20
MAX_DOCUMENT_OCTETS = 1 << 20
_COMPRESSED, _LITERAL, _ONE_PASS, _SIGNATURE = 8, 11, 4, 2  # RFC 9580 §5
_RAW, _ZIP, _ZLIB = 0, 1, 2  # RFC 9580 §9.4; bzip2 is not read


class SignedMessageProblem(StrEnum):
    """Why a signed message is not believed."""

    NOT_SIGNED = "expected one OpenPGP message with one signature, made by `gpg --armor --sign` and not encrypted"
    TOO_LARGE = "the signed file is too large"
    UNKNOWN_SIGNER = "the signer's certificate is not known here"
    BAD_SIGNATURE = "the signature is not good, or its key is expired, revoked or withdrawn"


class SignedMessageError(DirectoryError):
    """A signed message was refused. problem: why."""

    def __init__(self, problem: SignedMessageProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A document with one good signature.

    certificate: fingerprint, upper-case hex, of the certificate it was verified with. key: of the key that signed.
    """

    document: bytes = field(repr=False)
    certificate: str
    key: str
    signed_at: datetime


def read_signed_message(octets: bytes, certificate_of: Callable[[str], bytes | None]) -> SignedMessage:
    """Verify a message as `gpg --sign` makes it, armored or not, compressed or not.

    certificate_of: the certificate (binary) one of whose keys has this fingerprint, upper-case hex.
    Raises SignedMessageError.
    """
    if len(octets) > MAX_FILE_OCTETS:
        raise SignedMessageError(SignedMessageProblem.TOO_LARGE)
    try:
        packets = _message_packets(dearmor(octets) if is_armored(octets) else octets)
    except OpenPGPRefusedError:
        raise SignedMessageError(SignedMessageProblem.NOT_SIGNED) from None
    if [packet.tag for packet in packets] != [_ONE_PASS, _LITERAL, _SIGNATURE]:
        raise SignedMessageError(SignedMessageProblem.NOT_SIGNED)
    document = literal_data(packets[1].body)
    key, signed_at = _issuer(packets[2])
    octets_of_certificate = certificate_of(key)
    if octets_of_certificate is None:
        raise SignedMessageError(SignedMessageProblem.UNKNOWN_SIGNER)
    certificate = verify_detached(document, signature_packet(packets[2].body), octets_of_certificate)
    return SignedMessage(document, certificate, key, signed_at)


def verify_detached(document: bytes, signature: bytes, certificate: bytes) -> str:
    """The fingerprint of the certificate, upper-case hex, if it made this binary signature over the document.

    signature: one signature packet. Raises SignedMessageError with BAD_SIGNATURE.
    """
    try:
        cert = pysequoia.Cert.from_bytes(certificate)
        parsed = pysequoia.Sig.from_bytes(signature)
        verified = pysequoia.verify(bytes=document, signature=parsed, store=lambda _ids: [cert])
    except (RuntimeError, OSError):
        raise SignedMessageError(SignedMessageProblem.BAD_SIGNATURE) from None
    if parsed.signature_type != pysequoia.packet.SignatureType.Binary or len(verified.valid_sigs) != 1:
        raise SignedMessageError(SignedMessageProblem.BAD_SIGNATURE)
    return str(verified.valid_sigs[0].certificate).upper()


def signature_packet(body: bytes) -> bytes:
    """One signature packet in its only spelling here: new format, five-octet length (RFC 9580 §4.2.1)."""
    return b"\xc2\xff" + len(body).to_bytes(4, "big") + body


def literal_data(body: bytes) -> bytes:
    """What a literal data packet holds, without format, file name and date (RFC 9580 §5.9).

    Raises SignedMessageError.
    """
    if len(body) < 6 or len(body) < 6 + body[1]:
        raise SignedMessageError(SignedMessageProblem.NOT_SIGNED)
    return body[6 + body[1] :]


def _message_packets(octets: bytes) -> list[Packet]:
    packets = list(iterate_packets(octets, maximum=8, indeterminate=True))
    if [packet.tag for packet in packets] == [_COMPRESSED]:
        return list(iterate_packets(_decompressed(packets[0].body), maximum=8))
    return packets


def _decompressed(body: bytes) -> bytes:
    """RFC 9580 §5.6: the first octet names the algorithm. Bounded: a bomb is refused after the limit."""
    if not body or body[0] not in {_RAW, _ZIP, _ZLIB}:
        raise SignedMessageError(SignedMessageProblem.NOT_SIGNED)
    if body[0] == _RAW:
        return body[1:]
    limit = MAX_DOCUMENT_OCTETS + 4096
    engine = zlib.decompressobj(wbits=-15 if body[0] == _ZIP else 15)
    try:
        found = engine.decompress(body[1:], limit + 1)
    except zlib.error:
        raise SignedMessageError(SignedMessageProblem.NOT_SIGNED) from None
    if len(found) > limit:
        raise SignedMessageError(SignedMessageProblem.TOO_LARGE)
    if not engine.eof or engine.unused_data:
        raise SignedMessageError(SignedMessageProblem.NOT_SIGNED)
    return found


def _issuer(packet: Packet) -> tuple[str, datetime]:
    try:
        signature = pysequoia.Sig.from_bytes(signature_packet(packet.body))
    except (RuntimeError, OSError):
        raise SignedMessageError(SignedMessageProblem.NOT_SIGNED) from None
    if signature.issuer_fingerprint is None or signature.created is None:
        raise SignedMessageError(SignedMessageProblem.NOT_SIGNED)
    return str(signature.issuer_fingerprint).upper(), signature.created
