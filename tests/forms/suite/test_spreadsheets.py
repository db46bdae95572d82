"""Forms and lists of UIDs in csv and xlsx: nothing runs, nothing is lost, damage is noticed."""

import csv
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import FormError, FormErrorCode, bind, core_shelf, validate
from forms.convert import from_table, to_table
from forms.damage import Damage
from forms.grid import Cell, CellKind, FileKind, neutralise, read_grid, restore, write_grid
from forms.uid_list import ListKind, read_uid_list, write_uid_list

from .builders import AWKWARD_UIDS, bindings, query, reply_to

EXAMPLES = sorted(core_shelf().folder.glob("*/*/examples/valid/*.xml"))
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "=cmd|' /C calc'!A0",
    "＝1+1",
    '=HYPERLINK("http://x")',
    "'=1",
    "''x",
)


@pytest.mark.parametrize("kind", FileKind)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: "/".join((path.parts[-5], path.stem)))
def test_every_example_survives_a_spreadsheet(path: Path, kind: FileKind) -> None:
    form = validate(path.read_bytes())
    assert from_table(to_table(form, kind, "ru"), kind) == form.canonical


@pytest.mark.parametrize("kind", FileKind)
def test_awkward_uids_and_texts_survive_a_spreadsheet(kind: FileKind) -> None:
    for text in (*FORMULAS[:4], "x\ny", "مهرّب", '"quoted", and; more'):
        form = bind(query(AWKWARD_UIDS, justification=text), bindings())
        assert from_table(to_table(form, kind), kind) == form.canonical
    asked = bind(query(AWKWARD_UIDS), bindings())
    reply = reply_to(asked)
    assert validate(from_table(to_table(reply, kind), kind)) == reply


@pytest.mark.parametrize("text", FORMULAS)
def test_xml_x26_a_formula_is_neutralised_in_csv(text: str) -> None:
    octets = write_grid([("path", text)], FileKind.CSV)
    cell = next(csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline="")))[1]
    assert cell.startswith("'")
    assert restore(cell) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_xml_x26_a_formula_is_text_in_xlsx(text: str) -> None:
    octets = write_grid([("path", text)], FileKind.XLSX)
    cell = openpyxl.load_workbook(io.BytesIO(octets)).worksheets[0]["B1"]
    assert cell.data_type == "s"
    assert cell.value == f"'{text}"
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


def test_a_sheet_offers_the_codes_of_a_field_to_choose_from() -> None:
    page = openpyxl.load_workbook(io.BytesIO(to_table(query(), FileKind.XLSX))).worksheets[0]
    offered = {str(choice.sqref): choice.formula1 for choice in page.data_validations.dataValidation}
    purpose = next(row[2].coordinate for row in page.iter_rows() if row[0].value == "purpose")
    assert offered[purpose] == '"detection,investigation"'
    assert page["A1"].value == "path"


def test_a_csv_cell_that_looks_harmless_stays_as_it_is() -> None:
    assert [neutralise(text) for text in ("x", "1", "", "a=b", "ü")] == ["x", "1", "", "a=b", "ü"]


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), min_size=2, max_size=3),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=50, deadline=None)
def test_any_rows_survive_csv(rows: list[list[str]]) -> None:
    grid = read_grid(write_grid(rows, FileKind.CSV), FileKind.CSV)
    assert [[restore(cell.text) for cell in row] for row in grid] == rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_separators_that_spreadsheets_write_are_understood(delimiter: str) -> None:
    octets = delimiter.join(("uid", "note")).encode() + b"\r\n" + delimiter.join(("A1", "x")).encode() + b"\r\n"
    assert read_uid_list(octets, ListKind.CSV).uids == (b"A1",)
    assert read_uid_list(octets.decode().encode("utf-16"), ListKind.CSV).uids == (b"A1",)


@pytest.mark.parametrize("kind", [ListKind.CSV, ListKind.XLSX])
def test_a_list_of_awkward_uids_survives(kind: ListKind) -> None:
    assert read_uid_list(write_uid_list(AWKWARD_UIDS, kind), kind).uids == AWKWARD_UIDS


