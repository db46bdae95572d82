"""Lists of UIDs from and to text files and spreadsheets.

Contract: a code is taken exactly as it stands, or left out with a warning; nothing is trimmed, folded or repaired. A
warning names a line and a sign, never the code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from forms.damage import Damage, shorter_than_neighbours, signs_of_damage
from forms.errors import FormError, FormErrorCode
from forms.grid import Cell, CellKind, FileKind, decode_text, read_grid, restore, write_grid
from forms.uids import decode_uid, display_uid, encode_uid

_HEADINGS = ("uid", "uim", "ui", "upui", "code", "marking")
_OCTETS_HEADING = "uid-base64"


class ListKind(Enum):
    """A kind of file that holds UIDs. The value is the end of its name."""

    TEXT = ".txt"
    CSV = ".csv"
    XLSX = ".xlsx"


@dataclass(frozen=True, slots=True)
class ListWarning:
    """A sign of damage. line: counted from 1, a heading included."""

    line: int
    damage: Damage


@dataclass(frozen=True, slots=True)
class UidList:
    """uids: each once, in order. warnings: in the order of lines."""

    uids: tuple[bytes, ...] = field(repr=False)
    warnings: tuple[ListWarning, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cell: Cell
    octets: bytes | None


def read_uid_list(octets: bytes, kind: ListKind, *, separator: str | None = None) -> UidList:
    """Read the UIDs of a file.

    kind: TEXT has one UID a line; in CSV and XLSX the column headed "uid" is taken, else the first. A column headed
    "uid-base64", as `write_uid_list` makes it, is taken before all others. separator: how the file spells the
    character GS (0x1D), such as "<GS>"; None if it spells it as itself. Raises FormError: EMPTY_LIST, BAD_UID, and what
    `read_grid` raises.
    """
    lines = tuple(_lines(octets, kind))
    codes = [line.cell.text for line in lines]
    short = shorter_than_neighbours(codes)
    taken: dict[bytes, int] = {}
    warnings: list[ListWarning] = []
    for place, line in enumerate(lines):
        signs = list(_signs(line, short=place in short))
        if Damage.FORMULA not in signs:
            uid = line.octets if line.octets is not None else _spelled(line.cell.text, separator)
            encode_uid(uid)  # raises for what no form can carry
            if uid in taken:
                signs.append(Damage.DUPLICATE_LINE)
            taken.setdefault(uid, line.number)
        warnings.extend(ListWarning(line.number, sign) for sign in signs)
    if not taken:
        raise FormError(FormErrorCode.EMPTY_LIST)
    return UidList(tuple(taken), tuple(warnings))


def write_uid_list(uids: Iterable[bytes], kind: ListKind) -> bytes:
    """Return UIDs as a file: display form and octets in base64; TEXT has the octets of each on a line.

    Raises FormError with BAD_UID if a TEXT list cannot hold a UID: one with a line break, or octets that are not UTF-8.
    """
    if kind is ListKind.TEXT:
        return b"".join(_text_line(uid) for uid in uids)
    rows = [("uid", _OCTETS_HEADING), *((display_uid(uid), encode_uid(uid)) for uid in uids)]
    return write_grid(rows, FileKind(kind.value))


def _lines(octets: bytes, kind: ListKind) -> Iterable[_Line]:
    if kind is ListKind.TEXT:
        texts = decode_text(octets).replace("\r\n", "\n").split("\n")
        yield from (_Line(number, Cell(text), None) for number, text in enumerate(texts, 1) if text)
        return
    rows = read_grid(octets, FileKind(kind.value))
    headings = [cell.text.strip().lower() for cell in rows[0]] if rows else []
    column, exact = _column(headings)
    start = 1 if any(heading in {*_HEADINGS, _OCTETS_HEADING} for heading in headings) else 0
    for number, row in enumerate(rows[start:], start + 1):
        cell = row[column] if column < len(row) else Cell("")
        if cell.text or cell.kind is CellKind.FORMULA:
            yield _Line(number, cell, decode_uid(restore(cell.text)) if exact else None)


def _column(headings: Sequence[str]) -> tuple[int, bool]:
    if _OCTETS_HEADING in headings:
        return headings.index(_OCTETS_HEADING), True
    return next((headings.index(name) for name in _HEADINGS if name in headings), 0), False


def _signs(line: _Line, *, short: bool) -> Iterable[Damage]:
    if line.cell.kind is CellKind.FORMULA:
        yield Damage.FORMULA
        return
    if line.octets is not None:
        return
    if line.cell.kind is CellKind.NUMBER:
        yield Damage.NUMBER_CELL
    yield from signs_of_damage(line.cell.text)
    if short:
        yield Damage.LEADING_ZEROS


def _spelled(text: str, separator: str | None) -> bytes:
    return (text.replace(separator, "\x1d") if separator else text).encode("utf-8")


def _text_line(uid: bytes) -> bytes:
    try:
        text = uid.decode("utf-8")
    except UnicodeDecodeError:
        text = "\n"
    if "\n" in text or "\r" in text or "\x00" in text:
        raise FormError(FormErrorCode.BAD_UID)
    return uid + b"\n"
