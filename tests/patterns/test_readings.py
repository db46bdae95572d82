"""Notations are undone by name, once each, and only if the result is what the notation stands for."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pattern_rules import core_library_octets, load_library, recognise
from pattern_rules.readings import MAX_READINGS, Step, readings
from pattern_rules.suggestions import suggestions
from pattern_rules.why_not import why_not

CORE = load_library(core_library_octets())
TODAY = date(2026, 11, 21)


def read(octets: bytes) -> dict[bytes, tuple[Step, ...]]:
    return {reading.octets: reading.steps for reading in readings(octets)}


@pytest.mark.parametrize(
    ("octets", "meant", "step"),
    [
        (b"]d2ABC", b"ABC", Step.SYMBOLOGY_IDENTIFIER),
        (b"A<GS>B<GS>C", b"A\x1dB\x1dC", Step.GS_SPELLING),
        (b"(01)01234567987651(21)A(B)", b"010123456798765121A(B)", Step.BRACKETS),
        (b"(01)01234567987651(21)A(8008)24051914", b"010123456798765121A\x1d800824051914", Step.BRACKETS),
        (b"(00)001234560000000018", b"00001234560000000018", Step.BRACKETS),
        (b"https://x.example/01/01234567987651/21/A%2FB", b"010123456798765121A/B", Step.DIGITAL_LINK),
        (b"https://x.example/a/b/01/01234567987651/21/A", b"010123456798765121A", Step.DIGITAL_LINK),
        (b"https://x.example/01/1234567987651/21/A?x=1", b"010123456798765121A", Step.DIGITAL_LINK),
        (
            b"https://x.example/01/01234567987651/235/A?8008=24051914",
            b"0101234567987651235A\x1d800824051914",
            Step.DIGITAL_LINK,
        ),
        (b"https://x.example/00/001234560000000018", b"00001234560000000018", Step.DIGITAL_LINK),
        (b"urn:epc:id:upui:1234567.098765.A%2FB", b"0101234567987651235A/B", Step.URN),
        (b"urn:epc:id:sgtin:1234567.098765.A", b"010123456798765121A", Step.URN),
        (b"urn:epc:id:sscc:0123456.0000000001", b"00001234560000000018", Step.URN),
        (b"A1B 2C3-D4E", b"A1B2C3D4E", Step.SPACES_AND_HYPHENS),
    ],
)
def test_a_notation_is_undone(octets: bytes, meant: bytes, step: Step) -> None:
    assert read(octets)[meant] == (step,)
    assert readings(octets)[0].octets == octets
    assert readings(octets)[0].steps == ()


@pytest.mark.parametrize(
    "octets",
    [
        b"KE24T00012345674",
        b"(A)B",
        b"(01)0123456798765(21)A",
        b"(01)0123456798765X(21)A",
        b"x(01)01234567987651",
        b"(01)01234567987651(21)" + b"A" * 21,
        b"https://x.example/01/01234567987651/235",
        b"https://x.example/01/01234567987651/77/A",
        b"https://x.example/01/ABC/21/A",
        b"https://[/01/01234567987651/21/A",
        b"https://x.example/01/01234567987651/21/A?" + b"a=1&" * 100,
        b"ftp://x.example/01/01234567987651/21/A",
        b"urn:epc:id:upui:1234567.098765.",
        b"urn:epc:id:upui:12345678.098765.A",
        b"urn:epc:id:upui:..",
        b"urn:epc:id:giai:1234567.A",
    ],
)
def test_what_is_not_that_notation_is_left_alone(octets: bytes) -> None:
    assert [reading.steps for reading in readings(octets) if reading.steps != (Step.SPACES_AND_HYPHENS,)] == [()]


def test_nothing_is_decoded_twice() -> None:
    twice = b"https://x.example/01/01234567987651/21/A%252FB"
    assert b"010123456798765121A%2FB" in read(twice)
    assert b"010123456798765121A/B" not in read(twice)
    assert b"ABC" not in read(b"]d2]d2ABC")


def test_a_link_inside_other_notations_is_found_and_each_step_is_named() -> None:
    found = read(b"]Q3https://x.example/01/01234567987651/235/A")
    assert found[b"0101234567987651235A"] == (Step.SYMBOLOGY_IDENTIFIER, Step.DIGITAL_LINK)


TOKENS = st.sampled_from(
    [
        *(
            b"]d2",
            b"<GS>",
            b"\x1d",
            b"(01)",
            b"(235)",
            b"(",
            b")",
            b"01234567987651",
            b"https://",
            b"x.example",
            b"/01/",
        ),
        *(b"/235/", b"urn:epc:id:upui:", b"1234567.098765.", b"%25", b"%1D", b"%", b"?8008=", b"24051914", b"8008"),
        *(b" ", b"-", b"KE24", b"QCALL", b"a7K2m9XqZ", "␝".encode(), "К".encode(), b"\xff", b"\x00", b"[", b"E+", b"'"),
        b"0" * 20,
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(TOKENS, max_size=12).map(b"".join)))
def test_no_octets_raise_anything_or_grow_without_bound(octets: bytes) -> None:
    assert len(readings(octets)) <= MAX_READINGS
    assert all(len(reading.octets) <= len(octets) + 20 for reading in readings(octets))

    def everyone(_party: str, _on: date | None) -> bool:
        return True

    assert recognise(CORE, octets, on=TODAY, members=everyone) == recognise(CORE, octets, on=TODAY, members=everyone)
    suggestions(CORE, octets, on=TODAY, members=everyone)
    why_not(CORE, octets, "KE", on=TODAY, members=everyone)
