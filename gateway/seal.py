"""GSP-Seal: the gateway's signed statement on a mail it delivers. Sender and Party get the same (docs/wire.md).

It is made from the envelope only: exchange, class, Parties, hash of the sealed body, library version, the rules
passed, position in the envelope log, time.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.signing import GatewaySigner, base64_text, verify_detached

HEADER = "GSP-Seal"
_VERSION = "1"
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_SIGNATURE_FIELD = "; s="
_FIELDS = ("v", "x", "c", "m", "f", "t", "q", "r", "h", "l", "p", "n", "d")


class SealError(ValueError):
    """The seal is missing, broken or not the gateway's. The text is constant."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What a seal states. sender: full fingerprint of the sender's certificate. log_position: in the envelope log."""

    exchange: str
    message_class: str
    mode: str
    sending_party: str
    receiving_party: str
    requesting_party: str
    sender: str
    body_sha256: str
    library_version: int
    rules_passed: tuple[str, ...]
    log_position: int
    sealed_at: datetime


def make_seal(seal: Seal, signer: GatewaySigner) -> str:
    """The value of the header, on one line."""
    statement = _statement(seal)
    return statement + _SIGNATURE_FIELD + base64_text(signer.sign_detached(statement.encode("ascii")))


def read_seal(value: str, gateway_certificate: bytes) -> Seal:
    """Verify and read a seal; `value` may be folded. Raises SealError.

    gateway_certificate: binary, of a gateway whose fingerprint was compared out of band.
    """
    unfolded = " ".join(value.split())
    statement, found, encoded = unfolded.rpartition(_SIGNATURE_FIELD)
    statement = statement.replace(", ", ",")  # the list of rules has spaces only so that it can be folded
    if not found:
        raise SealError("the mail has no seal of the gateway")
    try:
        signature = base64.b64decode(encoded.replace(" ", ""), validate=True)
        octets = statement.encode("ascii")
    except (binascii.Error, UnicodeEncodeError):
        raise SealError("the seal is broken") from None
    if not verify_detached(octets, signature, gateway_certificate):
        raise SealError("the seal is not this gateway's, or something in it was changed")
    return _read_statement(statement)


def seal_in_header(head: bytes) -> str | None:
    """The value of the header in a mail the gateway made, unfolded; None if it has none."""
    block = head.partition(b"\r\n\r\n")[0] + b"\r\n"
    found = re.search(rb"^" + HEADER.encode("ascii") + rb": (.*(?:\r\n[ \t].*)*)\r\n", block, re.MULTILINE)
    return " ".join(found.group(1).decode("ascii").split()) if found is not None else None


def _statement(seal: Seal) -> str:
    values = (
        _VERSION,
        seal.exchange,
        seal.message_class,
        seal.mode,
        seal.sending_party,
        seal.receiving_party,
        seal.requesting_party,
        seal.sender,
        seal.body_sha256,
        str(seal.library_version),
        ",".join(seal.rules_passed),
        str(seal.log_position),
        seal.sealed_at.astimezone(UTC).strftime(_MOMENT),
    )
    return "; ".join(f"{name}={value}" for name, value in zip(_FIELDS, values, strict=True))


def _read_statement(statement: str) -> Seal:
    pairs = [part.partition("=") for part in statement.split("; ")]
    if tuple(name for name, _, _ in pairs) != _FIELDS or pairs[0][2] != _VERSION:
        raise SealError("the seal has an unknown version")
    value = {name: text for name, _, text in pairs}
    try:
        return Seal(
            exchange=value["x"],
            message_class=value["c"],
            mode=value["m"],
            sending_party=value["f"],
            receiving_party=value["t"],
            requesting_party=value["q"],
            sender=value["r"],
            body_sha256=value["h"],
            library_version=int(value["l"]),
            rules_passed=tuple(value["p"].split(",")),
            log_position=int(value["n"]),
            sealed_at=datetime.strptime(value["d"], _MOMENT).replace(tzinfo=UTC),
        )
    except ValueError:
        raise SealError("the seal is broken") from None