def test_a_text_list_holds_octets_and_refuses_what_it_cannot_hold() -> None:
    uids = tuple(uid for uid in AWKWARD_UIDS if b"\n" not in uid and b"\x00" not in uid and uid != b"\xc3\x28")
    assert read_uid_list(write_uid_list(uids, ListKind.TEXT), ListKind.TEXT).uids == uids
    for uid in (b"a\nb", b"a\rb", b"\xc3\x28"):
        with pytest.raises(FormError) as caught:
            write_uid_list([uid], ListKind.TEXT)
        assert caught.value.code is FormErrorCode.BAD_UID


def warnings(text: str) -> list[tuple[int, Damage]]:
    found = read_uid_list(text.encode(), ListKind.TEXT)
    return [(warning.line, warning.damage) for warning in found.warnings]


@pytest.mark.parametrize(
    ("line", "damage"),
    [
        ("4.62E+13", Damage.SCIENTIFIC_NOTATION),
        ("4,62E+13", Damage.SCIENTIFIC_NOTATION),
        ("1E+20", Damage.SCIENTIFIC_NOTATION),
        ("'00123", Damage.LEADING_APOSTROPHE),
        ("00123'", Damage.TRAILING_APOSTROPHE),
        ("КE24T", Damage.LOOK_ALIKE),
        ("１２３", Damage.LOOK_ALIKE),
        ("٠١٢", Damage.LOOK_ALIKE),
        ("KE“24”", Damage.LOOK_ALIKE),
        ("KE 24", Damage.ODD_SPACE),
        ("KE\u00a024", Damage.ODD_SPACE),
        ("4601234567890", Damage.LEADING_ZEROS),
        ("04601234567890", Damage.DUPLICATE_LINE),
    ],
)
def test_a_sign_of_damage_is_said_with_its_line_and_nothing_is_repaired(line: str, damage: Damage) -> None:
    healthy = "04601234567890\n04601234567891\n"
    assert warnings(healthy) == []
    found = read_uid_list((healthy + line + "\n").encode(), ListKind.TEXT)
    assert (3, damage) in [(warning.line, warning.damage) for warning in found.warnings]
    assert line.encode() in found.uids


def sheet(*rows: tuple[str | float, ...]) -> bytes:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in rows:
        page.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_numbers_and_formulas_in_a_sheet_are_noticed() -> None:
    found = read_uid_list(
        sheet(("Nr", "UID"), (1, "KE24T00012345674"), (2, 4601234567890), (3, 46200000000000.0), (4, '="0"&"1"')),
        ListKind.XLSX,
    )
    assert found.uids == (b"KE24T00012345674", b"4601234567890", b"46200000000000")
    assert [(warning.line, warning.damage) for warning in found.warnings] == [
        (3, Damage.NUMBER_CELL),
        (3, Damage.LEADING_ZEROS),
        (4, Damage.NUMBER_CELL),
        (5, Damage.FORMULA),
    ]


def test_leading_zeros_of_text_cells_survive() -> None:
    assert read_uid_list(sheet(("uid",), ("00012",)), ListKind.XLSX).uids == (b"00012",)


def test_a_group_separator_spelled_out_is_read_only_when_asked() -> None:
    text = b"0101<GS>21\n"
    assert read_uid_list(text, ListKind.TEXT).uids == (b"0101<GS>21",)
    assert read_uid_list(text, ListKind.TEXT, separator="<GS>").uids == (b"0101\x1d21",)


