"""One [[pattern]] table of a library file: every key checked, examples proven, defaults filled in."""

import string
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from pattern_rules.breadth import refuse_if_everything
from pattern_rules.checks import Check, Rule
from pattern_rules.errors import ExpressionError, LibraryError, LibraryProblem
from pattern_rules.expression import Accepted, accept
from pattern_rules.expression_parser import MAX_EXPRESSION_OCTETS, MAX_GROUP_NAME
from pattern_rules.expression_tree import MAX_UID_OCTETS, strings_of
from pattern_rules.fields import Fields
from pattern_rules.index import Entry
from pattern_rules.library import Level, Pattern, Period, Status
from pattern_rules.shape import shape_of, shapes_of

_KEYS = frozenset(
    {
        "id",
        "party",
        "party-part",
        "parties",
        "member",
        "fallback",
        "region",
        "issuer",
        "level",
        "form",
        "carrier",
        "expression",
        "min-length",
        "max-length",
        "checks",
        "stem",
        "stem-parts",
        "priority",
        "yields-to",
        "valid-from",
        "valid-until",
        "made-from",
        "made-until",
        "examples",
        "counter-examples",
        "status",
        "synthetic",
        "provenance",
        "note",
    }
)
_CHECK_KEYS = frozenset({"rule", "over"})
_ID_CHARACTERS = frozenset(string.ascii_lowercase + string.digits + "-")
_PARTY_CHARACTERS = frozenset(string.ascii_uppercase + string.digits)
MAX_ID = 64
MAX_PARTY = 8  # as in the directory
MAX_PARTIES = 256
MAX_EXAMPLES = 64
MAX_CHECKS = 4
MAX_PRIORITY = 1000

E = TypeVar("E", bound=StrEnum)


def read_pattern(table: Mapping[str, object], number: int) -> Entry[Pattern]:
    """Reads one pattern.

    table: as parsed. number: its place in the file from 1, which names it until its id is known to be well-formed.
    Raises LibraryError.
    """
    raw_id = table.get("id")
    known = isinstance(raw_id, str) and 0 < len(raw_id) <= MAX_ID and _ID_CHARACTERS.issuperset(raw_id)
    fields = Fields(table, str(raw_id) if known else f"#{number}", _KEYS)
    if not known:
        fields.refuse("id", LibraryProblem.BAD_VALUE if fields.has("id") else LibraryProblem.MISSING_KEY)
    fallback = fields.boolean("fallback", default=False)
    party = _party_code(fields, "party", fields.text("party", MAX_PARTY, default=""))
    accepted = _expression(fields, bounded=bool(party) or fields.has("parties"))
    party_part, parties = _parties(fields, accepted, party)
    if fallback and (party or parties):
        fields.refuse("fallback", LibraryProblem.PARTY_AND_GROUP)
    longest = min(accepted.tree.most, MAX_UID_OCTETS)
    min_length = fields.integer("min-length", 1, MAX_UID_OCTETS, default=accepted.tree.least)
    pattern = Pattern(
        id=fields.pattern_id,
        party=party,
        party_part=party_part,
        parties=parties,
        member=fields.boolean("member", default=True),
        fallback=fallback,
        region=_party_code(fields, "region", fields.text("region", MAX_PARTY, default="")),
        issuer=fields.text("issuer", 32, default=""),
        level=_choice(fields, "level", Level),
        form=fields.text("form", 64),
        carrier=fields.text("carrier", 64, default=""),
        expression=accepted.expression,
        prefix=shape_of(accepted.tree, 1, MAX_UID_OCTETS).prefix,
        min_length=min_length,
        max_length=fields.integer("max-length", min_length, MAX_UID_OCTETS, default=max(longest, min_length)),
        checks=_checks(fields, accepted),
        stem=fields.text("stem", MAX_ID, default=""),
        stem_parts=_part_names(fields, "stem-parts", accepted),
        priority=fields.integer("priority", 0, MAX_PRIORITY),
        yields_to=fields.strings("yields-to", MAX_ID, 64),
        valid=_period(fields, "valid"),
        made=_period(fields, "made"),
        examples=fields.octets("examples", MAX_UID_OCTETS, MAX_EXAMPLES),
        counter_examples=fields.octets("counter-examples", MAX_UID_OCTETS, MAX_EXAMPLES),
        status=_choice(fields, "status", Status) if fields.has("status") else Status.ACTIVE,
        synthetic=fields.boolean("synthetic", default=False),
        provenance=fields.text("provenance", 200),
        note=fields.text("note", 500, default=""),
    )
    _prove_examples(fields, pattern)
    return Entry(pattern, shapes_of(accepted.tree, pattern.min_length, pattern.max_length))


