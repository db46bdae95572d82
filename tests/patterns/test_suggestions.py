"""What a damaged UID may have been: offered to a human, never used."""

from datetime import date

import pytest

from pattern_rules import Library
from pattern_rules.suggestions import MAX_SUGGESTIONS, Cause, Suggestion, suggestions

TODAY = date(2026, 11, 21)
ELEMENT_STRING = "010123456798765123551qIgY)<&Jp3*j7SDB"
SHORT = "010123456798765123551qI"  # so short that AI 235 may swallow AI 8008 and still be legal


def suggest(library: Library, text: str) -> tuple[Suggestion, ...]:
    members = library.declared_members()
    return suggestions(library, text.encode(), on=TODAY, members=lambda party, _on: party in members)


@pytest.mark.parametrize(
    ("damaged", "cause", "meant", "party"),
    [
        ("KE24T0O012345674", Cause.LOOK_ALIKE_CHARACTERS, "KE24T00012345674", "KE"),
        ("KE24TOOO12345674", Cause.LOOK_ALIKE_CHARACTERS, "KE24T00012345674", "KE"),
        ("KE24T000l2345674", Cause.LOOK_ALIKE_CHARACTERS, "KE24T00012345674", "KE"),
        ("KE24T0001234S674", Cause.LOOK_ALIKE_CHARACTERS, "KE24T00012345674", "KE"),
        ("\u041a\u041524T00012345674", Cause.FOREIGN_CHARACTERS, "KE24T00012345674", "KE"),
        ("\uff2b\uff25\uff12\uff14T00012345674", Cause.FOREIGN_CHARACTERS, "KE24T00012345674", "KE"),
        ("KE\u0662\u0664T00012345674", Cause.FOREIGN_CHARACTERS, "KE24T00012345674", "KE"),
        ("\ufeffKE24T00012345674", Cause.INVISIBLE_CHARACTERS, "KE24T00012345674", "KE"),
        ("\u202eKE24T00012345674", Cause.INVISIBLE_CHARACTERS, "KE24T00012345674", "KE"),
        ("KE24T0001\u200b2345674", Cause.INVISIBLE_CHARACTERS, "KE24T00012345674", "KE"),
        ("\u00a0KE24T00012345674 ", Cause.INVISIBLE_CHARACTERS, "KE24T00012345674", "KE"),
        ("'KE24T00012345674", Cause.INVISIBLE_CHARACTERS, "KE24T00012345674", "KE"),
        ("\u201cKE24T00012345674\u201d", Cause.INVISIBLE_CHARACTERS, "KE24T00012345674", "KE"),
        ("BR\u201324\u20130A1B2C3D4E", Cause.INVISIBLE_CHARACTERS, "BR-24-0A1B2C3D4E", "BR"),
        (ELEMENT_STRING + "800824052008", Cause.MISSING_SEPARATOR, ELEMENT_STRING + "\x1d800824052008", "EU"),
        (SHORT + "800824052008", Cause.MISSING_SEPARATOR, SHORT + "\x1d800824052008", "EU"),
        ("1234560000000018", Cause.LEADING_ZEROS, "001234560000000018", ""),
    ],
)  # fmt: skip
def test_what_was_meant_is_suggested_with_the_cause(
    core: Library, damaged: str, cause: Cause, meant: str, party: str
) -> None:
    found = suggest(core, damaged)
    match = next(suggestion for suggestion in found if suggestion.octets == meant.encode())
    assert match.cause is cause
    assert match.parties == ((party,) if party else ())


@pytest.mark.parametrize("text", ["4.62E+13", "4,62E+13", "1.23457E+17", '"4.62e+13"'])
def test_digits_a_spreadsheet_has_rounded_away_are_not_invented(core: Library, text: str) -> None:
    assert [(s.cause, s.octets) for s in suggest(core, text)] == [(Cause.SCIENTIFIC_NOTATION, None)]


def test_lost_case_is_told_and_not_repaired(core: Library) -> None:
    assert [(s.cause, s.octets) for s in suggest(core, "qcalla7k2m9xqzb4c124051914")] == [(Cause.CASE_LOST, None)]


def test_letters_issuers_should_avoid_are_questioned_in_a_legal_uid_too(core: Library) -> None:
    found = suggest(core, "QCALLOlI000000")
    assert found[0].octets == b"QCALL011000000"
    assert all(suggestion.octets and suggestion.octets.startswith(b"QCALL") for suggestion in found)


@pytest.mark.parametrize("text", ["KE24T00012345674", "QCALLa7K2m9XqZ", "hello world", "", "-", "0" * 128])
def test_nothing_is_suggested_without_reason(core: Library, text: str) -> None:
    assert suggest(core, text) == ()


@pytest.mark.parametrize(
    "text", ["O0" * 64, "l1I" * 40, "\u0410" * 500, "x" * 100_000, "\U0001f600", "\x1d" * 9, "8008"]
)
def test_hostile_text_gives_few_suggestions_and_no_error(core: Library, text: str) -> None:
    assert len(suggest(core, text)) <= MAX_SUGGESTIONS + 2
