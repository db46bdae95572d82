"""What a reader sees of a form, apart from how: sections, rows and tables in the reader's language.

Contract: everything of the form is in the view; nothing is invented or shortened. The order is the schema's, but that
a group's own values come before its sub-groups: below a sub-heading they would seem to belong to it.
"""

import base64
from collections.abc import Collection
from dataclasses import dataclass, field

from lxml import etree

from forms.content_checks import walk_children
from forms.fields import MULTI_LINE, Field, Kind
from forms.form import Form, digest
from forms.labels import Words, common_catalogue
from forms.pack import Pack, PackShelf, core_shelf

_PROSE = MULTI_LINE | {Kind.TEXT}


@dataclass(frozen=True, slots=True)
class Value:
    """One value. note: its marks in words, "" if none. prose: in the writer's language, else in the reader's or code.

    literal: shown left to right in a fixed-width face (codes, dates, fingerprints). changed: since the earlier form.
    """

    text: str = field(repr=False)
    note: str = ""
    prose: bool = False
    literal: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A field that is no group: its label and its values, several if it repeats."""

    label: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A repeated group of plain fields. lines: one value or None for each column."""

    id: str
    caption: str
    columns: tuple[str, ...]
    lines: tuple[tuple[Value | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A group. note: its marks in words."""

    title: str
    note: str
    parts: tuple["Row | Table | Section", ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole form for one reader. notices: sentences to read first (draft, not sent, words not reviewed)."""

    words: Words
    title: str
    description: str
    notices: tuple[str, ...]
    writer_language: str
    pack: str
    version: str
    digest: str
    parts: tuple[Row | Table | Section, ...]


def view(form: Form, language: str, *, shelf: PackShelf | None = None, changed: Collection[str] = ()) -> Page:
    """Return what a reader of `language` sees. changed: paths to mark as changed. Raises KeyError for a language or
    word the pack lacks.
    """
    pack = (shelf or core_shelf()).pack(form.pack, form.version)
    words = words_for(pack, language)
    viewer = _Viewer(words, pack.draft_fields, frozenset(changed))
    notices = [
        text
        for text, applies in (
            (words.text("message", "draft"), pack.status == "draft"),
            (words.text("message", "unsent"), form.bindings is None),
            (words.text("message", "not-reviewed"), not words.reviewed),
        )
        if applies
    ]
    return Page(
        words=words,
        title=words.text("form", "title"),
        description=words.text("form", "description"),
        notices=tuple(notices),
        writer_language=form.language,
        pack=form.pack,
        version=form.version,
        digest=digest(form),
        parts=viewer.parts(form.tree(), pack.root, ""),
    )


def words_for(pack: Pack, language: str) -> Words:
    """Return the words of a pack in one language. Raises KeyError if the pack has no such language."""
    return Words(language, pack.catalogues[language], common_catalogue(language))


class _Viewer:
    def __init__(self, words: Words, draft_fields: frozenset[str], changed: frozenset[str]) -> None:
        self._words = words
        self._draft_fields = draft_fields
        self._changed = changed

    def parts(self, element: etree._Element, group: Field, path: str) -> tuple[Row | Table | Section, ...]:
        """Return the parts of a group; occurrences of a repeated field stand together."""
        found: dict[str, list[tuple[etree._Element, str]]] = {}
        for child, child_field, child_path in walk_children(element, group, path):
            found.setdefault(child_field.name, []).append((child, child_path))
        rows: list[Row] = []
        parts: list[Table | Section] = []
        for child_field in group.children:
            places = found.get(child_field.name, [])
            if not places:
                continue
            if child_field.kind is not Kind.GROUP:
                values = tuple(self._value(node, child_field, where) for node, where in places)
                rows.append(Row(self._words.label(child_field.path), values))
            elif child_field.repeats and _is_flat(child_field):
                parts.append(self._table(places, child_field))
            else:
                parts.extend(self._sections(places, child_field))
        return (*rows, *parts)

    def _sections(self, places: list[tuple[etree._Element, str]], field_: Field) -> list[Section]:
        words = self._words
        return [
            Section(
                words.numbered(field_.path, number) if field_.repeats else words.label(field_.path),
                self._note(node, field_.path),
                self.parts(node, field_, where),
            )
            for number, (node, where) in enumerate(places, 1)
        ]

    def _table(self, places: list[tuple[etree._Element, str]], field_: Field) -> Table:
        used = {etree.QName(cell).localname for node, _ in places for cell in node}
        columns = tuple(child for child in field_.children if child.name in used)
        lines = []
        for node, where in places:
            cells = {
                child_field.name: self._value(cell, child_field, cell_path)
                for cell, child_field, cell_path in walk_children(node, field_, where)
            }
            lines.append(tuple(cells.get(column.name) for column in columns))
        return Table(
            id=field_.path.replace("/", "-"),
            caption=self._words.label(field_.path),
            columns=tuple(self._words.label(column.path) for column in columns),
            lines=tuple(lines),
        )

    def _value(self, element: etree._Element, field_: Field, path: str) -> Value:
        text = self._text(element, field_)
        note = self._note(element, f"{field_.path}={element.text}" if field_.codes else field_.path)
        return Value(
            text=text or note,
            note=note if text else "",
            prose=field_.kind in _PROSE and bool(text),
            literal=bool(text) and field_.kind not in _PROSE and not field_.codes,
            changed=path in self._changed,
        )

    def _text(self, element: etree._Element, field_: Field) -> str:
        text = element.text or ""
        if not text:
            return ""
        if field_.codes:
            return self._words.code(field_.code_list or field_.kind.value, text)
        match field_.kind:
            case Kind.UID:
                return element.get("display", "")
            case Kind.MONEY:
                return f"{text} {element.get('currency')}"
            case Kind.TIME_STAMP:
                return text.replace("T", " ").replace("Z", " UTC")
            case Kind.ATTACHMENT:
                size = len(base64.b64decode(text))
                return f"{element.get('name')} ({element.get('media-type')}, {size:,} B)"
            case _:
                return text

    def _note(self, element: etree._Element, draft_key: str) -> str:
        answer, reason, disclosure = (element.get(name) for name in ("answer", "reason", "disclosure"))
        parts = []
        if answer is not None:
            parts.append(self._words.code("answer", answer))
        if reason is not None:
            parts.append(self._words.code("reason", reason))
        if disclosure == "public":  # "parties" is the rule and goes without saying
            parts.append(self._words.code("disclosure", disclosure))
        if draft_key in self._draft_fields:
            parts.append(self._words.text("message", "draft-field"))
        return " – ".join(parts)


def _is_flat(field_: Field) -> bool:
    return not field_.answerable and all(
        child.kind is not Kind.GROUP and not child.repeats for child in field_.children
    )
