"""What crosses the pipe about a request: what the worker needs beside the mail, and what it found. JSON, no pickle."""

import base64
import json
from dataclasses import dataclass, field

from gateway.keys.request import KeyRequest, KeyRequestError, compose_request, parse_request


class OpenedRequestError(ValueError):
    """The octets are not of this kind."""


@dataclass(frozen=True, slots=True)
class Opening:
    """mime: the mail is PGP/MIME, else inline. own: certificate of the account, if it has one.

    candidate: the certificate that was sent with an enrolment or replacement and is to be proved. Both binary.
    """

    mime: bool
    own: bytes | None = field(default=None, repr=False)
    candidate: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request whose signature is good, if it needs one.

    certificate: enclosed, chosen for the act. revocation: one signature packet. password_hash: of the new password,
    which itself never leaves the worker. evidence: the signed message as a third party can verify it.
    """

    request: KeyRequest
    certificate: bytes | None = field(default=None, repr=False)
    revocation: bytes | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)
    evidence: bytes = field(default=b"", repr=False)


def encode_opening(opening: Opening) -> bytes:
    """The blob."""
    return json.dumps({"mime": opening.mime, "own": _text(opening.own), "candidate": _text(opening.candidate)}).encode()


def decode_opening(octets: bytes) -> Opening:
    """The opposite. Raises OpenedRequestError."""
    try:
        values = json.loads(octets)
        return Opening(values["mime"] is True, _octets(values["own"]), _octets(values["candidate"]))
    except (ValueError, KeyError, TypeError):
        raise OpenedRequestError("not an opening") from None


def encode_opened(opened: OpenedRequest) -> bytes:
    """The blob."""
    return json.dumps(
        {
            "request": compose_request(opened.request),
            "certificate": _text(opened.certificate),
            "revocation": _text(opened.revocation),
            "password_hash": opened.password_hash,
            "evidence": _text(opened.evidence),
        }
    ).encode()


def decode_opened(octets: bytes) -> OpenedRequest:
    """The opposite; the grammar is checked again. Raises OpenedRequestError."""
    try:
        values = json.loads(octets)
        password_hash = values["password_hash"]
        return OpenedRequest(
            request=parse_request(str(values["request"])),
            certificate=_octets(values["certificate"]),
            revocation=_octets(values["revocation"]),
            password_hash=str(password_hash) if password_hash is not None else None,
            evidence=_octets(values["evidence"]) or b"",
        )
    except (ValueError, KeyError, TypeError, KeyRequestError):
        raise OpenedRequestError("not a request") from None


def _text(octets: bytes | None) -> str | None:
    return base64.b64encode(octets).decode("ascii") if octets is not None else None


def _octets(text: object) -> bytes | None:
    return base64.b64decode(str(text), validate=True) if text is not None else None
