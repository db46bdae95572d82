"""Lists of UIDs: what the file says is what is asked, row by row; one pack is asked about once."""

import io
import zipfile
from datetime import date
from functools import partial

import pytest
from openpyxl import Workbook

from pattern_rules import Library, Verdict, recognise
from pattern_rules.errors import SourceError
from pattern_rules.uid_list import MAX_CELL_CHARACTERS, Row, read_rows
from pattern_rules.worklist import Duplicate, Worklist, sort_rows

TODAY = date(2026, 11, 21)


def rows(octets: bytes, suffix: str, column: str = "1") -> list[tuple[int, bytes]]:
    return [(row.number, row.octets) for row in read_rows(io.BytesIO(octets), suffix, column)]


def spreadsheet(*table: list[object]) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for cells in table:
        sheet.append(cells)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def sort(library: Library, *uids: bytes) -> Worklist:
    members = library.declared_members()
    recognised = partial(recognise, library, on=TODAY, members=lambda party, _on: party in members, own_party=None)
    return sort_rows([Row(number, uid) for number, uid in enumerate(uids, start=1)], recognised)


def test_a_text_file_has_one_uid_a_line_and_nothing_is_trimmed() -> None:
    octets = b"\xef\xbb\xbfKE24\r\n\r\n  QCALL \n" + "КЕ".encode() + b"\x1d\xff\nlast"
    assert rows(octets, ".txt") == [(1, b"KE24"), (3, b"  QCALL "), (4, "КЕ".encode() + b"\x1d\xff"), (5, b"last")]


def test_a_csv_file_is_read_by_number_or_heading_of_the_column() -> None:
    octets = b'Nr;UID\r\n1;"KE;24"\r\n2;QC""\r\n3\r\n'
    assert rows(octets, ".csv", "UID") == [(2, b"KE;24"), (3, b'QC""')]
    assert rows(octets, ".CSV", "2")[1:] == [(2, b"KE;24"), (3, b'QC""')]


def test_the_mark_of_a_csv_files_encoding_is_not_part_of_its_first_uid() -> None:
    assert rows(b"\xef\xbb\xbfKE24,x\nKE25,y\n", ".csv") == [(1, b"KE24"), (2, b"KE25")]


def test_a_spreadsheet_is_read_and_numbers_are_marked_as_damaged() -> None:
    octets = spreadsheet(["UID"], ["KE24T00012345674"], [1234560000000018], [46200000000000], [4.62e21], [None], [True])
    found = list(read_rows(io.BytesIO(octets), ".xlsx", "UID"))
    assert [(row.number, row.octets, row.was_number) for row in found] == [
        (2, b"KE24T00012345674", False),
        (3, b"1.23456000000002E+15", True),
        (4, b"46200000000000", True),
        (5, b"4.62000000000000E+21", True),
        (7, b"True", False),
    ]


def test_a_spreadsheets_formula_and_markup_are_only_text() -> None:
    octets = spreadsheet(["=1+1"], ["<a>&amp;"])
    assert rows(octets, ".xlsx")[-1] == (2, b"<a>&amp;")


@pytest.mark.parametrize(
    ("octets", "suffix", "column"),
    [
        (b"x" * (MAX_CELL_CHARACTERS + 1), ".txt", "1"),
        (b"a,b\n", ".csv", "UID"),
        (b"\xff\xfe", ".csv", "1"),
        (b'"a\n', ".csv", "1"),
        (b"no archive", ".xlsx", "1"),
        (b"x", ".pdf", "1"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_without_a_word_of_it(octets: bytes, suffix: str, column: str) -> None:
    with pytest.raises(SourceError) as caught:
        rows(octets, suffix, column)
    assert "no archive" not in str(caught.value)


def test_a_spreadsheet_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(1_234_567))
    size = (1_234_567).to_bytes(4, "little")
    claimed = stream.getvalue().replace(size, (3 << 30).to_bytes(4, "little"))  # what a real one's directory says
    assert claimed != stream.getvalue()
    with pytest.raises(SourceError, match="unpacks"):
        rows(claimed, ".xlsx")


def test_a_damaged_spreadsheet_is_refused() -> None:
    good = spreadsheet(["KE24T00012345674"])
    for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"):
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(stream, "w") as target:
            for entry in source.infolist():
                target.writestr(entry, b"<a><b>" if entry.filename == name else source.read(entry))
        with pytest.raises(SourceError):
            rows(stream.getvalue(), ".xlsx")
    with pytest.raises(SourceError):
        rows(good[:-100], ".xlsx")


def test_a_mixed_list_is_sorted_by_party_and_the_rest_by_what_is_missing(core: Library) -> None:
    found = sort(
        core,
        b"KE24T00012345674",
        b"QCALLa7K2m9XqZ",
        b"QCXYZ0123456789",
        b"KE24T00012345675",
        b"A1B2C3D4E5F6",
        b"QCALLb7K2m9XqZ",
        b"",
    )
    assert [(group.verdict, group.parties, [row.number for row in group.rows]) for group in found.groups] == [
        (Verdict.ROUTABLE, ("EU",), [2, 6]),
        (Verdict.ROUTABLE, ("KE",), [1]),
        (Verdict.NOT_A_MEMBER, ("MX",), [5]),
        (Verdict.CHECKS_FAILED, ("KE",), [4]),
        (Verdict.ISSUER_UNKNOWN, (), [3]),
        (Verdict.INADMISSIBLE, (), [7]),
    ]
    assert found.duplicates == ()


def test_a_pack_with_marks_of_two_parties_is_asked_about_at_both(core: Library) -> None:
    """Associated codes, export marks, re-stamped transit goods: each mark is a UID of its own."""
    found = sort(core, b"QCUKTh73kQwPz2Ya24052008", b"QCALLa7K2m9XqZB4c124051914")
    assert [group.parties for group in found.groups] == [("EU",), ("GB",)]
    assert found.duplicates == ()


def test_one_pack_in_three_forms_is_asked_about_once(core: Library) -> None:
    found = sort(
        core,
        b"QCALLa7K2m9XqZB4c124051914",
        b"KE24T00012345674",
        b"QCALLa7K2m9XqZ",
        b"QCALLa7K2m9XqZB4c1",
        b"KE24T00012345674",
    )
    assert found.duplicates == (Duplicate(3, 1), Duplicate(4, 1), Duplicate(5, 2))
    assert sum(len(group.rows) for group in found.groups) == 2


def test_a_misread_row_does_not_swallow_the_right_one(core: Library) -> None:
    found = sort(core, b"QCALLa7K2m9XqZB4c199999999", b"QCALLa7K2m9XqZB4c124051914")
    assert found.duplicates == ()
    assert [group.verdict for group in found.groups] == [Verdict.ROUTABLE, Verdict.CHECKS_FAILED]


def test_no_row_shows_its_uid_in_a_repr(core: Library) -> None:
    assert "KE24" not in repr(sort(core, b"KE24T00012345674"))


def test_ten_thousand_rows_are_sorted_at_once_and_in_their_order(core: Library) -> None:
    uids = [f"QCALL{number:09d}".encode() for number in range(9_000)] + [b"junk %d" % number for number in range(1_000)]
    found = sort(core, *uids)
    assert [(group.verdict, len(group.rows)) for group in found.groups] == [
        (Verdict.ROUTABLE, 9_000),
        (Verdict.UNKNOWN, 1_000),
    ]
    assert [row.number for row in found.groups[0].rows] == list(range(1, 9_001))
