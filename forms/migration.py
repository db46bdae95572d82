"""Bring a form of an earlier version to a later one, by the steps that the later pack lists in migration.toml.

Contract: a migrated form is a new form: it has lost its bindings, and nothing is dropped without being named.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from forms.entries import Entry, draft, flatten
from forms.errors import FormError, FormErrorCode, Problem
from forms.fields import PackError
from forms.form import Form
from forms.pack import Pack, PackShelf, core_shelf, read_toml
from forms.validation import inspect

_INDEX = re.compile(r"\[[0-9]+\]")


class _Action(Enum):
    MOVE = "move"
    DROP = "drop"
    RECODE = "recode"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class Migration:
    """What became of a form. octets: XML in the new version. form: None while `problems` remain to be filled in.

    dropped: paths whose values the new version has no place for.
    """

    octets: bytes
    form: Form | None
    problems: tuple[Problem, ...]
    dropped: tuple[str, ...]


def migrate(form: Form, version: str | None = None, *, shelf: PackShelf | None = None) -> Migration:
    """Bring `form` to a later version.

    version: the newest by default. Raises FormError with UNKNOWN_VERSION for a version that is unknown or earlier,
    PackError if a step in migration.toml is wrong.
    """
    shelf = shelf or core_shelf()
    versions = shelf.versions(form.pack)
    target = version or versions[-1]
    if target not in versions or int(target) < int(form.version):
        raise FormError(FormErrorCode.UNKNOWN_VERSION)
    entries = tuple(entry for entry in flatten(form, shelf=shelf) if not entry.path.startswith("binding/"))
    dropped: list[str] = []
    pack = shelf.pack(form.pack, form.version)
    for step_version in versions[versions.index(form.version) + 1 : versions.index(target) + 1]:
        pack = shelf.pack(form.pack, step_version)
        entries, lost = _apply(pack, entries)
        dropped += lost
    octets = draft(pack, form.language, entries)
    inspection = inspect(octets, shelf=shelf)
    return Migration(octets, inspection.form, inspection.problems, tuple(dropped))


def has_migration(pack: Pack) -> bool:
    """Whether a pack says how to come from the version before."""
    return (pack.folder / "migration.toml").is_file()


def plain(path: str) -> str:
    """Return a path without its indices."""
    return _INDEX.sub("", path)


def _apply(pack: Pack, entries: Iterable[Entry]) -> tuple[tuple[Entry, ...], list[str]]:
    steps = read_toml(pack.folder / "migration.toml").get("step", [])
    current = list(entries)
    dropped: list[str] = []
    for step in steps:
        match _action(step):
            case _Action.MOVE:
                current = [_moved(entry, step["move"], step["to"]) for entry in current]
            case _Action.DROP:
                dropped += [entry.path for entry in current if _is_at(entry, step["drop"])]
                current = [entry for entry in current if not _is_at(entry, step["drop"])]
            case _Action.RECODE:
                current = [
                    replace(entry, value=step["values"].get(entry.value, entry.value))
                    if plain(entry.path) == step["recode"]
                    else entry
                    for entry in current
                ]
            case _Action.ADD:
                current.append(Entry(step["add"], str(step["value"])))
    return tuple(current), dropped


def _action(step: dict[str, object]) -> _Action:
    actions = [action for action in _Action if action.value in step]
    if len(actions) != 1:
        raise PackError("migration.toml: a step has exactly one of move, drop, recode, add")
    return actions[0]


def _is_at(entry: Entry, path: str) -> bool:
    return plain(entry.path) == path or plain(entry.path).startswith(f"{path}/")


def _moved(entry: Entry, old: str, new: str) -> Entry:
    if not _is_at(entry, old):
        return entry
    depth = len(old.split("/"))
    steps = entry.path.split("/")
    kept = steps[depth:]
    # Indices of groups that stay where they are stay; the moved field keeps its own.
    there = [
        steps[place] if place < depth and plain(steps[place]) == name else name
        for place, name in enumerate(new.split("/"))
    ]
    there[-1] = plain(there[-1]) + "".join(_INDEX.findall(steps[depth - 1]))
    return replace(entry, path="/".join([*there, *kept]))
