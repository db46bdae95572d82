"""One sheet of an xlsx file, through openpyxl, with the zip and XML attacks kept from it.

Contract: text cells only are written, none a formula; formulas are reported and never evaluated; what openpyxl raises
on a hostile file ends here as FormError with a constant code.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from forms.errors import FormError, FormErrorCode

_MAX_UNPACKED = 128 * 1024 * 1024
_MAX_MEMBERS = 500
_MAX_CHOICES = 500  # a help for filling in by hand; Excel slows down with thousands
_MAX_FORMULA = 253  # Excel calls a file damaged that has a longer one
_WIDE_COLUMNS = 3
_WIDTH = 40
_EPOCH = datetime(2026, 1, 1)  # noqa: DTZ001 -- openpyxl wants naive; constant, so that equal forms give equal files
_DAMAGED = (
    zipfile.BadZipFile,
    InvalidFileException,
    zlib.error,
    SyntaxError,  # ParseError of expat and XMLSyntaxError of lxml are ones
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
    NotImplementedError,  # an unknown compression
    RuntimeError,  # an encrypted member
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A cell, counted from 1, and the codes to choose from in it: letters, digits and hyphens."""

    row: int
    column: int
    codes: tuple[str, ...]


def write_workbook(rows: Iterable[Sequence[str]], choices: Sequence[Choice] = ()) -> bytes:
    """Return an xlsx file with one sheet of text cells. choices: cells that offer a list to choose from."""
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = _EPOCH
    sheet = book.create_sheet("form")
    sheet.freeze_panes = "A2"
    for column in range(1, _WIDE_COLUMNS + 1):
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTH
    for choice in choices[:_MAX_CHOICES]:
        if len(",".join(choice.codes)) <= _MAX_FORMULA:
            sheet.data_validations.append(_validation(choice))
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=text)
            cell.data_type = "s"  # openpyxl makes a formula of every text that starts with "="
            cell.number_format = "@"  # text: a spreadsheet that saves it again keeps leading zeros
            cells.append(cell)
        sheet.append(cells)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _validation(choice: Choice) -> DataValidation:
    validation = DataValidation(type="list", formula1=f'"{",".join(choice.codes)}"', allow_blank=True)
    validation.add(f"{get_column_letter(choice.column)}{choice.row}")
    return validation


def read_workbook(octets: bytes, *, max_rows: int) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the first sheet as rows of (text, "text" | "number" | "formula").

    Raises FormError: UNREADABLE_FILE, or TOO_LARGE for what unpacks to over 128 MiB or has over `max_rows` rows.
    """
    try:
        _check_archive(octets)
        rows = tuple(_rows(octets, max_rows))
    except FormError:
        raise
    except _DAMAGED:
        rows = None
    if rows is None:
        raise FormError(FormErrorCode.UNREADABLE_FILE)
    return rows


def _check_archive(octets: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        members = archive.infolist()
        if len(members) > _MAX_MEMBERS or sum(member.file_size for member in members) > _MAX_UNPACKED:
            raise FormError(FormErrorCode.TOO_LARGE)
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                # zipfile stops at the declared size, so the sum above holds.
                content = archive.read(member)
                if b"<!DOCTYPE" in content or b"<!ENTITY" in content or content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
                    raise FormError(FormErrorCode.DOCTYPE)


def _rows(octets: bytes, max_rows: int) -> Iterator[tuple[tuple[str, str], ...]]:
    book = load_workbook(io.BytesIO(octets), read_only=True, data_only=False, keep_links=False)
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows()):
            if number >= max_rows:
                raise FormError(FormErrorCode.TOO_LARGE)
            yield tuple(_cell(cell.value, str(cell.data_type)) for cell in row)
    finally:
        book.close()


def _cell(value: object, data_type: str) -> tuple[str, str]:
    if data_type == "f":
        return "", "formula"
    match value:
        case None:
            return "", "text"
        case bool():
            return str(value).upper(), "text"
        case int():
            return str(value), "number"
        case float():
            return (str(int(value)) if value.is_integer() else repr(value)), "number"
        case datetime():
            return value.isoformat(), "number"
        case _:
            return str(value), "text"
