"""The routing slip: what the sender tells the gateway, and nothing of what it tells the Party (DESIGN §5.2).

Contract: `parse_slip(compose_slip(slip)) == slip`; whatever else `parse_slip` takes says the same in other white
space. A slip holds no UID and no free text. `requesting_party` is the Party that asked in the exchange, in a reply
too; a reply's sender is the requested Party.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from pathlib import Path

from lxml import etree

from forms.errors import FormError, FormErrorCode
from forms.safe_xml import SLIP_LIMITS, parse

NAMESPACE = "urn:gsp:slip:1"
_NAMESPACE_STEM = "urn:gsp:slip:"
_SCHEMA = Path(__file__).parent / "packs" / "slip" / "1" / "slip.xsd"
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class MessageClass(Enum):
    """What the mail is, on the envelope plane.

    NOTICE: information that nobody asked for (Articles 21, 28); the requesting Party of its slip is the one that sends.
    """

    QUERY = "query"
    REPLY = "reply"
    ACKNOWLEDGEMENT = "acknowledgement"
    NOTICE = "notice"


class BodyKind(Enum):
    """What the sealed body is inside: a complete MIME entity, or a bare file."""

    MIME = "mime"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Slip:
    """One routing slip, version 1.

    created, expires: UTC, whole seconds. pattern_id and library_version: how the sender's tool recognised the UID,
    both or neither. uid_count: declared by choice. exchange: the exchange replied to; None in a query, whose id is
    the exchange's. body_sha256: of the body's dearmored packets, lower-case hex. gateway_fingerprint: upper-case hex.
    """

    id: str
    created: datetime
    expires: datetime
    message_class: MessageClass
    form_pack: str
    form_version: str
    requesting_party: str
    requested_party: str
    pattern_id: str | None
    library_version: int | None
    uid_count: int | None
    exchange: str | None
    body_sha256: str
    body_kind: BodyKind
    gateway_fingerprint: str


def compose_slip(slip: Slip) -> bytes:
    """Return the slip as XML in its one canonical spelling (C14N 1.1, no white space between elements).

    Raises FormError if a field does not fit its pattern.
    """
    root = etree.fromstring(f'<slip xmlns="{NAMESPACE}"/>')
    for name, value in _fields(slip):
        if value is not None:
            _append(root, name, value)
    octets = etree.tostring(root, method="c14n")
    if parse_slip(octets) != slip:
        raise FormError(FormErrorCode.BAD_VALUE)
    return octets


def parse_slip(octets: bytes) -> Slip:
    """Read a slip of at most 16 KiB.

    Raises FormError: bad XML, a version other than 1, a field missing, repeated, unknown or out of its pattern,
    a date that does not exist, expiry not after creation, or fields that contradict each other.
    """
    root = parse(octets, limits=SLIP_LIMITS)
    name = etree.QName(root)
    if name.namespace != NAMESPACE:
        versioned = name.namespace is not None and name.namespace.startswith(_NAMESPACE_STEM)
        raise FormError(FormErrorCode.UNKNOWN_VERSION if versioned else FormErrorCode.WRONG_NAMESPACE)
    if not _schema().validate(root):
        raise FormError(FormErrorCode.BAD_VALUE)
    texts = {etree.QName(child).localname: child.text or "" for child in root}
    slip = Slip(
        id=texts["id"],
        created=_moment(texts["created"], "created"),
        expires=_moment(texts["expires"], "expires"),
        message_class=MessageClass(texts["class"]),
        form_pack=texts["form-pack"],
        form_version=texts["form-version"],
        requesting_party=texts["requesting-party"],
        requested_party=texts["requested-party"],
        pattern_id=texts.get("pattern"),
        library_version=_integer(texts.get("library-version")),
        uid_count=_integer(texts.get("uid-count")),
        exchange=texts.get("exchange"),
        body_sha256=texts["body-sha256"],
        body_kind=BodyKind(texts["body"]),
        gateway_fingerprint=texts["gateway"],
    )
    _check_consistency(slip)
    return slip


def _check_consistency(slip: Slip) -> None:
    if slip.expires - slip.created < timedelta(seconds=1):
        raise FormError(FormErrorCode.EXPIRES_BEFORE_CREATED, "expires")
    if slip.requesting_party == slip.requested_party:
        raise FormError(FormErrorCode.INCONSISTENT, "requested-party")
    if (slip.pattern_id is None) != (slip.library_version is None):
        raise FormError(FormErrorCode.INCONSISTENT, "library-version")
    answers = slip.message_class in {MessageClass.REPLY, MessageClass.ACKNOWLEDGEMENT}
    if answers != (slip.exchange is not None) or slip.exchange == slip.id:
        raise FormError(FormErrorCode.INCONSISTENT, "exchange")


def _fields(slip: Slip) -> tuple[tuple[str, str | None], ...]:
    return (
        ("id", slip.id),
        ("created", slip.created.astimezone(UTC).strftime(_MOMENT)),
        ("expires", slip.expires.astimezone(UTC).strftime(_MOMENT)),
        ("class", slip.message_class.value),
        ("form-pack", slip.form_pack),
        ("form-version", slip.form_version),
        ("requesting-party", slip.requesting_party),
        ("requested-party", slip.requested_party),
        ("pattern", slip.pattern_id),
        ("library-version", None if slip.library_version is None else str(slip.library_version)),
        ("uid-count", None if slip.uid_count is None else str(slip.uid_count)),
        ("exchange", slip.exchange),
        ("body-sha256", slip.body_sha256),
        ("body", slip.body_kind.value),
        ("gateway", slip.gateway_fingerprint),
    )


def _append(root: etree._Element, name: str, value: str) -> None:
    child = etree.SubElement(root, f"{{{NAMESPACE}}}{name}")
    try:
        child.text = value
        fits = True
    except ValueError:  # characters that XML cannot hold; lxml's text quotes nothing, ours says where
        fits = False
    if not fits:
        raise FormError(FormErrorCode.BAD_VALUE, name)


def _moment(text: str, path: str) -> datetime:
    try:
        moment = datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        moment = None
    if moment is None:
        raise FormError(FormErrorCode.NO_SUCH_DATE, path)
    return moment


def _integer(text: str | None) -> int | None:
    return None if text is None else int(text)


def _schema() -> etree.XMLSchema:
    # A new one each time (0.2 ms): it keeps the log of its last run, which quotes the slip.
    return etree.XMLSchema(_schema_document())


@cache
def _schema_document() -> etree._ElementTree:
    return etree.parse(_SCHEMA, etree.XMLParser(no_network=True, resolve_entities=False))
