"""What changed between two libraries, pattern by pattern and field by field."""

from dataclasses import dataclass, fields
from enum import StrEnum

from pattern_rules.library import Library, Pattern


class Change(StrEnum):
    """What happened to a pattern."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a pattern, in its two states, written as they would stand in the file."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PatternChange:
    """One pattern that differs; `fields` only for CHANGED."""

    pattern_id: str
    change: Change
    fields: tuple[FieldChange, ...] = ()


_DERIVED = frozenset({"prefix"})  # follows from the expression


def difference(before: Library, after: Library) -> tuple[PatternChange, ...]:
    """All patterns that differ, by id; empty if the libraries recognise and label the same."""
    changes: list[PatternChange] = []
    for pattern_id in sorted(before.by_id.keys() | after.by_id.keys()):
        old, new = before.by_id.get(pattern_id), after.by_id.get(pattern_id)
        if old is None:
            changes.append(PatternChange(pattern_id, Change.ADDED))
        elif new is None:
            changes.append(PatternChange(pattern_id, Change.REMOVED))
        elif old != new:
            changes.append(PatternChange(pattern_id, Change.CHANGED, _fields(old, new)))
    return tuple(changes)


def _fields(old: Pattern, new: Pattern) -> tuple[FieldChange, ...]:
    pairs = ((field.name, getattr(old, field.name), getattr(new, field.name)) for field in fields(Pattern))
    return tuple(
        FieldChange(name, written(name, mine), written(name, other))
        for name, mine, other in pairs
        if mine != other and name not in _DERIVED
    )


def written(name: str, value: object) -> str:
    """A field's value in one line."""
    if name == "expression":
        return str(getattr(value, "source", ""))
    if isinstance(value, tuple):
        return ", ".join(written("", item) for item in value)
    return value.decode("ascii").replace("\x1d", "␝") if isinstance(value, bytes) else str(value)
