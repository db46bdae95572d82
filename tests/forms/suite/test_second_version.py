"""The request for administrative assistance has a second version: the first stays readable and comes to it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from forms import LANGUAGES, core_shelf, digest, flatten, inspect, render_html, render_text, validate
from forms.form import Form
from forms.migration import migrate
from forms.view import words_for
from gateway.cli.main import main

FOLDER = core_shelf().folder / "administrative-assistance"
OLD = [path.read_bytes() for path in sorted((FOLDER / "1" / "examples" / "valid").glob("*.xml"))]
FULL = (FOLDER / "1" / "examples" / "valid" / "full.xml").read_bytes()


def content(form: Form) -> dict[str, object]:
    return {entry.path: entry for entry in flatten(form) if not entry.path.startswith("binding/")}


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["forms", *arguments, "--language", "en"])
    return result.exit_code, result.stdout


@pytest.mark.parametrize("octets", OLD)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_of_the_first_version_can_still_be_read(octets: bytes, language: str) -> None:
    form = validate(octets)
    assert form.version == "1"
    label = words_for(core_shelf().pack(form.pack, "1"), language).label("measure-details")
    assert label in render_text(form, language)
    assert label in render_html(form, language).decode()


def test_only_the_name_of_one_field_changes_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "old.xml").write_bytes(FULL)
    code, said = run("migrate", str(tmp_path / "old.xml"), "-o", str(tmp_path / "new.xml"))
    assert (code, said) == (0, "")
    old, new = validate(FULL), validate((tmp_path / "new.xml").read_bytes())
    assert (new.version, new.bindings, new.uids) == ("2", None, old.uids)
    assert digest(new) != digest(old)
    before, after = content(old), content(new)
    assert before.keys() - after.keys() == {"measure-details"}
    assert after.keys() - before.keys() == {"object"}
    assert all(after[path] == before[path] for path in before.keys() & after.keys())


def test_marks_come_along(tmp_path: Path) -> None:
    marked = FULL.replace(b"<name>Example Name</name>\n    <date", b'<name disclosure="public">A</name>\n    <date', 1)
    marked = marked.replace(b"<role>Example role</role>", b'<role answer="withheld" reason="personal-data"/>', 1)
    form = migrate(validate(marked)).form
    assert form is not None
    entries = {entry.path: entry for entry in flatten(form)}
    assert entries["person[1]/name"].disclosure == "public"
    assert (entries["person[1]/role"].answer, entries["person[1]/role"].reason) == ("withheld", "personal-data")


def test_a_form_of_one_version_is_none_of_the_other() -> None:
    for octets in (FULL.replace(b"assistance:1", b"assistance:2"), FULL.replace(b"assistance:1", b"assistance:3")):
        assert inspect(octets).form is None


def test_a_new_form_is_of_the_newest_version_and_an_older_one_is_migrated_first(tmp_path: Path) -> None:
    (tmp_path / "old.xml").write_bytes(FULL)
    blank, filled = str(tmp_path / "blank.xlsx"), str(tmp_path / "filled.xlsx")
    assert run("new", "administrative-assistance", "-o", blank)[0] == 0
    assert run("new", "administrative-assistance", "--from", str(tmp_path / "old.xml"), "-o", filled)[0] == 2
    assert run("migrate", str(tmp_path / "old.xml"), "-o", str(tmp_path / "new.xml"))[0] == 0
    assert run("new", "administrative-assistance", "--from", str(tmp_path / "new.xml"), "-o", filled)[0] == 0
    assert run("convert", filled, str(tmp_path / "again.xml"))[0] == 0
    again = validate((tmp_path / "again.xml").read_bytes())
    assert content(again) == content(validate((tmp_path / "new.xml").read_bytes()))
