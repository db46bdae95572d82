"""The fields of a pack, read from its XSD.

Contract: the schema is the one source of which fields there are, in which order, of which kind and how often. A pack's
XSD keeps to a small part of XML Schema (docs/forms.md); what is outside of it raises PackError when the pack loads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lxml import etree

_XS = "{http://www.w3.org/2001/XMLSchema}"
_ANSWER = "answer-"


class Kind(Enum):
    """What a field holds. The value is the name of its type in common/1/types.xsd."""

    GROUP = "group"
    CODE = "code"
    TEXT = "text"
    LONG_TEXT = "long-text"
    FREE_TEXT = "free-text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    PARTIAL_DATE = "partial-date"
    TIME_STAMP = "time-stamp"
    COUNTRY = "country"
    PARTY = "party"
    YES_NO = "yes-no"
    YES_NO_PARTLY = "yes-no-partly"
    E_MAIL = "e-mail"
    TELEPHONE = "telephone"
    FINGERPRINT = "fingerprint"
    IDENTIFIER = "identifier"
    SHA256 = "sha256"
    PATTERN_ID = "pattern-id"
    FIELD_PATH = "field-path"
    EXPRESSION = "expression"
    UID = "uid"
    ATTACHMENT = "attachment"


MULTI_LINE = frozenset({Kind.LONG_TEXT, Kind.FREE_TEXT})


class PackError(ValueError):
    """A pack's own files are wrong. For its author: a pack is public, so the text may quote it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    path: names from the root joined by "/", without the root. minimum, maximum: how often it occurs in its group.
    codes: the values of a code list, named `code_list`. answerable: may be withheld or not recorded instead.
    """

    name: str
    path: str
    kind: Kind
    minimum: int
    maximum: int
    code_list: str
    codes: tuple[str, ...]
    disclosable: bool
    answerable: bool
    children: tuple["Field", ...]

    @property
    def repeats(self) -> bool:
        """Whether the field may occur more than once."""
        return self.maximum > 1

    def child(self, name: str) -> "Field | None":
        """Return the field called `name` directly in this group."""
        return next((child for child in self.children if child.name == name), None)

    def walk(self) -> Iterator["Field"]:
        """Yield this field and all below, in the order of the schema."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_fields(schema: etree._Element) -> Field:
    """Return the root field ("form") of a pack's schema document that holds the common types."""
    types = {str(node.get("name")): node for node in schema if node.tag in {f"{_XS}simpleType", f"{_XS}complexType"}}
    roots = schema.findall(f"{_XS}element")
    if len(roots) != 1 or roots[0].get("name") != "form":
        raise PackError('a pack has exactly one root element, "form"')
    return _Reader(types).field(roots[0], "")


class _Reader:
    def __init__(self, types: dict[str, etree._Element]) -> None:
        self._types = types

    def field(self, element: etree._Element, parent: str) -> Field:
        name = str(element.get("name"))
        path = f"{parent}/{name}" if parent else ("" if name == "form" else name)
        type_name = element.get("type")
        definition = element.find(f"{_XS}complexType") if type_name is None else self._types.get(type_name)
        if definition is None:
            raise PackError(f"{path}: unknown type")
        kind, code_list = self._kind(type_name or "", definition, path)
        marks = self._marks(definition)
        return Field(
            name=name,
            path=path,
            kind=kind,
            minimum=int(element.get("minOccurs", "1")),
            maximum=_maximum(element, path),
            code_list=code_list,
            codes=self._codes(kind, code_list),
            disclosable=bool(marks),
            answerable="answerable" in marks,
            children=self._children(definition, path) if kind is Kind.GROUP else (),
        )

    def _kind(self, type_name: str, definition: etree._Element, path: str) -> tuple[Kind, str]:
        plain = type_name.removeprefix(_ANSWER)
        if plain.endswith("-codes"):
            return Kind.CODE, plain
        if definition.find(f"{_XS}sequence") is not None:
            return Kind.GROUP, ""
        extension = definition.find(f"{_XS}simpleContent/{_XS}extension")
        base = "" if extension is None else str(extension.get("base"))
        if base.endswith("-codes"):
            return Kind.CODE, base
        if base.endswith("-codes-or-empty"):
            return Kind.CODE, base.removesuffix("-or-empty")
        try:
            return Kind(plain), ""
        except ValueError:
            raise PackError(f"{path}: type {type_name!r} is neither common, a group nor a code list") from None

    def _marks(self, definition: etree._Element) -> frozenset[str]:
        references = {str(node.get("ref")) for node in definition.iter(f"{_XS}attributeGroup")}
        return frozenset(references & {"disclosable", "answerable"})

    def _codes(self, kind: Kind, code_list: str) -> tuple[str, ...]:
        name = code_list if kind is Kind.CODE else f"{kind.value}-value"
        if kind not in {Kind.CODE, Kind.YES_NO, Kind.YES_NO_PARTLY}:
            return ()
        definition = self._types.get(name)
        if definition is None:
            raise PackError(f"unknown code list {name!r}")
        return tuple(str(node.get("value")) for node in definition.iter(f"{_XS}enumeration"))

    def _children(self, definition: etree._Element, path: str) -> tuple[Field, ...]:
        sequence = definition.find(f"{_XS}sequence")
        if sequence is None or any(node.tag != f"{_XS}element" for node in sequence):
            raise PackError(f"{path}: a group is one xs:sequence of xs:element")
        return tuple(self.field(node, path) for node in sequence)


def _maximum(element: etree._Element, path: str) -> int:
    text = str(element.get("maxOccurs", "1"))
    if text == "unbounded":
        raise PackError(f"{path}: maxOccurs must be a number, every repetition is capped")
    return int(text)
