"""A library file is untrusted: whatever is wrong in it is refused as a whole, and named."""

from collections.abc import Callable
from datetime import date

import pytest

from pattern_rules import LibraryError, load_library
from pattern_rules.errors import ExpressionProblem, LibraryProblem
from pattern_rules.loader import MAX_LIBRARY_OCTETS

Text = Callable[..., bytes]
Record = Callable[..., str]


def refusal(octets: bytes) -> LibraryError:
    with pytest.raises(LibraryError) as caught:
        load_library(octets)
    return caught.value


def test_a_good_library_is_read(library_text: Text, pattern_text: Record) -> None:
    library = load_library(library_text(pattern_text(), number=7))
    assert (library.version, library.expires, library.predecessor) == (7, date(2027, 1, 1), "0" * 64)
    assert [pattern.id for pattern in library.patterns] == ["p"]
    assert not library.expired(date(2027, 1, 1))
    assert library.expired(date(2027, 1, 2))


@pytest.mark.parametrize(
    ("change", "problem", "field"),
    [
        ({"id": '"P 1"'}, LibraryProblem.BAD_VALUE, "id"),
        ({"id": None}, LibraryProblem.MISSING_KEY, "id"),
        ({"party": '"ke"'}, LibraryProblem.BAD_VALUE, "party"),
        ({"party": '"../../x"'}, LibraryProblem.BAD_VALUE, "party"),
        ({"party": None}, LibraryProblem.MISSING_KEY, "party"),
        ({"level": '"pallet"'}, LibraryProblem.BAD_VALUE, "level"),
        ({"form": r'"a\nb"'}, LibraryProblem.BAD_VALUE, "form"),
        ({"priority": "true"}, LibraryProblem.BAD_VALUE, "priority"),
        ({"priority": "-1"}, LibraryProblem.BAD_VALUE, "priority"),
        ({"priority": None}, LibraryProblem.MISSING_KEY, "priority"),
        ({"provenance": None}, LibraryProblem.MISSING_KEY, "provenance"),
        ({"examples": None}, LibraryProblem.MISSING_KEY, "examples"),
        ({"examples": "[]"}, LibraryProblem.MISSING_KEY, "examples"),
        ({"examples": '["KE00011"]'}, LibraryProblem.EXAMPLE_DOES_NOT_MATCH, "examples"),
        ({"examples": '["KE0001\\n"]'}, LibraryProblem.EXAMPLE_DOES_NOT_MATCH, "examples"),
        ({"examples": '["КЕ0001"]'}, LibraryProblem.BAD_VALUE, "examples"),
        ({"examples": "[1]"}, LibraryProblem.BAD_VALUE, "examples"),
        ({"counter_examples": '["KE9999"]'}, LibraryProblem.COUNTER_EXAMPLE_MATCHES, "counter-examples"),
        ({"checks": '[{ rule = "sum" }]'}, LibraryProblem.BAD_VALUE, "rule"),
        ({"checks": '[{ rule = "luhn", over = ["sn"] }]'}, LibraryProblem.UNKNOWN_PART, "over"),
        ({"checks": '[{ rule = "luhn", of = [] }]'}, LibraryProblem.UNKNOWN_KEY, "of"),
        ({"stem_parts": '["sn"]'}, LibraryProblem.UNKNOWN_PART, "stem-parts"),
        ({"min_length": "9", "max_length": "8"}, LibraryProblem.BAD_VALUE, "max-length"),
        ({"max_length": "129"}, LibraryProblem.BAD_VALUE, "max-length"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-31"}, LibraryProblem.DATES, "valid-until"),
        ({"made_from": "2026-02-01T00:00:00"}, LibraryProblem.BAD_VALUE, "made-from"),
        ({"yields_to": '["nobody"]'}, LibraryProblem.UNKNOWN_PATTERN, "yields-to"),
        ({"yields_to": '["p"]'}, LibraryProblem.UNKNOWN_PATTERN, "yields-to"),
        ({"fallback": "true"}, LibraryProblem.PARTY_AND_GROUP, "fallback"),
        ({"regex": '"KE"'}, LibraryProblem.UNKNOWN_KEY, "regex"),
    ],
)
def test_a_bad_key_is_refused_and_named(
    library_text: Text, pattern_text: Record, change: dict[str, str | None], problem: LibraryProblem, field: str
) -> None:
    error = refusal(library_text(pattern_text(**change)))
    assert (error.problem, error.field) == (problem, field)
    assert error.pattern_id == ("#1" if field == "id" else "p")
    assert field in str(error)


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("(?=KE).*", ExpressionProblem.LOOK_AROUND),
        ("[A-Z0-9]*", ExpressionProblem.MATCHES_THE_EMPTY_STRING),
        (".+", ExpressionProblem.MATCHES_EVERYTHING),
        ("[0-9A-Za-z]{6}", ExpressionProblem.MATCHES_EVERYTHING),
    ],
)
def test_a_bad_expression_is_refused_with_its_reason(
    library_text: Text, pattern_text: Record, expression: str, problem: ExpressionProblem
) -> None:
    error = refusal(library_text(pattern_text(expression=f"'{expression}'")))
    assert (error.problem, error.pattern_id, error.field) == (LibraryProblem.EXPRESSION, "p", "expression")
    assert error.detail is problem
    assert expression not in str(error)


