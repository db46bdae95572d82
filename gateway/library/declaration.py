"""From the form pattern-declaration to patterns of the library: one record a pattern, every field proven.

What the form does not ask (issuer's numbering stems, patterns that yield) an amended pattern keeps.
"""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from lxml import etree

from forms.form import Form, digest
from forms.uids import decode_uid
from gateway.library.problem import LibraryLifeError, Problem
from pattern_rules import Library, Pattern
from pattern_rules.expression import accept
from pattern_rules.library import Status
from pattern_rules.pattern_record import read_pattern

PACK = "pattern-declaration"
DEFAULT_PRIORITY = 60
_NOTE_CHARACTERS, _ISSUER_CHARACTERS, _REGION_CHARACTERS = 500, 32, 8  # pattern_rules.pattern_record
_FORMS = {"long": "upUI(L)", "intermediate": "upUI(i)", "short": "upUI(s)", "other": "other"}
_CHECKED_PARTS = {"luhn": "luhn", "gtin": "gtin", "sscc": "sscc", "mod97": "mod97", "time-stamp": "ts"}
_RULES = {"time-stamp": "timestamp"}
_DAYS = {
    "made-from": "valid-from",
    "made-until": "valid-until",
    "valid-from": "asked-from",
    "valid-until": "asked-until",
}
_GS = "\x1d"
_CHARACTER_SETS = {
    "digits": frozenset(string.digits),
    "upper-case-alphanumeric": frozenset(string.digits + string.ascii_uppercase),
    "alphanumeric": frozenset(string.digits + string.ascii_letters),
    # GS1 General Specifications, character set 82, and the separator
    "gs1": frozenset(string.digits + string.ascii_letters + "!\"%&'()*+,-./:;<=>?_" + _GS),
    # ISO/IEC 646 invariant set, as Regulation (EU) 2018/574 prescribes it
    "invariant": frozenset(string.digits + string.ascii_letters + " !\"%&'()*+,-./:;<=>?_"),
}


class Change(StrEnum):
    """What a Party declares about one of its patterns."""

    DECLARE = "declare"
    AMEND = "amend"
    RETIRE = "retire"


@dataclass(frozen=True, slots=True)
class DeclaredPattern:
    """One pattern of a declaration; `pattern` is as it will stand in the library."""

    change: Change
    pattern: Pattern = field(repr=False)

    @property
    def id(self) -> str:
        """Its identifier in the library: lower case."""
        return self.pattern.id


def pattern_ids(form: Form) -> tuple[str, ...]:
    """The identifiers a declaration is about, as the library writes them."""
    return tuple(_text(node, "id").lower() for node in form.tree().iterfind("{*}pattern"))


def read_declaration(
    form: Form, library: Library, *, party: str, on: date, synthetic: bool
) -> tuple[DeclaredPattern, ...]:
    """The patterns of a valid form, checked one by one against the library in force.

    party: whose declaration it is. on: day it came. synthetic: the formats are invented, for a pilot.
    Raises LibraryLifeError naming the pattern; LibraryError for what a library refuses (hostile or unbounded
    expressions, examples that do not match, counter-examples that do).
    """
    if form.pack != PACK:
        raise LibraryLifeError(Problem.NOT_A_DECLARATION)
    provenance = f"declared by {party}, received {on.isoformat()}, declaration {digest(form)}"
    declared: list[DeclaredPattern] = []
    for node in form.tree().iterfind("{*}pattern"):
        one = _read_one(node, library, party, provenance, synthetic=synthetic)
        if one.id in {other.id for other in declared}:
            raise LibraryLifeError(Problem.PATTERN_EXISTS, one.id)
        declared.append(one)
    return tuple(declared)


def _read_one(
    node: etree._Element, library: Library, party: str, provenance: str, *, synthetic: bool
) -> DeclaredPattern:
    pattern_id, change = _text(node, "id").lower(), Change(_text(node, "change"))
    old = library.by_id.get(pattern_id)
    if change is Change.DECLARE and old is not None:
        raise LibraryLifeError(Problem.PATTERN_EXISTS, pattern_id)
    if change is not Change.DECLARE:
        if old is None:
            raise LibraryLifeError(Problem.UNKNOWN_PATTERN, pattern_id)
        if old.party != party:
            raise LibraryLifeError(Problem.PATTERN_NOT_YOURS, pattern_id)
    if change is Change.RETIRE and old is not None:
        return DeclaredPattern(change, _retired(node, old, provenance))
    table = {**_kept(old, node), **_record(node, party), "provenance": provenance}
    table["synthetic"] = synthetic or (old is not None and old.synthetic)
    pattern = read_pattern(table, 1).value
    _check_characters(node, pattern)
    return DeclaredPattern(change, pattern)