def _expression(fields: Fields, *, bounded: bool) -> Accepted:
    """The accepted expression. bounded: it names a Party, and so must not match everything."""
    source = fields.text("expression", MAX_EXPRESSION_OCTETS * 8)
    try:
        accepted = accept(source)
        if bounded:
            refuse_if_everything(accepted.tree)
    except ExpressionError as error:
        raise LibraryError(LibraryProblem.EXPRESSION, fields.pattern_id, "expression", error.problem) from None
    return accepted


def _party_code(fields: Fields, key: str, code: str) -> str:
    if not _PARTY_CHARACTERS.issuperset(code):
        fields.refuse(key)
    return code


def _parties(fields: Fields, accepted: Accepted, party: str) -> tuple[str, dict[str, str]]:
    """The part that names the Party and its table; the table must name each value the expression admits, no other."""
    part = fields.text("party-part", MAX_GROUP_NAME, default="")
    parties = fields.string_table("parties", MAX_UID_OCTETS, MAX_PARTIES)
    if not part and not parties:
        if not fields.has("party"):
            fields.refuse("party", LibraryProblem.MISSING_KEY)
        return "", {}
    if party or not part or not parties:
        fields.refuse("party-part", LibraryProblem.PARTY_AND_GROUP)
    if part not in accepted.groups:
        fields.refuse("party-part", LibraryProblem.UNKNOWN_PART)
    values = strings_of(accepted.groups[part], MAX_PARTIES)
    if values is None or values != {value.encode("ascii") for value in parties}:
        fields.refuse("parties", LibraryProblem.GROUP_NOT_DECLARED)
    for code in parties.values():
        if not _party_code(fields, "parties", code):
            fields.refuse("parties")
    return part, parties


def _checks(fields: Fields, accepted: Accepted) -> tuple[Check, ...]:
    checks: list[Check] = []
    for table in fields.tables("checks", MAX_CHECKS):
        entry = Fields(table, fields.pattern_id, _CHECK_KEYS)
        checks.append(Check(_choice(entry, "rule", Rule), _part_names(entry, "over", accepted)))
    return tuple(checks)


def _part_names(fields: Fields, key: str, accepted: Accepted) -> tuple[str, ...]:
    names = fields.strings(key, MAX_GROUP_NAME, 8)
    if any(name not in accepted.groups for name in names):
        fields.refuse(key, LibraryProblem.UNKNOWN_PART)
    return names


def _choice(fields: Fields, key: str, kind: type[E]) -> E:
    value = fields.text(key, 32)
    if value not in {member.value for member in kind}:
        fields.refuse(key)
    return kind(value)


def _period(fields: Fields, name: str) -> Period:
    period = Period(fields.optional_day(f"{name}-from"), fields.optional_day(f"{name}-until"))
    if period.since and period.until and period.until < period.since:
        fields.refuse(f"{name}-until", LibraryProblem.DATES)
    return period


def _prove_examples(fields: Fields, pattern: Pattern) -> None:
    if not pattern.examples:
        fields.refuse("examples", LibraryProblem.MISSING_KEY)
    if any(pattern.parts(example) is None for example in pattern.examples):
        fields.refuse("examples", LibraryProblem.EXAMPLE_DOES_NOT_MATCH)
    if any(pattern.parts(example) is not None for example in pattern.counter_examples):
        fields.refuse("counter-examples", LibraryProblem.COUNTER_EXAMPLE_MATCHES)
