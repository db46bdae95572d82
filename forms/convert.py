"""A form as a spreadsheet to read or fill in, and back.

Contract: `from_table(to_table(form, kind), kind)` has the form's canonical octets. Only the columns of path, value and
marks are read back; labels, help and lists of codes are for the reader.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forms.entries import Entry, draft, flatten
from forms.errors import FormError, FormErrorCode
from forms.fields import MULTI_LINE, Field, Kind
from forms.form import Form
from forms.grid import Cell, CellKind, FileKind, read_grid, restore, write_grid
from forms.labels import LANGUAGES, Words
from forms.migration import plain
from forms.pack import Pack, PackShelf, core_shelf
from forms.uids import decode_uid, display_uid
from forms.view import words_for
from forms.workbook import Choice

_COLUMNS = (
    "path",
    "label",
    "value",
    "answer",
    "reason",
    "disclosure",
    "currency",
    "name",
    "media-type",
    "shown",
    "help",
)
_FORM, _VERSION, _LANGUAGE = ":form", ":version", ":language"


def to_table(form: Form, kind: FileKind, language: str = "en", *, shelf: PackShelf | None = None) -> bytes:
    """Return a form as a spreadsheet, one line a value. language: of labels and help."""
    pack = (shelf or core_shelf()).pack(form.pack, form.version)
    return write_table(pack, form.language, flatten(form, shelf=shelf), kind, language)


def write_table(pack: Pack, form_language: str, entries: Iterable[Entry], kind: FileKind, language: str) -> bytes:
    """Return entries, which need not make a valid form yet, as a spreadsheet."""
    words = words_for(pack, language)
    fields = {field.path: field for field in pack.root.walk()}
    rows: list[tuple[str, ...]] = [_COLUMNS]
    rows += [
        (name, "", value, *[""] * 8)
        for name, value in ((_FORM, pack.id), (_VERSION, pack.version), (_LANGUAGE, form_language))
    ]
    value_column = _COLUMNS.index("value") + 1
    choices = []
    for entry in entries:
        field = fields[plain(entry.path)]
        rows.append(_row(entry, field, words))
        if field.codes:
            choices.append(Choice(len(rows), value_column, field.codes))
    return write_grid(rows, kind, choices)


def from_table(octets: bytes, kind: FileKind, *, shelf: PackShelf | None = None) -> bytes:
    """Return the XML of the form in a spreadsheet; it need not be valid yet. Lines without a value are left out.

    Raises FormError: not such a table, an unknown pack, version or path, a formula, a UID that is not base64, or what
    `read_grid` raises. The path in the error is a path of the schema, or "".
    """
    shelf = shelf or core_shelf()
    rows = [_Line.read(row) for row in _records(octets, kind)]
    about = {row.path: row.value for row in rows if row.path.startswith(":")}
    if about.get(_LANGUAGE) not in LANGUAGES or _FORM not in about:
        raise FormError(FormErrorCode.NOT_A_FORM)
    versions = shelf.versions(about[_FORM])
    if about.get(_VERSION) not in versions:
        raise FormError(FormErrorCode.UNKNOWN_VERSION if versions else FormErrorCode.UNKNOWN_PACK)
    pack = shelf.pack(about[_FORM], about[_VERSION])
    kinds = {field.path: field.kind for field in pack.root.walk()}
    entries = [_entry(row, kinds) for row in rows if not row.path.startswith(":") and not row.blank]
    return draft(pack, about[_LANGUAGE], entries)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a table, neutralised texts restored."""

    path: str
    value: str
    answer: str
    reason: str
    disclosure: str
    currency: str
    name: str
    media_type: str
    formula: bool

    @property
    def blank(self) -> bool:
        """Whether the line says nothing: no value and no mark that stands for one."""
        return not (self.value or self.answer or self.formula)

    @classmethod
    def read(cls, record: dict[str, Cell]) -> "_Line":
        """Read one record."""
        texts = {name: restore(record[name].text) if name in record else "" for name in _COLUMNS}
        return cls(
            path=texts["path"].strip(),
            value=texts["value"],
            answer=texts["answer"],
            reason=texts["reason"],
            disclosure=texts["disclosure"],
            currency=texts["currency"],
            name=texts["name"],
            media_type=texts["media-type"],
            formula=any(cell.kind is CellKind.FORMULA for cell in record.values()),
        )


def _records(octets: bytes, kind: FileKind) -> Iterator[dict[str, Cell]]:
    rows = read_grid(octets, kind)
    headings = [cell.text.strip() for cell in rows[0]] if rows else []
    if not {"path", "value"} <= set(headings):
        raise FormError(FormErrorCode.NOT_A_FORM)
    for row in rows[1:]:
        record = dict(zip(headings, row, strict=False))
        if "path" in record and record["path"].text.strip():
            yield record


def _entry(row: _Line, kinds: dict[str, Kind]) -> Entry:
    path = plain(row.path)
    if path not in kinds:
        raise FormError(FormErrorCode.UNEXPECTED_FIELD)
    if row.formula:
        raise FormError(FormErrorCode.FORMULA, path)
    value = row.value.replace("\r\n", "\n") if kinds[path] in MULTI_LINE else row.value
    return Entry(
        path=row.path,
        value=value,
        disclosure=row.disclosure or None,
        answer=row.answer or None,
        reason=row.reason or None,
        currency=row.currency or None,
        name=row.name or None,
        media_type=row.media_type or None,
    )


def _row(entry: Entry, field: Field, words: Words) -> tuple[str, ...]:
    return (
        entry.path,
        words.label(field.path),
        entry.value,
        entry.answer or "",
        entry.reason or "",
        entry.disclosure or "",
        entry.currency or "",
        entry.name or "",
        entry.media_type or "",
        _shown(entry, field, words),
        words.by_path("help", field.path) or "",
    )


def _shown(entry: Entry, field: Field, words: Words) -> str:
    if field.kind is Kind.UID:
        return display_uid(decode_uid(entry.value)) if entry.value else ""
    texts = {code: words.code(field.code_list or field.kind.value, code) for code in field.codes}
    if entry.value:
        return texts.get(entry.value, "")
    return "; ".join(f"{code} = {text}" for code, text in texts.items())
