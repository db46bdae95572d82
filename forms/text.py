"""A form as plain text in the reader's language, for a mail's first part and for terminals."""

from collections.abc import Collection, Iterator

from forms.form import Form
from forms.pack import PackShelf
from forms.view import Page, Row, Section, Table, Value, view

_INDENT = "  "
# UAX #9 §2: isolates keep a code or a foreign word from reordering the right-to-left line around it.
_ISOLATE, _POP = "\u2068", "\u2069"


def render_text(
    form: Form, language: str = "en", *, shelf: PackShelf | None = None, changed: Collection[str] = ()
) -> str:
    """Return the form as text, lines ended by LF.

    language: of the reader. changed: paths to mark as changed. Raises KeyError for a language the pack lacks.
    """
    page = view(form, language, shelf=shelf, changed=changed)
    return "\n".join(_Writer(page).lines()) + "\n"


class _Writer:
    def __init__(self, page: Page) -> None:
        self._page = page
        self._words = page.words
        self._marks = page.words.punctuation

    def lines(self) -> Iterator[str]:
        page = self._page
        yield from (page.title, "=" * len(page.title), "")
        for notice in page.notices:
            yield f"* {notice}"
        for part in page.parts:
            yield from self._part(part, "")
        yield ""
        fingerprint = f"{self._words.text('message', 'digest')}{self._marks.colon}{self._isolated(page.digest)}"
        yield f"{page.pack} {page.version} · {fingerprint}"

    def _part(self, part: Row | Table | Section, indent: str) -> Iterator[str]:
        match part:
            case Row():
                yield from self._row(part, indent)
            case Table():
                yield from self._table(part, indent)
            case Section():
                yield ""
                yield f"{indent}{part.title}" + (self._marks.marked(part.note) if part.note else "")
                for inner in part.parts:
                    yield from self._part(inner, indent + _INDENT)

    def _row(self, row: Row, indent: str) -> Iterator[str]:
        if len(row.values) == 1 and "\n" not in row.values[0].text:
            yield f"{indent}{row.label}{self._marks.colon}{self._value(row.values[0])}"
            return
        yield f"{indent}{row.label}{self._marks.colon}".rstrip()
        for value in row.values:
            first, *rest = self._value(value).split("\n")
            yield f"{indent}{_INDENT}- {first}"
            yield from (f"{indent}{_INDENT}  {line}" for line in rest)

    def _table(self, table: Table, indent: str) -> Iterator[str]:
        yield ""
        yield f"{indent}{table.caption}{self._marks.bracketed(len(table.lines))}"
        for number, line in enumerate(table.lines, 1):
            cells = (
                f"{column}{self._marks.colon}{self._value(value)}"
                for column, value in zip(table.columns, line, strict=True)
                if value is not None
            )
            yield f"{indent}{_INDENT}{number}. " + self._marks.semicolon.join(cells)

    def _value(self, value: Value) -> str:
        marks = [value.note] if value.note else []
        if value.changed:
            marks.append(self._words.text("message", "changed"))
        text = self._isolated(value.text) if value.prose or value.literal else value.text
        return text + "".join(self._marks.marked(mark) for mark in marks)

    def _isolated(self, text: str) -> str:
        if self._words.direction == "ltr":
            return text
        return "\n".join(f"{_ISOLATE}{line}{_POP}" for line in text.split("\n"))
