"""A form as a flat list of entries, and back: what spreadsheets, drafts, migration and programs work with.

Contract: `compose(pack, language, flatten(form)).canonical == form.canonical`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from forms.content_checks import walk_children
from forms.errors import FormError, FormErrorCode
from forms.fields import Field, Kind
from forms.form import Form
from forms.pack import Pack, PackShelf, core_shelf
from forms.uids import decode_uid, display_uid
from forms.validation import validate

_STEP = re.compile(r"([a-z0-9-]+)(?:\[([1-9][0-9]{0,5})\])?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a form.

    path: names of the schema joined by "/", "[n]" behind a repeated one ("marking[2]/uid"). value: as in the XML, a
    UID in base64; "" with `answer` set, or for a group. disclosure: "parties", "public" or None. answer: "withheld"
    (with `reason`), "not-recorded" or None. currency: of money. name, media_type: of an attachment.
    """

    path: str
    value: str = field(default="", repr=False)
    disclosure: str | None = None
    answer: str | None = None
    reason: str | None = None
    currency: str | None = None
    name: str | None = field(default=None, repr=False)
    media_type: str | None = None


_ATTRIBUTES = {  # attribute in the XML: field of Entry
    "disclosure": "disclosure",
    "answer": "answer",
    "reason": "reason",
    "currency": "currency",
    "name": "name",
    "media-type": "media_type",
}


def compose(pack: Pack, language: str, entries: Iterable[Entry], *, shelf: PackShelf | None = None) -> Form:
    """Make a form of `pack` from entries in any order.

    language: of its free text. Raises FormError: an unknown path, a value XML cannot hold, or an invalid form.
    """
    return validate(draft(pack, language, entries), shelf=shelf or PackShelf(pack.folder.parent.parent))


def draft(pack: Pack, language: str, entries: Iterable[Entry]) -> bytes:
    """Return the XML of a form that need not be valid yet. Raises FormError as `compose`, but for validity."""
    top = _Node(pack.root)
    for entry in entries:
        top.at(entry.path).entry = entry
    root = etree.fromstring(f'<form xmlns="{pack.namespace}"/>')
    root.set("language", language)
    top.write_children(root, pack.namespace, "")
    return etree.tostring(root, method="c14n")


def flatten(form: Form, *, shelf: PackShelf | None = None) -> tuple[Entry, ...]:
    """Return the entries of a form in the order of its schema."""
    pack = (shelf or core_shelf()).pack(form.pack, form.version)
    return tuple(_entries(form.tree(), pack.root, ""))


def _entries(element: etree._Element, group: Field, path: str) -> Iterator[Entry]:
    for child, child_field, child_path in walk_children(element, group, path):
        attributes = {_ATTRIBUTES[name]: child.get(name) for name in _ATTRIBUTES if name in child.attrib}
        if child_field.kind is not Kind.GROUP or attributes or len(child) == 0:
            yield Entry(child_path, (child.text or "") if len(child) == 0 else "", **attributes)
        yield from _entries(child, child_field, child_path)


class _Node:
    """One element to be: children by (place in the schema, index), so that the order of entries does not matter."""

    def __init__(self, field_: Field) -> None:
        self.field = field_
        self.entry: Entry | None = None
        self._children: dict[tuple[int, int], _Node] = {}
        self._places = {child.name: place for place, child in enumerate(field_.children)}

    def at(self, path: str) -> "_Node":
        """Return the node at a path, made where it is missing."""
        node = self
        for step in path.split("/"):
            match = _STEP.fullmatch(step)
            place = None if match is None else node._places.get(match[1])
            if match is None or place is None:
                raise FormError(FormErrorCode.UNEXPECTED_FIELD, node.field.path)
            key = (place, int(match[2] or "1"))
            if key not in node._children:
                node._children[key] = _Node(node.field.children[place])
            node = node._children[key]
        return node

    def write_children(self, parent: etree._Element, namespace: str, path: str) -> None:
        """Append the children to `parent` in the order of the schema."""
        for (_, index), child in sorted(self._children.items(), key=lambda item: item[0]):
            element = etree.SubElement(parent, f"{{{namespace}}}{child.field.name}")
            step = f"{child.field.name}[{index}]" if child.field.repeats else child.field.name
            where = f"{path}/{step}".lstrip("/")
            if child.entry is not None:
                _write_entry(element, child.field, child.entry, where)
            child.write_children(element, namespace, where)


def _write_entry(element: etree._Element, field_: Field, entry: Entry, where: str) -> None:
    values = {name: getattr(entry, attribute) for name, attribute in _ATTRIBUTES.items()}
    if field_.kind is Kind.UID and entry.value:
        values["display"] = display_uid(decode_uid(entry.value))
    try:
        element.text = entry.value or None
        for name, value in values.items():
            if value is not None:
                element.set(name, value)
        holds = True
    except ValueError:  # a character that XML 1.0 cannot hold (§2.2)
        holds = False
    if not holds:
        raise FormError(FormErrorCode.FORBIDDEN_CHARACTER, where)
