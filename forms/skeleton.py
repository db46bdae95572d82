"""A form ready to fill: its defaults, the UIDs it is about, and a place for every other field."""

from collections.abc import Iterator, Sequence

from forms.entries import Entry
from forms.errors import FormError, FormErrorCode
from forms.fields import Field, Kind
from forms.migration import plain
from forms.pack import Pack
from forms.uids import encode_uid


def starting_entries(
    pack: Pack, *, uids: Sequence[bytes] = (), earlier: Sequence[Entry] = (), values: Sequence[Entry] = ()
) -> tuple[Entry, ...]:
    """Return what a new form of `pack` has from the start.

    uids: put where the form takes a list of them, in the place of any that `earlier` has. earlier: values of an earlier
    form. values: given ones, which win over all others. A field's default counts only if nothing else gives it a value.
    Raises FormError with UNEXPECTED_FIELD if there are UIDs and the pack has no field that takes a list of them.
    """
    listed = tuple(_uid_entries(pack.root, uids)) if uids else ()
    replaced = {plain(entry.path).partition("/")[0] for entry in listed}
    kept = (entry for entry in earlier if plain(entry.path).partition("/")[0] not in replaced)
    entries = {entry.path: entry for entry in (*kept, *listed, *values)}
    filled = {plain(path) for path in entries}
    known = {field.path: field for field in pack.root.walk()}
    for path, texts in pack.defaults.items():
        if path in known and path not in filled:
            entries |= {entry.path: entry for entry in _default(known[path], texts)}
    return tuple(entries.values())


def blank_entries(pack: Pack, entries: Sequence[Entry], *, optional: bool) -> tuple[Entry, ...]:
    """Return `entries` and a blank one for each field they leave out.

    optional: also for fields that may stay empty; else only for those that must be filled in. The binding has none:
    it is made when the form is sealed.
    """
    groups = {entry.path.rpartition("/")[0] for entry in entries} | {entry.path for entry in entries}
    used = {"/".join(path.split("/")[:depth]) for path in groups for depth in range(1, path.count("/") + 2)}
    blanks = (Entry(path) for path in _blank_paths(pack.root, "", used, optional=optional))
    return (*entries, *(blank for blank in blanks if not blank.path.startswith("binding")))


def _blank_paths(group: Field, path: str, used: set[str], *, optional: bool) -> Iterator[str]:
    for field in group.children:
        if field.minimum == 0 and not optional:
            continue
        here = f"{path}/{field.name}" if path else field.name
        steps = (
            [here] if not field.repeats else sorted(step for step in used if _is_index_of(step, here)) or [f"{here}[1]"]
        )
        for step in steps:
            if field.kind is Kind.GROUP:
                yield from _blank_paths(field, step, used, optional=optional)
            elif step not in used:
                yield step


def _is_index_of(path: str, name: str) -> bool:
    return path.startswith(f"{name}[") and "/" not in path[len(name) :]


def _default(field: Field, texts: Sequence[str]) -> Iterator[Entry]:
    for number, text in enumerate(texts, 1):
        yield Entry(f"{field.path}[{number}]" if field.repeats else field.path, text)


def takes_uids(pack: Pack) -> bool:
    """Whether forms of a pack have a place for a list of UIDs."""
    return next(_places_for_uids(pack.root), None) is not None


def _places_for_uids(root: Field) -> Iterator[tuple[Field, Field]]:
    """A UID list goes where the form repeats: into a repeated field, or into a repeated group with one UID each."""
    for field in root.children:
        uid = field if field.kind is Kind.UID else next((one for one in field.children if one.kind is Kind.UID), None)
        if uid is not None and field.repeats:
            yield field, uid


def _uid_entries(root: Field, uids: Sequence[bytes]) -> Iterator[Entry]:
    for field, uid in _places_for_uids(root):
        for number, octets in enumerate(uids, 1):
            if uid is field:
                yield Entry(f"{field.name}[{number}]", encode_uid(octets))
            else:
                index = "[1]" if uid.repeats else ""
                yield Entry(f"{field.name}[{number}]/{uid.name}{index}", encode_uid(octets))
        return
    raise FormError(FormErrorCode.UNEXPECTED_FIELD)