def bomb(name: str, content: bytes) -> bytes:
    """An xlsx with one member replaced."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(sheet(("uid",), ("x",)))) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for member in source.namelist():
            out.writestr(member, content if member == name else source.read(member))
    return target.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
ENTITY = b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/hostname">]><w>&x;</w>'


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        pytest.param(b"", FormErrorCode.UNREADABLE_FILE, id="empty"),
        pytest.param(b"PK\x03\x04 not a zip", FormErrorCode.UNREADABLE_FILE, id="no-zip"),
        pytest.param(sheet(("uid",), ("x",))[:-200], FormErrorCode.UNREADABLE_FILE, id="cut"),
        pytest.param(bomb(SHEET, b"<broken"), FormErrorCode.UNREADABLE_FILE, id="broken-xml"),
        pytest.param(bomb("[Content_Types].xml", b"<x/>"), FormErrorCode.UNREADABLE_FILE, id="no-types"),
        pytest.param(bomb(SHEET, ENTITY), FormErrorCode.DOCTYPE, id="entity"),
        pytest.param(bomb(SHEET, ENTITY.decode().encode("utf-16")), FormErrorCode.DOCTYPE, id="entity-utf16"),
        pytest.param(bomb(SHEET, b" " * 130 * 1024 * 1024), FormErrorCode.TOO_LARGE, id="zip-bomb"),
        pytest.param(sheet(("uid",)), FormErrorCode.EMPTY_LIST, id="heading-only"),
    ],
)
def test_a_hostile_or_damaged_workbook_is_refused_with_a_constant_code(octets: bytes, code: FormErrorCode) -> None:
    with pytest.raises(FormError) as caught:
        read_uid_list(octets, ListKind.XLSX)
    assert caught.value.code is code
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"\xff\xff", FormErrorCode.NOT_UTF8),
        (b"uid\nx\x00y\n", FormErrorCode.NUL),
        (b'uid\n"open', FormErrorCode.UNREADABLE_FILE),
        (b"", FormErrorCode.EMPTY_LIST),
        (b"uid\n" + b"A" * 129, FormErrorCode.BAD_UID),
        (b"uid-base64\nnot base64!\n", FormErrorCode.BAD_UID),
        ("uid-base64\nQQا==\n".encode(), FormErrorCode.BAD_UID),
    ],
)
def test_a_hostile_or_damaged_csv_list_is_refused(octets: bytes, code: FormErrorCode) -> None:
    with pytest.raises(FormError) as caught:
        read_uid_list(octets, ListKind.CSV)
    assert caught.value.code is code


def table(*rows: tuple[str, str]) -> bytes:
    head = (("path", "value"), (":form", "uid-query"), (":version", "1"), (":language", "en"))
    return write_grid((*head, *rows), FileKind.CSV)


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"a,b\n1,2\n", FormErrorCode.NOT_A_FORM),
        (b"path,value\n", FormErrorCode.NOT_A_FORM),
        (table().replace(b"uid-query", b"nothing"), FormErrorCode.UNKNOWN_PACK),
        (table().replace(b'"1"', b'"77"'), FormErrorCode.UNKNOWN_VERSION),
        (table().replace(b'"en"', b'"xx"'), FormErrorCode.NOT_A_FORM),
        (table(("canary-path", "x")), FormErrorCode.UNEXPECTED_FIELD),
        (table(("marking[1]/uid", "%%%")), FormErrorCode.BAD_UID),
        (table(("marking[0]/uid", "QQ==")), FormErrorCode.UNEXPECTED_FIELD),
    ],
)
def test_a_table_that_is_no_form_is_refused(octets: bytes, code: FormErrorCode) -> None:
    with pytest.raises(FormError) as caught:
        from_table(octets, FileKind.CSV)
    assert caught.value.code is code
    assert "canary" not in str(caught.value)


def test_a_formula_in_a_form_table_is_refused_and_names_the_field() -> None:
    rows = [(":form", "uid-query"), (":version", "1"), (":language", "en"), ("justification", '="a"&"b"')]
    with pytest.raises(FormError) as caught:
        from_table(sheet(("path", "value"), *rows), FileKind.XLSX)
    assert (caught.value.code, caught.value.path) == (FormErrorCode.FORMULA, "justification")


def test_a_blank_line_in_a_table_is_left_out() -> None:
    assert b"circumstances" not in from_table(table(("circumstances", "")), FileKind.CSV)
    assert b"<circumstances>" not in from_table(table().replace(b"\r\n", b"\r\n\r\n"), FileKind.CSV)
    assert b"<circumstances>x<" in from_table(table(("circumstances", "x")), FileKind.CSV)


def test_cells_do_not_show_what_they_hold() -> None:
    assert "secret" not in repr(Cell("secret", CellKind.TEXT))
    assert "secret" not in repr(read_uid_list(b"secret\n", ListKind.TEXT))
