"""What an opened mail to `keys@` holds: the text of the request, and the OpenPGP blocks attached to it or pasted.

Runs in the workers. Nothing is guessed: one text with a request in it; secret keys end it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.keys.request import MARK, KeyRequest, KeyRequestError, parse_request
from gateway.resolve.mail_parts import MailParts, TextPart, parts_of_mail
from gateway.resolve.not_a_question import NotAQuestionError
from keyring_admin.certificate_packets import CERTIFICATE_LIMIT, dearmored, read_certificates
from keyring_admin.certificate_refusal import CertificateError, CertificateRefusal
from keyring_admin.openpgp.errors import OpenPGPRefusedError
from keyring_admin.openpgp.framing import Packet, iterate_packets

CERTIFICATES_MAXIMUM = 8
_PASTED = re.compile(r"-----BEGIN PGP [A-Z ]+-----.*?-----END PGP [A-Z ]+-----", re.DOTALL)
_SIGNATURE = 2  # RFC 9580 §5
_PACKETS_MAXIMUM = 20_000


class SecretKeyEnclosedError(ValueError):
    """A secret key was sent. Nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as it came, binary, with whatever signatures it carries."""

    fingerprint: str
    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enclosed:
    """certificates: in their order. revocations: whole signature packets that came without a certificate."""

    request: KeyRequest
    certificates: tuple[Certificate, ...] = field(repr=False)
    revocations: tuple[bytes, ...] = field(repr=False)


def enclosed_in(content: bytes, *, mime: bool) -> Enclosed:
    """Read the content of an opened mail. mime: a MIME entity, else the text of an inline armor, UTF-8.

    Raises KeyRequestError, SecretKeyEnclosedError.
    """
    try:
        parts = parts_of_mail(content) if mime else MailParts(texts=[TextPart(content.decode("utf-8"))])
    except (NotAQuestionError, UnicodeDecodeError):
        raise KeyRequestError("the mail cannot be read") from None
    written = [part.text.replace("\r\n", "\n") for part in parts.texts]
    texts = [_PASTED.sub("", text) for text in written]
    requests = [text for text in texts if MARK.lower() in text.lower()]
    if len(requests) != 1:
        raise KeyRequestError("expected one text with one request")
    pasted = [block.encode("utf-8") for text in written for block in _PASTED.findall(text)]
    certificates, revocations = _blocks([*pasted, *parts.files, *parts.keys])
    return Enclosed(parse_request(requests[0]), certificates, revocations)


def _blocks(found: Iterable[bytes]) -> tuple[tuple[Certificate, ...], tuple[bytes, ...]]:
    certificates: list[Certificate] = []
    revocations: list[bytes] = []
    for block in found:
        try:
            octets = dearmored(block)
            packets = _packets(octets)
            if all(packet.tag == _SIGNATURE for packet in packets):
                revocations += [octets[packet.start : packet.end] for packet in packets]
            else:
                certificates += [Certificate(one.fingerprint, one.octets) for one in read_certificates(octets)]
        except CertificateError as error:
            if error.reason is CertificateRefusal.SECRET:
                raise SecretKeyEnclosedError from None
            raise KeyRequestError("an attached file is not a certificate") from None
    if len(certificates) > CERTIFICATES_MAXIMUM or any(len(one.octets) > CERTIFICATE_LIMIT for one in certificates):
        raise KeyRequestError("too many certificates, or one over 64 KiB")
    return tuple(certificates), tuple(revocations)


def _packets(octets: bytes) -> list[Packet]:
    try:
        return list(iterate_packets(octets, maximum=_PACKETS_MAXIMUM))
    except OpenPGPRefusedError:
        raise KeyRequestError("an attached file is not a certificate") from None
