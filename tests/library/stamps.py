"""Patterns that Parties declare in the tests, as the form they sign."""

from dataclasses import dataclass

from forms.entries import Entry, compose
from forms.form import Form
from forms.pack import core_shelf
from forms.uids import encode_uid


@dataclass(frozen=True, slots=True)
class Stamp:
    """One pattern of a declaration, with what a test changes."""

    id: str
    expression: str
    example: str
    counter_example: str = "X"
    change: str = "declare"
    lengths: tuple[int, int] | None = None
    characters: str = "alphanumeric"
    check: str = "none"
    issuer: str = ""
    description: str = ""
    made_until: str = ""
    asked: tuple[str, str] = ("", "")


def declaration(*stamps: Stamp, remarks: str = "") -> Form:
    """The form pattern-declaration."""
    entries = [Entry("authority", "Customs"), Entry("submitted-by", "A. Officer")]
    for number, stamp in enumerate(stamps, 1):
        low, high = stamp.lengths or (len(stamp.example), len(stamp.example))
        values = {
            "id": stamp.id,
            "change": stamp.change,
            "level": "unit",
            "form": "other",
            "expression": stamp.expression,
            "minimum-length": str(low),
            "maximum-length": str(high),
            "character-set": stamp.characters,
            "check-rule": stamp.check,
            "valid-from": "2026-01-01",
            "example[1]": encode_uid(stamp.example.encode()),
            "counter-example[1]": encode_uid(stamp.counter_example.encode()),
        }
        days = {"valid-until": stamp.made_until, "asked-from": stamp.asked[0], "asked-until": stamp.asked[1]}
        values |= {name: day for name, day in days.items() if day}
        values |= {"issuer": stamp.issuer} if stamp.issuer else {}
        values |= {"description": stamp.description} if stamp.description else {}
        entries += [Entry(f"pattern[{number}]/{name}", value) for name, value in values.items()]
    if remarks:
        entries.append(Entry("remarks", remarks))
    return compose(core_shelf().pack("pattern-declaration", "1"), "en", entries)
