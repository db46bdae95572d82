"""What is missing or doubtful in a pack, for its author.

Contract: `lint` reports, it changes nothing; a pack that cannot be loaded is one finding. English only: pack authors'.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forms.errors import FormErrorCode
from forms.fields import Field, Kind, PackError
from forms.labels import LANGUAGES, common_catalogue
from forms.lint_words import doubtful, words_faults
from forms.migration import has_migration
from forms.pack import COMMON_FOLDER, Pack, PackShelf, read_toml
from forms.validation import inspect
from forms.view import words_for

STATUSES = ("core", "draft")
MESSAGE_CLASSES = ("query", "reply", "acknowledgement", "notice")


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. note: worth knowing, but no fault (a translation nobody has reviewed)."""

    pack: str
    text: str
    note: bool = False


def lint(shelf: PackShelf, pack_id: str, version: str) -> tuple[Finding, ...]:
    """Return all findings about one pack."""
    name = f"{pack_id}/{version}"
    try:
        pack = shelf.pack(pack_id, version)
    except (PackError, KeyError, ValueError, OSError) as error:
        return (Finding(name, f"cannot be loaded: {error}"),)
    faults = (
        *_description(pack),
        *_fields(pack),
        *words_faults(pack),
        *_examples(pack, shelf),
        *_migration(pack, shelf),
    )
    notes = (
        Finding(name, f"{language}: not reviewed by a speaker", note=True)
        for language in LANGUAGES
        if language in pack.catalogues and not words_for(pack, language).reviewed
    )
    return (*(Finding(name, text) for text in faults), *notes)


def lint_common() -> tuple[Finding, ...]:
    """Return all findings about the words that packs and engine share."""
    english = common_catalogue("en")
    allowed = read_toml(COMMON_FOLDER / "common.toml").get("identical", {})
    found: list[str] = []
    for language in LANGUAGES:
        catalogue = common_catalogue(language)
        found += [f"{language}: {key} is missing" for key in english.texts.keys() - catalogue.texts.keys()]
        found += [f"{language}: {key} is not in English" for key in catalogue.texts.keys() - english.texts.keys()]
        found += doubtful(catalogue, english, frozenset(allowed.get(language, ())))
    return tuple(Finding("common/1", text) for text in sorted(found))


def _description(pack: Pack) -> Iterator[str]:
    if pack.status not in STATUSES:
        yield f"pack.toml: status is one of {', '.join(STATUSES)}"
    if not pack.message_classes or not set(pack.message_classes) <= set(MESSAGE_CLASSES):
        yield f"pack.toml: message_classes are of {', '.join(MESSAGE_CLASSES)}"
    if pack.routed_by_pattern and pack.message_classes != ("query",):
        yield "pack.toml: only a query is routed by a pattern"
    paths = {field.path for field in pack.root.walk()}
    codes = {f"{field.path}={code}" for field in pack.root.walk() for code in field.codes}
    yield from (f"pack.toml: draft field {item!r} does not exist" for item in sorted(pack.draft_fields - paths - codes))
    own = read_toml(pack.folder / "pack.toml").get("defaults", {})
    yield from (f"pack.toml: default for {path!r}, which does not exist" for path in own if path not in paths)
    own_rules = {entry["id"] for entry in read_toml(pack.folder / "pack.toml").get("rule", ())}
    # A common rule speaks of fields that not every pack has; it then finds no place to apply.
    for rule in pack.rules:
        places = [field for field in pack.root.walk() if field.name == rule.name]
        if rule.id in own_rules and not any(_reaches(place, rule.field) for place in places):
            yield f"rule {rule.id}: {rule.name}/{rule.field} does not exist"


def _reaches(place: Field, path: str) -> bool:
    found: Field | None = place
    for step in filter(None, path.split("/")):
        found = None if found is None else found.child(step)
    return found is not None


def _fields(pack: Pack) -> Iterator[str]:
    free = [field.path for field in pack.root.walk() if field.kind is Kind.FREE_TEXT]
    if len(free) > 1:
        yield f"form.xsd: more than one free text: {', '.join(free)}"
    if pack.root.child("binding") is None:
        yield "form.xsd: the first field is the optional binding"
    yield from (f"form.xsd: {field.path} stands beside a field of the same name" for field in _twins(pack.root))


def _twins(root: Field) -> Iterator[Field]:
    for field in root.walk():
        names = [child.name for child in field.children]
        yield from (child for child in field.children if names.count(child.name) > 1)


def _examples(pack: Pack, shelf: PackShelf) -> Iterator[str]:
    valid = sorted((pack.folder / "examples" / "valid").glob("*.xml"))
    invalid = sorted((pack.folder / "examples" / "invalid").glob("*.xml"))
    if not valid or not invalid:
        yield "examples: at least one valid and one invalid are needed"
    for path in valid:
        inspection = inspect(path.read_bytes(), shelf=shelf)
        yield from (
            f"examples/valid/{path.name}: {problem.code.value} {problem.path}" for problem in inspection.problems
        )
    broken = {rule for path in invalid for rule in _broken_as_named(path, shelf)}
    yield from (
        f"examples/invalid/{path.name} does not fail as its name says"
        for path in invalid
        if not _broken_as_named(path, shelf)
    )
    own = [entry["id"] for entry in read_toml(pack.folder / "pack.toml").get("rule", ())]
    yield from (f"rule {rule}: no invalid example breaks it" for rule in own if rule not in broken)


def _broken_as_named(path: Path, shelf: PackShelf) -> frozenset[str]:
    """What an invalid example breaks, if it is what its name says: "CODE.xml", or "rule--ID.xml" for rule ID alone."""
    problems = inspect(path.read_bytes(), shelf=shelf).problems
    kind, _, rule = path.stem.partition("--")
    if kind == FormErrorCode.RULE.value:
        return frozenset({rule}) if [problem.rule for problem in problems] == [rule] else frozenset()
    return frozenset({kind} & {problem.code.value for problem in problems})


def _migration(pack: Pack, shelf: PackShelf) -> Iterator[str]:
    earlier = [version for version in shelf.versions(pack.id) if int(version) < int(pack.version)]
    if earlier and not has_migration(pack):
        yield f"migration.toml is missing: version {earlier[-1]} came before"