def test_matching_everything_is_allowed_to_a_pattern_that_never_routes(
    library_text: Text, pattern_text: Record
) -> None:
    record = pattern_text(party='""', fallback="true", expression="'.+'")
    assert load_library(library_text(record)).pattern_parties("p") == frozenset()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"parties": '{ A = "CI" }'}, LibraryProblem.GROUP_NOT_DECLARED),
        ({"parties": '{ A = "CI", B = "SN", C = "ML" }'}, LibraryProblem.GROUP_NOT_DECLARED),
        ({"parties": '{ A = "CI", B = "" }'}, LibraryProblem.BAD_VALUE),
        ({"expression": "'W(?P<cc>[A-Z]{2})'", "examples": '["WAB"]'}, LibraryProblem.GROUP_NOT_DECLARED),
        ({"expression": "'W(?:A|B)'"}, LibraryProblem.UNKNOWN_PART),
        ({"party": '"CI"'}, LibraryProblem.PARTY_AND_GROUP),
        ({"party_part": None}, LibraryProblem.PARTY_AND_GROUP),
    ],
)
def test_a_part_that_names_the_party_must_declare_exactly_its_alternatives(
    library_text: Text, pattern_text: Record, change: dict[str, str | None], problem: LibraryProblem
) -> None:
    good: dict[str, str | None] = {
        "party": None,
        "party_part": '"cc"',
        "parties": '{ A = "CI", B = "SN" }',
        "expression": "'W(?P<cc>A|B)'",
        "examples": '["WA"]',
    }
    library = load_library(library_text(pattern_text(**good)))
    assert library.pattern_parties("p") == {"CI", "SN"}
    assert library.owner("p", {"cc": b"B"}) == "SN"
    assert refusal(library_text(pattern_text(**(good | change)))).problem is problem


def test_two_patterns_with_one_id_are_refused(library_text: Text, pattern_text: Record) -> None:
    assert refusal(library_text(pattern_text(), pattern_text())).problem is LibraryProblem.DUPLICATE_ID


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"", LibraryProblem.MISSING_KEY),
        (b"\xff", LibraryProblem.NOT_UTF8),
        (b"format = ", LibraryProblem.NOT_TOML),
        (b"a = " + b"[" * 100_000, LibraryProblem.NOT_TOML),
        (b"a = " + b"9" * 100_000, LibraryProblem.NOT_TOML),
        (b"a = 1\na = 2", LibraryProblem.NOT_TOML),
        (b"format = 2", LibraryProblem.UNKNOWN_FORMAT),
        (b"format = 1\nnumber = 0", LibraryProblem.BAD_VALUE),
        (b"format = 1\nnumber = 1\nissued = 2026-01-01\nexpires = 2025-01-01", LibraryProblem.DATES),
        (b"format = 1\nnumber = 1\nissued = 2026-01-01\nexpires = '2027'", LibraryProblem.BAD_VALUE),
        (b"secret = 1", LibraryProblem.UNKNOWN_KEY),
        (b"\x00", LibraryProblem.NOT_TOML),
        (b"#" * (MAX_LIBRARY_OCTETS + 1), LibraryProblem.TOO_BIG),
    ],
    ids=lambda value: value.value if isinstance(value, LibraryProblem) else "",
)
def test_a_file_that_is_no_library_is_refused(octets: bytes, problem: LibraryProblem) -> None:
    assert refusal(octets).problem is problem


@pytest.mark.parametrize(
    ("number", "predecessor"), [(1, "0" * 64), (2, ""), (2, "0" * 63), (2, "G" * 64), (2, "A" * 64)]
)
def test_a_predecessor_that_does_not_fit_the_number_is_refused(
    library_text: Text, pattern_text: Record, number: int, predecessor: str
) -> None:
    old = b'predecessor = ""' if number == 1 else b'predecessor = "' + b"0" * 64 + b'"'
    octets = library_text(pattern_text(), number=number).replace(old, f'predecessor = "{predecessor}"'.encode())
    assert refusal(octets).field == "predecessor"


def test_a_pattern_id_that_would_forge_a_log_line_is_not_repeated(library_text: Text, pattern_text: Record) -> None:
    error = refusal(library_text(pattern_text(id=r'"a\nlibrary accepted"')))
    assert "accepted" not in str(error)
    assert "\n" not in str(error)


def test_a_pattern_can_be_limited_to_days_of_the_question(library_text: Text, pattern_text: Record) -> None:
    library = load_library(library_text(pattern_text(valid_from="2026-02-01", valid_until="2026-02-28")))
    assert library.pattern_parties("p", date(2026, 2, 28)) == {"KE"}
    assert library.pattern_parties("p", date(2026, 3, 1)) == frozenset()
    assert library.pattern_parties("p", date(2026, 1, 31)) == frozenset()
