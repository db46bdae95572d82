"""A valid form, and the bindings that tie it to one exchange (DESIGN §5.2).

Contract: a `Form` exists only after validation; its octets are canonical; its repr shows no content.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from forms.canonical import sha256_hex
from forms.safe_xml import FORM_LIMITS, parse

MOMENT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Bindings:
    """What the signed form repeats of its envelope, so that nobody can replay or re-attach it.

    exchange: its identifier. requesting_party: who asked in the exchange, in a reply too. created, expires: UTC,
    whole seconds. query_sha256: `digest` of the query that a reply answers, else None.
    """

    exchange: str
    requesting_party: str
    requested_party: str
    created: datetime
    expires: datetime
    query_sha256: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """A valid form.

    pack, version: of its form pack. language: what its free text is written in. bindings: None until bound.
    uids: every UID in it, as octets, in order. canonical: its octets.
    """

    pack: str
    version: str
    language: str
    bindings: Bindings | None
    uids: tuple[bytes, ...]
    canonical: bytes

    def __repr__(self) -> str:
        return f"Form(pack={self.pack!r}, version={self.version!r})"

    def tree(self) -> etree._Element:
        """Return a fresh tree of the form; changing it does not change the form."""
        return parse(self.canonical, limits=FORM_LIMITS)


def digest(form: Form) -> str:
    """Return the SHA-256 of the form's canonical octets, 64 lower-case hexadecimal digits."""
    return sha256_hex(form.canonical)


def read_bindings(root: etree._Element) -> Bindings | None:
    """Return the bindings in a schema-valid tree, None if it has none. Raises ValueError for a date that is none."""
    texts = {etree.QName(node).localname: node.text or "" for node in root.iterfind("{*}binding/{*}*")}
    if not texts:
        return None
    return Bindings(
        exchange=texts["exchange"],
        requesting_party=texts["requesting-party"],
        requested_party=texts["requested-party"],
        created=datetime.strptime(texts["created"], MOMENT).replace(tzinfo=UTC),
        expires=datetime.strptime(texts["expires"], MOMENT).replace(tzinfo=UTC),
        query_sha256=texts.get("query-sha256"),
    )
