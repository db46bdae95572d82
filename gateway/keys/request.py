"""The grammar of a request to `keys@` (docs/wire.md): lines `Field: value` that a person can type. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum

VERSION = "1"
TEXT_LIMIT = 64 * 1024  # octets of the text
MARK = "GSP-Key-Request"
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128  # octets; mailroom/credentials.py

_LINE = re.compile(r"([A-Za-z][A-Za-z-]{0,31}):[ \t]*(.*)")
_IDENTIFIER = re.compile(r"[A-Za-z0-9-]{8,64}")
_FINGERPRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_SIGNATURE_SEPARATORS = frozenset({"--", "-- "})  # RFC 3676 §4.3; some clients cut the blank


class KeyAct(StrEnum):
    """What is asked for."""

    ENROL = "enrol"
    PROVE = "prove"
    RENEW = "renew"
    REPLACE = "replace"
    REVOKE = "revoke"
    PASSWORD = "password"  # noqa: S105 - the name of an act
    RECEIPTS = "receipts"
    INVITE = "invite"
    APPROVE = "approve"
    REJECT = "reject"
    LIST = "list"


class KeyRequestError(ValueError):
    """Not a request of this version. The text never repeats what was read."""


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A request. id: chosen by the sender, used once. gateway: full fingerprint. created: UTC, whole seconds.

    The rest stands in the fields of the act; None where it has none.
    """

    act: KeyAct
    id: str
    gateway: str
    created: datetime
    code: str | None = field(default=None, repr=False)
    enrolment: str | None = None
    challenge: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    fingerprint: str | None = None
    address: str | None = field(default=None, repr=False)
    roles: str | None = None
    language: str | None = None
    kind: str | None = None
    receipts: str | None = None


# The fields of each act, besides the five that every request has.
REQUIRED: Mapping[KeyAct, tuple[str, ...]] = {
    KeyAct.ENROL: ("code",),
    KeyAct.PROVE: ("enrolment", "challenge"),
    KeyAct.RENEW: (),
    KeyAct.REPLACE: (),
    KeyAct.REVOKE: ("fingerprint",),
    KeyAct.PASSWORD: (),
    KeyAct.RECEIPTS: ("receipts",),
    KeyAct.INVITE: ("address", "roles"),
    KeyAct.APPROVE: ("enrolment", "fingerprint"),
    KeyAct.REJECT: ("enrolment", "fingerprint"),
    KeyAct.LIST: (),
}
OPTIONAL: Mapping[KeyAct, tuple[str, ...]] = {
    KeyAct.ENROL: ("fingerprint",),
    KeyAct.PROVE: ("password",),
    KeyAct.REPLACE: ("fingerprint",),
    KeyAct.PASSWORD: ("password", "address"),
    KeyAct.INVITE: ("language", "kind"),
}
_COMMON = ("act", "id", "gateway", "created")
_OF_ACTS = tuple(each.name for each in fields(KeyRequest) if each.name not in _COMMON)


def parse_request(text: str) -> KeyRequest:
    """The request in a text: fields in any order after the first, each once; empty lines and a signature block do not
    count. Names are compared without case; blanks around a value do not count. Raises KeyRequestError.
    """
    if len(text.encode("utf-8", "surrogatepass")) > TEXT_LIMIT:
        raise KeyRequestError("the request is longer than 64 kB")
    found: dict[str, str] = {}
    for line in _lines(text):
        matched = _LINE.fullmatch(line)
        if matched is None:
            raise KeyRequestError("expected lines of the form Field: value")
        name, value = matched[1].lower(), matched[2].strip()
        if not found and name != MARK.lower():
            raise KeyRequestError(f"expected {MARK} first")
        if name in found:
            raise KeyRequestError("a field stands there twice")
        found[name] = value
    if found.pop(MARK.lower(), None) != VERSION:
        raise KeyRequestError("not a request of version 1")
    return _request(found)


def compose_request(request: KeyRequest) -> str:
    """The text of a request: what `parse_request` reads. Lines end with LF."""
    values = {
        "Act": request.act.value,
        "Id": request.id,
        "Gateway": request.gateway,
        "Created": request.created.astimezone(UTC).strftime(_TIME),
    }
    values |= {name.capitalize(): value for name in _OF_ACTS if (value := getattr(request, name)) is not None}
    return "".join(f"{name}: {value}\n" for name, value in {MARK: VERSION, **values}.items())


def _lines(text: str) -> list[str]:
    lines = []
    for line in text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"):
        if line in _SIGNATURE_SEPARATORS:
            break
        plain = line.replace("\u00a0", " ").strip()  # mail programs write some blanks as no-break spaces
        if plain:
            lines.append(plain)
    return lines


def _request(found: dict[str, str]) -> KeyRequest:
    try:
        act = KeyAct(found.pop("act", "").lower())
    except ValueError:
        raise KeyRequestError("not an act of this version") from None
    allowed = {*_COMMON, *REQUIRED[act], *OPTIONAL.get(act, ())} - {"act"}
    if not {"id", "gateway", "created", *REQUIRED[act]} <= found.keys() <= allowed or not all(found.values()):
        raise KeyRequestError("a field is missing, empty, or not one of this act")
    gateway = _fingerprint(found.pop("gateway"))
    identifier, created = found.pop("id"), _moment(found.pop("created"))
    if not _IDENTIFIER.fullmatch(identifier):
        raise KeyRequestError("Id: expected 8 to 64 letters, digits and hyphens")
    if "fingerprint" in found:
        found["fingerprint"] = _fingerprint(found["fingerprint"])
    if act is KeyAct.RECEIPTS and found["receipts"] not in {"on", "off"}:
        raise KeyRequestError("Receipts: expected on or off")
    if act is KeyAct.PASSWORD and len(found) != 1:
        raise KeyRequestError("expected Password, or Address of the officer who needs one")
    return KeyRequest(act=act, id=identifier, gateway=gateway, created=created, **found)


def _fingerprint(text: str) -> str:
    """Full fingerprints only, blanks between groups of digits allowed (KEY-29)."""
    plain = "".join(text.split()).upper()
    if not _FINGERPRINT.fullmatch(plain):
        raise KeyRequestError("expected a full fingerprint")
    return plain


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise KeyRequestError("Created: expected UTC such as 2026-11-21T13:00:00Z") from None
