"""What a proposed library would change is found before it is published, with a UID that shows it."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pattern_rules import Library, load_library
from pattern_rules.difference import Change, difference
from pattern_rules.overlap import Sharing, overlap
from pattern_rules.review import Finding, Weight, review

Text = Callable[..., bytes]
Record = Callable[..., str]
TODAY = date(2026, 11, 21)


@pytest.fixture
def two(library_text: Text, pattern_text: Record) -> Callable[..., Library]:
    """A library of two patterns: KE's "one", UG's "two"."""

    def load(one: str, one_example: str, two: str, two_example: str, **more: str) -> Library:
        return load_library(
            library_text(
                pattern_text(id='"one"', party='"KE"', expression=f"'{one}'", examples=f"['{one_example}']"),
                pattern_text(id='"two"', party='"UG"', expression=f"'{two}'", examples=f"['{two_example}']", **more),
            )
        )

    return load


@pytest.mark.parametrize(
    ("one", "one_example", "other", "other_example"),
    [
        ("^10[0-9]-.*$", "100-1", "10[5-9]-.{3}", "105-abc"),
        (r"\d{12}", "000000000000", "[0-9A-F]{12}", "00000000000A"),
        ("[A-Z]{2}[0-9]*", "AB", "(?:A|B)+7", "A7"),
        ("A.{1,50}Z", "A1Z", "[AB]+XYZ", "AXYZ"),
        ("(?:ab|cd){3}", "ababab", ".{4}ab", "0000ab"),
    ],
)
def test_an_overlap_is_found_with_a_uid_both_accept(
    *, two: Callable[..., Library], one: str, one_example: str, other: str, other_example: str
) -> None:
    library = two(one, one_example, other, other_example)
    found = overlap(library.by_id["one"], library.by_id["two"])
    assert found.sharing is Sharing.SHARED
    assert found.witness is not None
    assert library.by_id["one"].parts(found.witness) is not None
    assert library.by_id["two"].parts(found.witness) is not None


@pytest.mark.parametrize(
    ("one", "one_example", "other", "other_example"),
    [
        (r"KE\d{4}", "KE0000", r"UG\d{4}", "UG0000"),
        (r"\d{12}", "000000000000", "[A-F]{12}", "AAAAAAAAAAAA"),
        ("[A-Z]+1", "A1", "[A-Z]+2", "A2"),
        ("(?:[a-f].)+", "ab", "(?:[a-f].)+a", "aba"),
        ("x.*y", "xy", "x.*z", "xz"),
        ("[a-c]{3,9}", "abc", "[a-c]{10,}", "abcabcabca"),
    ],
)
def test_patterns_that_share_nothing_are_told_apart(
    *, two: Callable[..., Library], one: str, one_example: str, other: str, other_example: str
) -> None:
    library = two(one, one_example, other, other_example)
    assert overlap(library.by_id["one"], library.by_id["two"]).sharing is Sharing.NONE


def test_declared_lengths_are_part_of_the_pattern(two: Callable[..., Library]) -> None:
    library = two("[A-Z]{3}", "ABC", "[A-Z]+", "ABCD", min_length="4")
    assert overlap(library.by_id["one"], library.by_id["two"]).sharing is Sharing.NONE
    library = two("[A-Z]{3,5}", "ABC", "[A-Z]+", "ABCD", min_length="4")
    witness = overlap(library.by_id["one"], library.by_id["two"]).witness
    assert witness is not None
    assert len(witness) == 4


def test_a_search_that_grows_too_large_is_left_to_a_human(two: Callable[..., Library]) -> None:
    one = "(?:[a-y]{1,20}[a-z]?){1,20}z1q*"
    other = "(?:[a-x]{1,19}[a-z]?){1,20}z2q*"
    assert overlap(*two(one, "az1", other, "az2").patterns).sharing is Sharing.UNDECIDED


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "[ab]", "a*", "b?", "(?:a|bb)", "(?:ab)+"]), min_size=1, max_size=4), st.data()
)
def test_the_search_misses_no_short_uid_that_both_accept(pieces: list[str], data: st.DataObject) -> None:
    others = data.draw(st.lists(st.sampled_from(["a", "b", "[ab]", "a?", "b*", "(?:b|aa)"]), min_size=1, max_size=4))
    head = b'format = 1\nnumber = 1\nissued = 2026-01-01\nexpires = 2027-01-01\npredecessor = ""\n'
    record = (
        "[[pattern]]\nid='{}'\nparty='{}'\nlevel='unit'\nform='f'\nexpression='x{}'\n"
        "priority=1\nexamples=['{}']\nprovenance='t'\n"
    )
    strings = [f"x{number:b}".replace("1", "a").replace("0", "b") for number in range(64)] + ["x"]

    def example(source: str) -> str:
        import re2  # noqa: PLC0415  only to find an example

        return next(text for text in strings if re2.fullmatch(source, text))

    one, two = "".join(pieces), "".join(others)
    try:
        texts = [example("x" + one), example("x" + two)]
    except StopIteration:
        return
    body = record.format("one", "KE", one, texts[0]) + record.format("two", "UG", two, texts[1])
    library = load_library(head + body.encode())
    first, second = library.patterns
    shared = [
        text for text in strings if first.parts(text.encode()) is not None and second.parts(text.encode()) is not None
    ]
    found = overlap(first, second)
    if shared:
        assert found.sharing is Sharing.SHARED
    if found.witness is not None:
        assert first.parts(found.witness) is not None
        assert second.parts(found.witness) is not None


def test_the_known_collisions_of_the_shipped_library_are_found(core: Library) -> None:
    def shared(one: str, two: str) -> bool:
        return overlap(core.by_id[one], core.by_id[two]).sharing is Sharing.SHARED

    assert shared("ru-pack29", "uz-pack29")
    assert shared("uz-pack29", "kz-pack29")
    assert shared("ru-ends31", "gs1-sgtin")
    assert shared("mx-12", "codentify-12")
    assert shared("eu-kpl2f", "mx-12")
    assert not shared("eu-qcall-l", "eu-qcall-i")
    assert not shared("ke-stamp", "tr-bandrol-old")


def followed(octets: bytes, before: Library) -> bytes:
    return octets.replace(b"0" * 64, before.sha256.encode())


def test_a_new_pattern_that_takes_anothers_uids_needs_consent(library_text: Text, pattern_text: Record) -> None:
    mine = pattern_text(id='"ug"', party='"UG"', expression="'100-2[0-9]+'", examples='["100-21"]')
    greedy = {"id": '"ke"', "party": '"KE"', "expression": "'100-.+'", "examples": '["100-9"]'}
    before = load_library(library_text(mine))
    after = load_library(followed(library_text(mine, pattern_text(**greedy), number=2), before))
    found = review(before, after, on=TODAY)
    assert [change.pattern_id for change in found.changes if change.change is Change.ADDED] == ["ke"]
    assert not found.publishable
    remark = next(r for r in found.remarks if r.finding is Finding.MATCHES_EXAMPLE_OF_ANOTHER_PARTY)
    assert (remark.weight, remark.pattern_id, remark.other_id) == (Weight.NEEDS_CONSENT, "ke", "ug")
    assert remark.witness == b"100-21"

    standing_back = load_library(
        followed(library_text(mine, pattern_text(**greedy, yields_to='["ug"]'), number=2), before)
    )
    assert review(before, standing_back, on=TODAY).publishable


def test_an_overlap_without_examples_in_it_is_found_too(library_text: Text, pattern_text: Record) -> None:
    mine = pattern_text(id='"ug"', party='"UG"', expression=r"'A\d{3}'", examples='["A000"]')
    new = pattern_text(id='"ke"', party='"KE"', expression="'[A-Z][0-9A-F]{2}7'", examples='["BFF7"]')
    before = load_library(library_text(mine))
    after = load_library(followed(library_text(mine, new, number=2), before))
    remark = review(before, after, on=TODAY).remarks[0]
    assert remark.finding is Finding.OVERLAPS_ANOTHER_PARTY
    assert remark.witness == b"A007"


def test_a_uid_declared_earlier_that_would_move_or_be_lost_is_shown(library_text: Text, pattern_text: Record) -> None:
    old = pattern_text(id='"a"', party='"KE"', expression=r"'A\d{3}'", examples='["A000"]')
    before = load_library(library_text(old))
    moved = pattern_text(id='"a"', party='"UG"', expression=r"'A\d{3}'", examples='["A000"]')
    lost = pattern_text(id='"a"', party='"KE"', expression=r"'A\d{2}'", examples='["A00"]')

    def findings(record: str) -> set[Finding]:
        after = load_library(followed(library_text(record, number=2), before))
        return {remark.finding for remark in review(before, after, on=TODAY).remarks}

    assert findings(moved) == {Finding.EXAMPLE_MOVES}
    assert findings(lost) == {Finding.EXAMPLE_NO_LONGER_RECOGNISED}
    assert findings(old) == set()


def test_number_and_predecessor_must_follow(library_text: Text, pattern_text: Record) -> None:
    before = load_library(library_text(pattern_text()))
    good = load_library(followed(library_text(pattern_text(), number=2), before))
    assert review(before, good, on=TODAY).publishable
    skipped = load_library(followed(library_text(pattern_text(), number=3), before))
    other_line = load_library(library_text(pattern_text(), number=2))
    for after, finding in (
        (skipped, Finding.NUMBER_DOES_NOT_FOLLOW),
        (other_line, Finding.PREDECESSOR_DOES_NOT_MATCH),
    ):
        found = review(before, after, on=TODAY)
        assert [(remark.weight, remark.finding) for remark in found.remarks] == [(Weight.BLOCKS, finding)]


def test_a_synthetic_pattern_is_labelled_in_the_review(library_text: Text, pattern_text: Record) -> None:
    before = load_library(library_text(pattern_text()))
    new = pattern_text(id='"q"', expression=r"'KF\d'", examples='["KF1"]', synthetic="true")
    after = load_library(followed(library_text(pattern_text(), new, number=2), before))
    found = review(before, after, on=TODAY)
    assert found.publishable
    assert [remark.finding for remark in found.remarks] == [Finding.SYNTHETIC]


def test_the_difference_names_each_field(library_text: Text, pattern_text: Record) -> None:
    before = load_library(library_text(pattern_text(), pattern_text(id='"gone"')))
    after = load_library(
        library_text(pattern_text(expression=r"'KE\d{4,5}'", valid_until="2027-01-01"), pattern_text(id='"new"'))
    )
    changes = {change.pattern_id: change for change in difference(before, after)}
    assert {name: change.change for name, change in changes.items()} == {
        "gone": Change.REMOVED,
        "new": Change.ADDED,
        "p": Change.CHANGED,
    }
    assert {(field.field, field.before, field.after) for field in changes["p"].fields} >= {
        ("expression", r"KE\d{4}", r"KE\d{4,5}"),
        ("max_length", "6", "7"),
    }
    assert difference(before, before) == ()
