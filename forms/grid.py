"""Spreadsheets in and out: csv and xlsx as rows of cells, with nothing in them that a spreadsheet would run.

Contract: `read_grid(write_grid(rows, kind), kind)` gives the same texts. A cell that a spreadsheet would take for a
formula is neutralised when written (OWASP "CSV Injection", security case XML-x26) and restored when read; a formula
is never evaluated. Reading is bounded: size, unpacked size, rows.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice

from forms.errors import FormError, FormErrorCode
from forms.workbook import Choice, read_workbook, write_workbook

MAX_OCTETS = 32 * 1024 * 1024
MAX_ROWS = 250_000
_MAX_FIELD = 2_000_000
# What Excel, LibreOffice or Google Sheets take for the start of a formula, in full width, too.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")


class FileKind(Enum):
    """A kind of file that holds rows. The value is the end of its name."""

    CSV = ".csv"
    XLSX = ".xlsx"


class CellKind(Enum):
    """What a spreadsheet says a cell is; all cells of csv are TEXT."""

    TEXT = "text"
    NUMBER = "number"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. text: "" for a formula."""

    text: str = field(repr=False)
    kind: CellKind = CellKind.TEXT


def neutralise(text: str) -> str:
    """Return `text` with an apostrophe in front if a spreadsheet would run it; undone by `restore`."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def restore(text: str) -> str:
    """Return the text that `neutralise` was given; any other text unchanged."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_DANGEROUS) else text


def write_grid(rows: Iterable[Sequence[str]], kind: FileKind, choices: Sequence[Choice] = ()) -> bytes:
    """Return rows of texts as a file: csv in UTF-8 with a byte order mark, which spreadsheets need, or xlsx.

    choices: cells of an xlsx file that offer a list to choose from.
    """
    if kind is FileKind.XLSX:
        return write_workbook(([neutralise(text) for text in row] for row in rows), choices)
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n")  # RFC 4180 §2
    writer.writerows([neutralise(text) for text in row] for row in rows)
    return target.getvalue().encode("utf-8-sig")


def read_grid(octets: bytes, kind: FileKind) -> tuple[tuple[Cell, ...], ...]:
    """Return the rows of a file as they stand in it, neutralised texts not yet restored.

    Raises FormError: TOO_LARGE; UNREADABLE_FILE if it is damaged, encrypted or of another kind.
    """
    if len(octets) > MAX_OCTETS:
        raise FormError(FormErrorCode.TOO_LARGE)
    if kind is FileKind.XLSX:
        return tuple(
            tuple(Cell(text, CellKind(kind_name)) for text, kind_name in row)
            for row in read_workbook(octets, max_rows=MAX_ROWS)
        )
    return _read_csv(decode_text(octets))


def decode_text(octets: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark, as spreadsheets write "Unicode text".

    Raises FormError with NOT_UTF8 or NUL.
    """
    encoding = "utf-16" if octets.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = octets.decode(encoding)
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise FormError(FormErrorCode.NOT_UTF8)
    if "\x00" in text:
        raise FormError(FormErrorCode.NUL)
    return text


def _read_csv(text: str) -> tuple[tuple[Cell, ...], ...]:
    first_line = text.partition("\n")[0]
    # Spreadsheets write the separator of the country: the one that the first line has most of.
    delimiter = max(",;\t", key=first_line.count)
    csv.field_size_limit(_MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [tuple(Cell(value) for value in row) for row in islice(reader, MAX_ROWS + 1)]
        readable = True
    except csv.Error:
        readable = False
    if not readable:
        raise FormError(FormErrorCode.UNREADABLE_FILE)
    if len(rows) > MAX_ROWS:
        raise FormError(FormErrorCode.TOO_LARGE)
    return tuple(rows)
