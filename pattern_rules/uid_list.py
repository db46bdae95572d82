"""Lists of UIDs as officers have them: text (one a line), CSV, or a spreadsheet. Read row by row, never changed.

A spreadsheet that stored a UID as a number has damaged it already: such rows are marked.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from pattern_rules.errors import SourceError

MAX_ROWS = 5_000_000
MAX_CELL_CHARACTERS = 4096
MAX_UNPACKED_OCTETS = 1 << 30  # of a spreadsheet, which is a ZIP archive
_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number, and zeros behind
# What openpyxl raises for archives that are something else: missing parts, malformed XML, absurd cell values.
_NO_SPREADSHEET = (
    zipfile.BadZipFile,
    InvalidFileException,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    SyntaxError,
    EOFError,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One UID. number: of the line or row, from 1. was_number: the spreadsheet held a number, not text."""

    number: int
    octets: bytes = field(repr=False)
    was_number: bool = False


def read_rows(stream: BinaryIO, suffix: str, column: str = "1") -> Iterator[Row]:
    """The UIDs of a file.

    stream: the file. suffix: of its name, ".txt", ".csv", ".tsv" or ".xlsx". column: number from 1, or heading, of the
    column in a table. Empty rows are left out. Raises SourceError, whose text holds nothing of the file.
    """
    match suffix.lower():
        case ".txt" | "":
            rows = _text_rows(stream)
        case ".csv" | ".tsv":
            rows = _csv_rows(stream, column)
        case ".xlsx":
            rows = _xlsx_rows(stream, column)
        case _:
            raise SourceError("the file must be .txt, .csv, .tsv or .xlsx")
    yield from islice(rows, MAX_ROWS)
    if next(rows, None) is not None:
        raise SourceError(f"the list has more than {MAX_ROWS} rows")


def _text_rows(stream: BinaryIO) -> Iterator[Row]:
    number = 0
    while line := stream.readline(MAX_CELL_CHARACTERS + 2):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")  # a byte order mark is of the file, not of the UID
        octets = line.rstrip(b"\r\n")
        if len(octets) > MAX_CELL_CHARACTERS:
            raise SourceError(f"line {number} is longer than {MAX_CELL_CHARACTERS} octets")
        if octets:
            yield Row(number, octets)


def _csv_rows(stream: BinaryIO, column: str) -> Iterator[Row]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        head = text.read(MAX_CELL_CHARACTERS)
        text.seek(0)
        delimiter = max(",;\t", key=head.count)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        yield from _column_rows(([*row] for row in reader), column)
    except UnicodeDecodeError:
        raise SourceError("the file is not UTF-8") from None
    except csv.Error:
        raise SourceError("the file is not well-formed CSV") from None
    finally:
        text.detach()


def _xlsx_rows(stream: BinaryIO, column: str) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(stream) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_OCTETS:
                raise SourceError(f"the spreadsheet unpacks to more than {MAX_UNPACKED_OCTETS} octets")
        workbook = load_workbook(stream, read_only=True, data_only=True)
        with closing(workbook):
            sheet = workbook.worksheets[0]
            yield from _column_rows((list(row) for row in sheet.iter_rows(values_only=True)), column)
    except _NO_SPREADSHEET:
        raise SourceError("the file is not a spreadsheet") from None


def _column_rows(table: Iterator[list[object]], column: str) -> Iterator[Row]:
    at = int(column) - 1 if column.isascii() and column.isdigit() else None
    for number, cells in enumerate(table, start=1):
        if at is None:
            at = next((place for place, cell in enumerate(cells) if cell == column), None)
            if at is None:
                raise SourceError("the first row has no such heading")
            continue
        cell = cells[at] if 0 <= at < len(cells) else None
        text, was_number = _cell_text(cell)
        if len(text) > MAX_CELL_CHARACTERS:
            raise SourceError(f"a cell of row {number} is longer than {MAX_CELL_CHARACTERS} characters")
        if text:
            yield Row(number, text.encode("utf-8", "surrogatepass"), was_number)


def _cell_text(cell: object) -> tuple[str, bool]:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return ("" if cell is None else str(cell)), False
    if abs(cell) < _EXACT and cell == int(cell):
        return str(int(cell)), True
    return f"{cell:.14E}", True  # as a spreadsheet would show it: the digits are lost
