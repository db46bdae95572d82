"""Form packs: folders of data, loaded once and never written.

Contract: `packs/<id>/<version>/` holds form.xsd, pack.toml, labels/<language>.toml and examples. No pack needs
Python. A `PackShelf` is a folder of packs; the project's own is `core_shelf()`.
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from forms.fields import Field, PackError, read_fields
from forms.labels import Catalogue, load_catalogues

NAMESPACE_STEM = "urn:gsp:form:"
CORE_FOLDER = Path(__file__).parent / "packs"
COMMON_FOLDER = CORE_FOLDER / "common" / "1"
COMMON_LOCATION = "../../common/1/types.xsd"
_XS = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule beyond XSD: in each element of the form that `context` names, the XPath 1.0 `test` is true.

    name: of the context element. field: the field to point to, as a path from there; "" for the element itself.
    """

    id: str
    name: str
    context: etree.XPath = field(repr=False)
    test: etree.XPath = field(repr=False)
    field: str


@dataclass(frozen=True, slots=True)
class Pack:
    """One form pack in one version.

    status: "core", or "draft" where the field list is not confirmed by a source. message_classes: what a slip may call
    such a form. routed_by_pattern: whether the pattern of its UIDs decides which Party it goes to; else its sender
    does. source: the articles it serves. draft_fields: fields ("path") and codes ("path=code") whose wording no
    source confirms. uids_unique: whether a UID may stand in a form only once. defaults: what a new form starts with,
    by path. root: its fields.
    """

    id: str
    version: str
    status: str
    message_classes: tuple[str, ...]
    routed_by_pattern: bool
    source: str
    folder: Path
    draft_fields: frozenset[str]
    uids_unique: bool
    defaults: dict[str, tuple[str, ...]]
    root: Field = field(repr=False)
    schema_document: etree._Element = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    catalogues: dict[str, Catalogue] = field(repr=False)

    @property
    def namespace(self) -> str:
        """The XML namespace of its forms."""
        return f"{NAMESPACE_STEM}{self.id}:{self.version}"

    def new_schema(self) -> etree.XMLSchema:
        """Return a schema to validate one form with: it keeps the log of its last run, which quotes the form."""
        return etree.XMLSchema(self.schema_document)


class PackShelf:
    """A folder of packs, named when the shelf is made, each loaded when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        found = (path.parent for path in folder.glob("*/*/pack.toml"))
        self._names = tuple(sorted((path.parent.name, path.name) for path in found))
        self._loaded: dict[tuple[str, str], Pack] = {}

    def names(self) -> tuple[tuple[str, str], ...]:
        """Return (id, version) of every pack, sorted."""
        return self._names

    def versions(self, pack_id: str) -> tuple[str, ...]:
        """Return the versions of one pack, oldest first; none if it is unknown."""
        return tuple(sorted((version for name, version in self.names() if name == pack_id), key=int))

    def pack(self, pack_id: str, version: str) -> Pack:
        """Return a pack. Raises KeyError if the shelf has none, PackError if its files are wrong."""
        key = (pack_id, version)
        if key not in self._loaded:
            if key not in self.names():
                raise KeyError(key)
            self._loaded[key] = _load(self.folder / pack_id / version)
        return self._loaded[key]


@cache
def core_shelf() -> PackShelf:
    """Return the shelf of the packs that come with the project."""
    return PackShelf(CORE_FOLDER)


def _load(folder: Path) -> Pack:
    pack_id, version = folder.parent.name, folder.name
    description = read_toml(folder / "pack.toml")
    if (description.get("id"), description.get("version")) != (pack_id, version):
        raise PackError(f"{folder}: id and version in pack.toml must be the names of the folders")
    document = _with_common_types(_read_xml(folder / "form.xsd"), folder)
    namespace = f"{NAMESPACE_STEM}{pack_id}:{version}"
    if document.get("targetNamespace") != namespace:
        raise PackError(f"{folder}: the target namespace must be {namespace}")
    root = read_fields(document)  # first: its errors name the field
    _check_schema(document)
    return Pack(
        id=pack_id,
        version=version,
        status=str(description["status"]),
        message_classes=tuple(description["message_classes"]),
        routed_by_pattern=bool(description.get("routed_by_pattern", False)),
        source=str(description["source"]),
        folder=folder,
        draft_fields=frozenset(description.get("draft_fields", ())),
        uids_unique=bool(description.get("uids_unique", True)),
        defaults=_defaults(description),
        root=root,
        schema_document=document,
        rules=tuple(_rule(entry, namespace) for entry in (*_common_rules(), *description.get("rule", ()))),
        catalogues=load_catalogues(folder / "labels"),
    )


def read_toml(path: Path) -> dict[str, Any]:
    """Read one TOML file of a pack. Raises PackError with the file's name."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(f"{path}: {error}") from error


def _read_xml(path: Path) -> etree._Element:
    try:
        return etree.fromstring(
            path.read_bytes(), etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
        )
    except (OSError, etree.XMLSyntaxError) as error:
        raise PackError(f"{path}: {error}") from error


def _with_common_types(document: etree._Element, folder: Path) -> etree._Element:
    """Put the common types in the place of the pack's only xs:include (a "chameleon" include, XML Schema Part 1
    §4.2.1), so that a pack can be anywhere and a schema never makes the parser open a file.
    """
    outside = [node for node in document if node.tag in {f"{_XS}{name}" for name in ("include", "import", "redefine")}]
    if [(node.tag, node.get("schemaLocation")) for node in outside] != [(f"{_XS}include", COMMON_LOCATION)]:
        raise PackError(f"{folder}: the schema includes {COMMON_LOCATION} and nothing else")
    if document.nsmap.get(None) != document.get("targetNamespace"):
        raise PackError(f"{folder}: the default namespace of the schema must be its target namespace")
    document.remove(outside[0])
    document.extend(_read_xml(COMMON_FOLDER / "types.xsd"))
    return document


def _check_schema(document: etree._Element) -> None:
    try:
        etree.XMLSchema(document)
    except etree.XMLSchemaParseError as error:
        raise PackError(f"{document.base}: {error}") from error


def _common_rules() -> list[dict[str, str]]:
    return list(read_toml(COMMON_FOLDER / "common.toml")["rule"])


def _defaults(description: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    merged = read_toml(COMMON_FOLDER / "common.toml")["defaults"] | description.get("defaults", {})
    return {path: tuple(value) if isinstance(value, list) else (str(value),) for path, value in merged.items()}


def _rule(entry: dict[str, str], namespace: str) -> Rule:
    try:
        context, test = (
            etree.XPath(expression, namespaces={"f": namespace}, regexp=False, smart_strings=False)
            for expression in (f"//{entry['context']}", f"boolean({entry['test']})")
        )
    except etree.XPathSyntaxError as error:
        raise PackError(f"rule {entry['id']}: {error}") from error
    name = entry["context"].removeprefix("f:")
    return Rule(id=entry["id"], name=name, context=context, test=test, field=entry["field"])
