"""A library that is written is the library that is read: publishing and rolling back lose nothing."""

from collections.abc import Callable
from datetime import date

from pattern_rules import Library, load_library
from pattern_rules.difference import difference
from pattern_rules.review import review
from pattern_rules.writer import write_library, write_successor

ISSUED, EXPIRES = date(2026, 12, 1), date(2027, 12, 1)
Text = Callable[..., bytes]
Record = Callable[..., str]


def test_the_shipped_library_survives_being_written(core: Library) -> None:
    octets = write_library(core.patterns, number=1, issued=ISSUED, expires=EXPIRES)
    again = load_library(octets)
    assert difference(core, again) == ()
    assert again.patterns == core.patterns
    assert (again.version, again.issued, again.expires, again.predecessor) == (1, ISSUED, EXPIRES, "")
    assert write_library(again.patterns, number=1, issued=ISSUED, expires=EXPIRES) == octets


def test_every_key_survives_being_written(library_text: Text, pattern_text: Record) -> None:
    other = pattern_text(id='"other"', expression=r"'KF\d'", examples='["KF1"]')
    full = pattern_text(
        expression=r"'KE(?P<sn>\d+)(?:\x1D.)*'",
        examples=r'["KE18", "KE18\u001D\"\u001D\\"]',
        counter_examples=r'["KE\u007f"]',
        min_length="4",
        max_length="40",
        member="false",
        region='"EU"',
        issuer='"é"',
        carrier='"QR"',
        checks='[{ rule = "luhn", over = ["sn"] }, { rule = "mod97" }]',
        stem='"s"',
        stem_parts='["sn"]',
        yields_to='["other"]',
        valid_from="2026-01-01",
        valid_until="2026-12-31",
        made_until="2025-12-31",
        status='"retired"',
        synthetic="true",
        note=r'"a \\ and \" 缔约方"',
    )
    library = load_library(library_text(full, other))
    assert load_library(write_library(library.patterns, number=1, issued=ISSUED, expires=EXPIRES)).patterns == (
        library.patterns
    )


def test_a_rollback_is_a_new_version_with_the_old_patterns(library_text: Text, pattern_text: Record) -> None:
    first = load_library(library_text(pattern_text()))
    wrong = load_library(write_successor(first, first.patterns[:0], issued=ISSUED, expires=EXPIRES))
    assert (wrong.version, wrong.predecessor) == (2, first.sha256)
    back = load_library(write_successor(wrong, first.patterns, issued=ISSUED, expires=EXPIRES))
    assert (back.version, back.predecessor) == (3, wrong.sha256)
    assert back.patterns == first.patterns
    assert review(wrong, back, on=ISSUED).publishable
    assert not review(first, wrong, on=ISSUED).publishable
