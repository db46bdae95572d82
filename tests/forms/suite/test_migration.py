"""A form of an earlier version becomes one of the newer, by steps that are data."""

import shutil
from pathlib import Path

import pytest

from forms import Entry, FormError, FormErrorCode, PackShelf, compose, core_shelf, flatten
from forms.fields import PackError
from forms.lint import lint
from forms.migration import migrate

STEPS = """
[[step]]
move = "topic/comment"
to = "topic/opinion"

[[step]]
move = "topic"
to = "subject"

[[step]]
recode = "subject/rating"
values = { fair = "good" }

[[step]]
drop = "helped"

[[step]]
add = "period-kind"
value = "year"
"""


@pytest.fixture
def shelf(tmp_path: Path) -> PackShelf:
    """Version 1 of a pack, and a version 2 that renames, recodes, drops and adds."""
    one, two = tmp_path / "survey" / "1", tmp_path / "survey" / "2"
    for folder in (one, two):
        shutil.copytree(core_shelf().folder / "feedback" / "1", folder)
        for path in [folder / "form.xsd", folder / "pack.toml"]:
            text = path.read_text("utf-8").replace("feedback", "survey")
            path.write_text(text.replace("survey:1", f"survey:{folder.name}"), "utf-8")
    pack = (two / "pack.toml").read_text("utf-8").replace('version = "1"', 'version = "2"')
    (two / "pack.toml").write_text(pack, "utf-8")
    schema = (two / "form.xsd").read_text("utf-8")
    for old, new in (
        ('name="topic"', 'name="subject"'),
        ('name="comment"', 'name="opinion"'),
        ('<xs:enumeration value="fair"/>', ""),
        ('<xs:element name="helped" type="yes-no-partly" minOccurs="0"/>', ""),
        ('<xs:element name="period-to"', '<xs:element name="period-kind" type="text"/><xs:element name="period-to"'),
    ):
        assert old in schema
        schema = schema.replace(old, new)
    (two / "form.xsd").write_text(schema, "utf-8")
    (two / "migration.toml").write_text(STEPS, "utf-8")
    return PackShelf(tmp_path)


ENTRIES = (
    Entry("period-from", "2026-01-01"),
    Entry("period-to", "2026-03-31"),
    Entry("topic[1]/area", "queries"),
    Entry("topic[1]/rating", "fair"),
    Entry("topic[2]/area", "keys"),
    Entry("topic[2]/rating", "poor"),
    Entry("topic[2]/comment", "Too many steps"),
    Entry("helped", "yes"),
)
BINDING = (
    Entry("binding/exchange", "3TJ6CKP7HRBZ3GX9119FNJA7DE"),
    Entry("binding/requesting-party", "KE"),
    Entry("binding/requested-party", "EU"),
    Entry("binding/created", "2026-03-01T12:00:00Z"),
    Entry("binding/expires", "2026-03-02T12:00:00Z"),
)


def test_a_form_is_brought_to_the_newest_version(shelf: PackShelf) -> None:
    form = compose(shelf.pack("survey", "1"), "en", (*BINDING, *ENTRIES), shelf=shelf)
    migration = migrate(form, shelf=shelf)
    assert migration.problems == ()
    assert migration.dropped == ("helped",)
    assert migration.form is not None
    assert (migration.form.version, migration.form.bindings) == ("2", None)
    assert {(entry.path, entry.value) for entry in flatten(migration.form, shelf=shelf)} == {
        ("period-from", "2026-01-01"),
        ("period-kind", "year"),
        ("period-to", "2026-03-31"),
        ("subject[1]/area", "queries"),
        ("subject[1]/rating", "good"),
        ("subject[2]/area", "keys"),
        ("subject[2]/rating", "poor"),
        ("subject[2]/opinion", "Too many steps"),
    }


def test_what_the_new_version_wants_and_the_old_lacks_is_named(shelf: PackShelf) -> None:
    path = shelf.folder / "survey" / "2" / "migration.toml"
    path.write_text(STEPS.replace('value = "year"', 'value = ""'), "utf-8")
    migration = migrate(compose(shelf.pack("survey", "1"), "en", ENTRIES, shelf=shelf), shelf=shelf)
    assert migration.form is None
    assert [(problem.code, problem.path) for problem in migration.problems] == [
        (FormErrorCode.MISSING_FIELD, "period-kind")
    ]


def test_migrating_to_its_own_version_changes_nothing(shelf: PackShelf) -> None:
    form = compose(shelf.pack("survey", "1"), "en", ENTRIES, shelf=shelf)
    assert migrate(form, "1", shelf=shelf).form == form


def test_there_is_no_way_back_and_none_to_what_is_unknown(shelf: PackShelf) -> None:
    form = migrate(compose(shelf.pack("survey", "1"), "en", ENTRIES, shelf=shelf), shelf=shelf).form
    assert form is not None
    for version in ("1", "3"):
        with pytest.raises(FormError) as caught:
            migrate(form, version, shelf=shelf)
        assert caught.value.code is FormErrorCode.UNKNOWN_VERSION


def test_a_step_that_says_two_things_or_nothing_is_the_packs_fault(shelf: PackShelf) -> None:
    form = compose(shelf.pack("survey", "1"), "en", ENTRIES, shelf=shelf)
    for step in ('[[step]]\nmove = "a"\nto = "b"\ndrop = "c"\n', '[[step]]\nrename = "a"\n'):
        (shelf.folder / "survey" / "2" / "migration.toml").write_text(step, "utf-8")
        with pytest.raises(PackError):
            migrate(form, shelf=shelf)


def test_lint_misses_the_migration_of_a_second_version(shelf: PackShelf) -> None:
    (shelf.folder / "survey" / "2" / "migration.toml").unlink()
    assert "migration.toml is missing: version 1 came before" in [
        finding.text for finding in lint(shelf, "survey", "2")
    ]
