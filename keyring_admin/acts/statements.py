"""What people sign about the directory: small TOML texts, signed by `gpg --armor --sign`.

Each names the gateway it is for, and by SHA-256 or full fingerprint what it is about: it can't be used for anything
else, nor at another gateway.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from keyring_admin.directory_error import DirectoryError

FORMAT = 1
_MAX_OCTETS = 8192
_APPROVAL = "gsp-directory-approval"
_SUCCESSION = "gsp-directory-succession"
_HEAD = "gsp-key-log-head"
_HEX = re.compile(r"[0-9A-Fa-f]{40,64}")

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Approval:
    """One person approves, or rejects, one proposal, to the octet. summary: what is in it, for human eyes."""

    gateway: str
    proposal: str
    act: str
    payload_sha256: str
    approves: bool
    summary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Succession:
    """A reading certificate names the one that follows it."""

    gateway: str
    party: str
    certificate: str
    successor: str


@dataclass(frozen=True, slots=True)
class Head:
    """A Party has seen the key log up to this entry."""

    gateway: str
    sequence: int
    hash: str


def write_approval(approval: Approval) -> bytes:
    """The text to sign."""
    verb = "approve" if approval.approves else "reject"
    comment = [f"I have read this proposal and {verb} it: {approval.act}.", *approval.summary]
    return _text(
        comment,
        {
            "statement": _APPROVAL,
            "format": FORMAT,
            "gateway": approval.gateway,
            "proposal": approval.proposal,
            "act": approval.act,
            "payload-sha256": approval.payload_sha256,
            "approves": approval.approves,
        },
    )


def read_approval(octets: bytes) -> Approval:
    """Raises DirectoryError if it is no approval."""
    kinds = {"gateway": str, "proposal": str, "act": str, "payload-sha256": str, "approves": bool}
    values = _read(octets, _APPROVAL, kinds)
    return Approval(
        gateway=str(values["gateway"]),
        proposal=str(values["proposal"]),
        act=str(values["act"]),
        payload_sha256=str(values["payload-sha256"]),
        approves=values["approves"] is True,
    )


def write_succession(succession: Succession) -> bytes:
    """The text to sign, with the secret key of the certificate that is replaced."""
    comment = [f"The reading certificate of {succession.party} is followed by the one named here."]
    return _text(
        comment,
        {
            "statement": _SUCCESSION,
            "format": FORMAT,
            "gateway": succession.gateway,
            "party": succession.party,
            "certificate": succession.certificate,
            "successor": succession.successor,
        },
    )


def read_succession(octets: bytes) -> Succession:
    """Raises DirectoryError if it is none."""
    kinds = {"gateway": str, "party": str, "certificate": str, "successor": str}
    values = _read(octets, _SUCCESSION, kinds)
    return Succession(
        gateway=str(values["gateway"]),
        party=str(values["party"]),
        certificate=str(values["certificate"]),
        successor=str(values["successor"]),
    )


def write_head(head: Head) -> bytes:
    """The text to sign."""
    comment = [f"I have verified the key log up to entry {head.sequence}."]
    return _text(
        comment,
        {
            "statement": _HEAD,
            "format": FORMAT,
            "gateway": head.gateway,
            "sequence": head.sequence,
            "hash": head.hash,
        },
    )


def read_head(octets: bytes) -> Head:
    """Raises DirectoryError if it is no head."""
    values = _read(octets, _HEAD, {"gateway": str, "sequence": int, "hash": str})
    return Head(gateway=str(values["gateway"]), sequence=int(str(values["sequence"])), hash=str(values["hash"]))


def _text(comment: list[str], values: Mapping[str, Value]) -> bytes:
    lines = [f"# {line}" for text in comment for line in _printable(text)]
    lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join([*lines, ""]).encode("utf-8")


def _printable(text: str) -> list[str]:
    """Comment lines that are nothing but comment, whatever a name holds."""
    return ["".join(character if character.isprintable() else " " for character in text)]


def _read(octets: bytes, kind: str, keys: Mapping[str, type]) -> Mapping[str, object]:
    try:
        values = tomllib.loads(octets.decode("utf-8")) if len(octets) <= _MAX_OCTETS else {}
    except (ValueError, RecursionError):
        values = {}
    known = {"statement": str, "format": int, **keys}
    if values.get("statement") != kind or values.get("format") != FORMAT or set(values) != set(known):
        raise DirectoryError("expected the signed statement exactly as the command printed it")
    if any(type(values[key]) is not kind_of for key, kind_of in known.items()):
        raise DirectoryError("expected the signed statement exactly as the command printed it")
    for key in {"gateway", "certificate", "successor", "hash", "payload-sha256"} & set(values):
        if not _HEX.fullmatch(str(values[key])):
            raise DirectoryError("the statement names a fingerprint or a hash that is not a full one")
    return values
