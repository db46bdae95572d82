"""Writes a pattern library as the file `load_library` reads: the same patterns always give the same octets.

Publishing, and rolling back, is writing the successor of the library in force: its number follows, and it names its
predecessor's hash. Who approved and signed it is not this module's business.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date

from pattern_rules.expression_tree import MAX_UID_OCTETS
from pattern_rules.library import Library, Pattern, Period, Status
from pattern_rules.loader import FORMAT


def write_successor(before: Library, patterns: Sequence[Pattern], *, issued: date, expires: date) -> bytes:
    """The file that follows `before`.

    patterns: all of the new version, e.g. those of an older library to roll back. issued, expires: first and last day.
    """
    return write_library(patterns, number=before.version + 1, issued=issued, expires=expires, predecessor=before.sha256)


def write_library(
    patterns: Sequence[Pattern], *, number: int, issued: date, expires: date, predecessor: str = ""
) -> bytes:
    """A library file; arguments as in `Library`. What is wrong in them `load_library` refuses."""
    head = [
        f"format = {FORMAT}",
        f"number = {number}",
        f"issued = {issued.isoformat()}",
        f"expires = {expires.isoformat()}",
        f"predecessor = {_text(predecessor)}",
        "",
    ]
    return "\n".join([*head, *(line for pattern in patterns for line in _record(pattern))]).encode("utf-8")


def _record(pattern: Pattern) -> list[str]:
    """The lines of one [[pattern]]; keys that have their default are left out."""
    lines = ["[[pattern]]", f"id = {_text(pattern.id)}"]
    lines += _owner(pattern)
    lines += [
        f"{key} = {_text(value)}" for key, value in (("region", pattern.region), ("issuer", pattern.issuer)) if value
    ]
    lines += [f"level = {_text(pattern.level.value)}", f"form = {_text(pattern.form)}"]
    lines += [f"carrier = {_text(pattern.carrier)}"] if pattern.carrier else []
    lines += [f"expression = {_text(pattern.expression.source)}", *_lengths(pattern)]
    if pattern.checks:
        checks = (f"{{ rule = {_text(check.rule.value)}, over = {_texts(check.over)} }}" for check in pattern.checks)
        lines.append(f"checks = [{', '.join(checks)}]")
    if pattern.stem:
        lines += [f"stem = {_text(pattern.stem)}", f"stem-parts = {_texts(pattern.stem_parts)}"]
    lines.append(f"priority = {pattern.priority}")
    lines += [f"yields-to = {_texts(pattern.yields_to)}"] if pattern.yields_to else []
    lines += [*_period("valid", pattern.valid), *_period("made", pattern.made)]
    lines.append(f"examples = {_texts(_ascii(pattern.examples))}")
    if pattern.counter_examples:
        lines.append(f"counter-examples = {_texts(_ascii(pattern.counter_examples))}")
    lines += [f"status = {_text(pattern.status.value)}"] if pattern.status is not Status.ACTIVE else []
    lines += ["synthetic = true"] if pattern.synthetic else []
    lines.append(f"provenance = {_text(pattern.provenance)}")
    lines += [f"note = {_text(pattern.note)}"] if pattern.note else []
    return [*lines, ""]


def _owner(pattern: Pattern) -> list[str]:
    if pattern.party_part:
        table = ", ".join(f"{_text(value)} = {_text(party)}" for value, party in pattern.parties.items())
        lines = [f"party-part = {_text(pattern.party_part)}", f"parties = {{ {table} }}"]
    else:
        lines = [f"party = {_text(pattern.party)}"]
    lines += [] if pattern.member else ["member = false"]
    return [*lines, *(["fallback = true"] if pattern.fallback else [])]


def _lengths(pattern: Pattern) -> list[str]:
    tree = pattern.expression.tree
    lines = [f"min-length = {pattern.min_length}"] if pattern.min_length != tree.least else []
    usual = max(min(tree.most, MAX_UID_OCTETS), pattern.min_length)
    return [*lines, *([f"max-length = {pattern.max_length}"] if pattern.max_length != usual else [])]


def _period(name: str, period: Period) -> list[str]:
    days = (("from", period.since), ("until", period.until))
    return [f"{name}-{end} = {day.isoformat()}" for end, day in days if day is not None]


def _ascii(uids: Iterable[bytes]) -> list[str]:
    return [uid.decode("ascii") for uid in uids]


def _texts(values: Iterable[str]) -> str:
    return f"[{', '.join(_text(value) for value in values)}]"


def _text(value: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped (TOML 1.0 "String").
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