def _retired(node: etree._Element, old: Pattern, provenance: str) -> Pattern:
    if _text(node, "expression") != old.expression.source or old.status is Status.RETIRED:
        raise LibraryLifeError(Problem.RETIRED_OTHERWISE_CHANGED, old.id)
    return replace(old, status=Status.RETIRED, provenance=provenance)


def _kept(old: Pattern | None, node: etree._Element) -> dict[str, object]:
    """What an amended pattern keeps because the form does not ask for it."""
    if old is None:
        return {}
    kept: dict[str, object] = {"yields-to": list(old.yields_to)}
    if old.stem and set(old.stem_parts) <= set(accept(_text(node, "expression")).groups):
        kept |= {"stem": old.stem, "stem-parts": list(old.stem_parts)}
    return kept


def _record(node: etree._Element, party: str) -> dict[str, object]:
    pattern_id = _text(node, "id").lower()
    note = " ".join(_text(node, "description").split())
    issuer, region = _text(node, "issuer"), _text(node, "region")
    if len(note) > _NOTE_CHARACTERS or len(issuer) > _ISSUER_CHARACTERS or len(region) > _REGION_CHARACTERS:
        raise LibraryLifeError(Problem.TEXT_TOO_LONG, pattern_id)
    table: dict[str, object] = {
        "id": pattern_id,
        "party": party,
        "level": _text(node, "level"),
        "form": _FORMS[_text(node, "form")],
        "carrier": ", ".join(_texts(node, "carrier")),
        "issuer": issuer,
        "region": region,
        "expression": _text(node, "expression"),
        "min-length": int(_text(node, "minimum-length")),
        "max-length": int(_text(node, "maximum-length")),
        "checks": list(_checks(node, pattern_id)),
        "priority": int(_text(node, "priority") or DEFAULT_PRIORITY),
        "examples": [_uid(text, pattern_id) for text in _texts(node, "example")],
        "counter-examples": [_uid(text, pattern_id) for text in _texts(node, "counter-example")],
        "note": note,
    }
    # A pack is asked about long after it was made: `valid` in the form is about manufacture, `asked` about questions.
    for key, name in _DAYS.items():
        if _text(node, name):
            table[key] = date.fromisoformat(_text(node, name))
    return table


def _checks(node: etree._Element, pattern_id: str) -> Iterator[Mapping[str, object]]:
    """A check is over the part of the expression that bears its name, else over the whole UID."""
    rule = _text(node, "check-rule")
    if rule in {"", "none"}:
        return
    part = _CHECKED_PARTS[rule]
    named = part in accept(_text(node, "expression")).groups
    if rule == "time-stamp" and not named:
        raise LibraryLifeError(Problem.TIME_STAMP_PART, pattern_id)
    yield {"rule": _RULES.get(rule, rule), "over": [part] if named else []}


def _check_characters(node: etree._Element, pattern: Pattern) -> None:
    allowed = _CHARACTER_SETS.get(_text(node, "character-set"))
    if allowed is not None and any(set(example.decode("ascii")) - allowed for example in pattern.examples):
        raise LibraryLifeError(Problem.CHARACTER_SET, pattern.id)
    tree = pattern.expression.tree
    if pattern.min_length > tree.most or pattern.max_length < tree.least:
        raise LibraryLifeError(Problem.LENGTHS, pattern.id)


def _uid(text: str, pattern_id: str) -> str:
    try:
        return decode_uid(text).decode("ascii")
    except UnicodeDecodeError:
        raise LibraryLifeError(Problem.CHARACTER_SET, pattern_id) from None


def _text(node: etree._Element, name: str) -> str:
    return next(iter(_texts(node, name)), "")


def _texts(node: etree._Element, name: str) -> list[str]:
    return [child.text or "" for child in node.iterfind(f"{{*}}{name}")]
