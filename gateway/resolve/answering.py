"""A worker's part: open the mail, check who signed it, recognise the UIDs, write the answer, and encrypt it.

What leaves the worker is ciphertext for the officer, or an outcome. Runs in resource-limited children only.
"""

import hashlib
from dataclasses import dataclass, field

import pysequoia

from gateway.gate.header import split_entity
from gateway.gate.multipart import split_multipart
from gateway.gate.octets import canonical_line_ends
from gateway.gate.parameters import content_type
from gateway.gate.refusal import GateRefusedError
from gateway.opener.frames import Job, JobResult, Outcome
from gateway.resolve.answer import answer_entity
from gateway.resolve.findings import look_up
from gateway.resolve.not_a_question import NotAQuestionError
from gateway.resolve.question import uids_asked
from gateway.resolve.request import decode_request
from keyring_admin.openpgp.armor import ArmorKind, dearmor
from keyring_admin.openpgp.errors import OpenPGPRefusedError
from keyring_admin.openpgp.framing import iterate_packets
from keyring_admin.openpgp.opening import (
    BadSignatureError,
    OpenedMessage,
    OpeningKey,
    Signer,
    UnopenableError,
    verify_signer,
)
from pattern_rules import Library, load_library

# Room for a client's own additions: HTML, a certificate with its certifications.
PLAINTEXT_LIMIT = 256 * 1024
_SIGNATURE = 2  # RFC 9580 §5


@dataclass(slots=True)
class Answerer:
    """Answers questions. secret: the gateway's secret subkeys, of which it opens with one and signs with another."""

    key: OpeningKey = field(repr=False)
    secret: bytes = field(repr=False)
    _library: Library | None = None

    def answer(self, job: Job) -> JobResult:
        """Do one job of JobKind.RESOLVE. Every failure is one of the outcomes."""
        request = decode_request(job.request)
        try:
            opened = self.key.open(job.message, limit=PLAINTEXT_LIMIT)
            signed, signer = signed_content(opened, job.certificate, mime=request.mime)
        except UnopenableError:
            return JobResult(Outcome.UNOPENABLE)
        except BadSignatureError:
            return JobResult(Outcome.BAD_SIGNATURE)
        try:
            uids = uids_asked(signed, mime=request.mime)
        except NotAQuestionError:
            return JobResult(Outcome.NO_UIDS, signer=signer.fingerprint, signed_at=signer.signed_at)
        library = self._loaded(job.library)
        entity = answer_entity(look_up(library, uids, request), request, library.version)
        return JobResult(
            outcome=Outcome.OPENED,
            signer=signer.fingerprint,
            signed_at=signer.signed_at,
            body=self._sealed(entity, job.certificate),
        )

    def _loaded(self, octets: bytes) -> Library:
        """The library these octets are; the last one is kept."""
        if self._library is None or self._library.sha256 != hashlib.sha256(octets).hexdigest():
            self._library = load_library(octets)
        return self._library

    def _sealed(self, entity: bytes, certificate: bytes) -> bytes:
        signer = pysequoia.Tsk.from_bytes(self.secret).signer()
        return pysequoia.encrypt(entity, [pysequoia.Cert.from_bytes(certificate)], signer=signer, armor=False)


def signed_content(opened: OpenedMessage, certificate: bytes, *, mime: bool) -> tuple[bytes, Signer]:
    """What the officer signed, and the key that did. Raises BadSignatureError."""
    signed = signed_part(opened, mime=mime)
    return signed.data, verify_signer(signed, certificate)


def signed_part(opened: OpenedMessage, *, mime: bool) -> OpenedMessage:
    """What is signed in an opened mail: the whole message, or the first part of a multipart/signed in it.

    Clients sign in one OpenPGP message (RFC 3156 §6.2) or in a MIME entity inside of it (§6.1: KMail, Evolution).
    Nothing is verified yet. Raises BadSignatureError.
    """
    if opened.signatures or not mime:
        return opened
    try:
        header, body = split_entity(canonical_line_ends(opened.data))
        media = content_type(header)
        multipart = split_multipart(media, body)
        if media.value != "multipart/signed" or not multipart.closed or len(multipart.parts) != 2:
            raise BadSignatureError
        part, armored = multipart.parts  # RFC 3156 §5: the CR LF before the boundary is not signed
        signature_header, armor = split_entity(armored)
        if content_type(signature_header).value != "application/pgp-signature":
            raise BadSignatureError
        packets = list(iterate_packets(dearmor(armor, ArmorKind.SIGNATURE), maximum=2))
    except (GateRefusedError, OpenPGPRefusedError):
        raise BadSignatureError from None
    if [packet.tag for packet in packets] != [_SIGNATURE]:
        raise BadSignatureError
    return OpenedMessage(part, (packets[0].body,))
