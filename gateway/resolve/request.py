"""What a worker is told beside the mail, so that it can answer without a file, a database or a clock: one JSON blob."""

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime


class RequestError(ValueError):
    """The blob is not a request."""


@dataclass(frozen=True, slots=True)
class PartyHere:
    """A Party that is a member today and can be written to. certificates: its reading certificates in force."""

    code: str
    name: str
    address: str
    certificates: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ResolveRequest:
    """mime: the mail is PGP/MIME, else inline. parties: those a query can be sent to today, and the officer's own.

    now: UTC. officer: address the answer goes to. language: of the answer. own_party: code of the officer's Party.
    """

    now: datetime
    domain: str
    pilot: bool
    mime: bool
    officer: str = field(repr=False)
    language: str
    own_party: str
    parties: tuple[PartyHere, ...]


def encode_request(request: ResolveRequest) -> bytes:
    """The blob."""
    return json.dumps(
        {
            "now": request.now.isoformat(),
            "domain": request.domain,
            "pilot": request.pilot,
            "mime": request.mime,
            "officer": request.officer,
            "language": request.language,
            "own_party": request.own_party,
            "parties": [
                {
                    "code": party.code,
                    "name": party.name,
                    "address": party.address,
                    "certificates": [base64.b64encode(octets).decode("ascii") for octets in party.certificates],
                }
                for party in request.parties
            ],
        }
    ).encode()


def decode_request(octets: bytes) -> ResolveRequest:
    """The request in a blob of `encode_request`. Raises RequestError."""
    try:
        values = json.loads(octets)
        return ResolveRequest(
            now=datetime.fromisoformat(values["now"]),
            domain=str(values["domain"]),
            pilot=values["pilot"] is True,
            mime=values["mime"] is True,
            officer=str(values["officer"]),
            language=str(values["language"]),
            own_party=str(values["own_party"]),
            parties=tuple(
                PartyHere(
                    code=str(party["code"]),
                    name=str(party["name"]),
                    address=str(party["address"]),
                    certificates=tuple(base64.b64decode(text, validate=True) for text in party["certificates"]),
                )
                for party in values["parties"]
            ),
        )
    except (ValueError, KeyError, TypeError):
        raise RequestError("not a request") from None
