"""A worker's part: open a request, find who has to have signed it, and check that they have.

Runs in resource-limited children only. Whether the key may sign now is decided by the edge, which knows the directory.
"""

from dataclasses import dataclass, field, replace

import pysequoia

from gateway.keys.enclosed import Certificate, Enclosed, SecretKeyEnclosedError, enclosed_in
from gateway.keys.opened import OpenedRequest, Opening, decode_opening, encode_opened
from gateway.keys.request import KeyAct, KeyRequestError
from gateway.opener.frames import Job, JobResult, Outcome
from gateway.resolve.answering import signed_part
from keyring_admin.certificates import merged
from keyring_admin.openpgp.opening import (
    BadSignatureError,
    OpenedMessage,
    OpeningKey,
    Signer,
    UnopenableError,
    verify_signer,
)
from keyring_admin.signed_message import signature_packet
from mailroom.credentials import PasswordRuleError, hash_password

PLAINTEXT_LIMIT = 512 * 1024  # of the mail: certificates in base64, HTML, a client's own additions

_HASHED = "hashed"  # stands in the request where the password was

# Acts that may go into the key log: they hold no secret. What was signed is kept with them.
_EVIDENT = frozenset({KeyAct.RENEW, KeyAct.REPLACE, KeyAct.REVOKE, KeyAct.APPROVE, KeyAct.REJECT})


@dataclass(frozen=True, slots=True)
class RequestOpener:
    """Opens requests with the gateway's secret subkeys."""

    key: OpeningKey = field(repr=False)

    def open(self, job: Job) -> JobResult:
        """Do one job of JobKind.KEYS. Every failure is one of the outcomes."""
        try:
            opening = decode_opening(job.request)
            opened = self.key.open(job.message, limit=PLAINTEXT_LIMIT)
            try:
                signed = signed_part(opened, mime=opening.mime)
            except BadSignatureError:
                signed = opened
            enclosed = enclosed_in(signed.data, mime=opening.mime)
            certificate = _chosen(enclosed, opening)
            signer = _signer(signed, enclosed, opening, certificate)
            found = _found(signed, enclosed, certificate)
        except UnopenableError:
            return JobResult(Outcome.UNOPENABLE)
        except BadSignatureError:
            return JobResult(Outcome.BAD_SIGNATURE)
        except SecretKeyEnclosedError:
            return JobResult(Outcome.SECRET_KEY)
        except (KeyRequestError, PasswordRuleError):
            return JobResult(Outcome.BAD_REQUEST)
        return JobResult(
            outcome=Outcome.OPENED,
            signer=signer.fingerprint if signer is not None else None,
            signed_at=signer.signed_at if signer is not None else None,
            slip=encode_opened(found),
        )


def _found(signed: OpenedMessage, enclosed: Enclosed, certificate: Certificate | None) -> OpenedRequest:
    request = enclosed.request
    evident = request.act in _EVIDENT and len(signed.signatures) == 1
    return OpenedRequest(
        request=replace(request, password=_HASHED if request.password is not None else None),
        certificate=certificate.octets if certificate is not None else None,
        revocation=enclosed.revocations[0] if enclosed.revocations else None,
        password_hash=hash_password(request.password) if request.password is not None else None,
        evidence=_signed_message(signed) if evident else b"",
    )


def _chosen(enclosed: Enclosed, opening: Opening) -> Certificate | None:
    """The certificate an act is about, of those enclosed: mail programs add the sender's own without being asked."""
    request, own = enclosed.request, _fingerprint(opening.own)
    match request.act:
        case KeyAct.RENEW:
            wanted = [one for one in enclosed.certificates if one.fingerprint == own]
        case KeyAct.APPROVE | KeyAct.REVOKE:
            wanted = [one for one in enclosed.certificates if one.fingerprint == request.fingerprint]
        case KeyAct.ENROL | KeyAct.REPLACE:
            named = {request.fingerprint} if request.fingerprint is not None else None
            new = [one for one in enclosed.certificates if one.fingerprint != own or request.act is KeyAct.ENROL]
            wanted = [one for one in new if named is None or one.fingerprint in named]
        case _:
            return None
    if not wanted and request.act in {KeyAct.APPROVE, KeyAct.REVOKE}:
        return None
    if len({one.fingerprint for one in wanted}) != 1:
        raise KeyRequestError("expected one certificate")
    return wanted[0]


def _signer(
    signed: OpenedMessage, enclosed: Enclosed, opening: Opening, certificate: Certificate | None
) -> Signer | None:
    """Who signed. Only a revocation may come without: it is a signature of the key itself. Raises BadSignatureError."""
    match enclosed.request.act:
        case KeyAct.ENROL:
            # The proof of possession is the signature of the certificate that is enclosed.
            needed = certificate.octets if certificate is not None else None
        case KeyAct.PROVE:
            needed = opening.candidate
        case KeyAct.RENEW:
            # Its holder may have renewed it after it expired: what is sent says until when it may sign.
            needed = _merged(opening.own, certificate)
        case KeyAct.REVOKE if not signed.signatures and (enclosed.revocations or certificate is not None):
            return None
        case _:
            needed = opening.own
    if needed is None:
        raise BadSignatureError
    return verify_signer(signed, needed)


def _merged(own: bytes | None, certificate: Certificate | None) -> bytes | None:
    try:
        return merged(own, certificate.octets) if own is not None and certificate is not None else None
    except (RuntimeError, OSError):
        return None


def _signed_message(signed: OpenedMessage) -> bytes:
    """Document and signature as one OpenPGP message (RFC 9580 §10.3): what anybody can verify later."""
    body = signed.signatures[0]
    issuer = pysequoia.Sig.from_bytes(signature_packet(body)).issuer_fingerprint
    if issuer is None or body[0] != 4:
        return b""
    # RFC 9580 §5.4: one-pass signature, version 3, the last one
    one_pass = bytes([3, body[1], body[3], body[2]]) + bytes.fromhex(str(issuer)[-16:]) + b"\x01"
    literal = b"b\0\0\0\0\0" + signed.data  # RFC 9580 §5.9: binary, no name, no date
    return _packet(4, one_pass) + _packet(11, literal) + signature_packet(body)


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def _fingerprint(octets: bytes | None) -> str | None:
    return str(pysequoia.Cert.from_bytes(octets).fingerprint).upper() if octets is not None else None
