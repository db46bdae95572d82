"""docs/forms.md is right: the pack it prints works, the packs and types it names are there."""

import re
from pathlib import Path

import pytest

from forms import PackShelf, core_shelf, render_text, validate
from forms.fields import Kind
from forms.lint import lint

PAGE = (Path(__file__).parents[3] / "docs" / "forms.md").read_text("utf-8")
FILES = re.findall(r"`(visit/1/[^`]+)`[^\n]*:\n\n```[a-z]+\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def shelf(tmp_path: Path) -> PackShelf:
    """The pack as it is printed."""
    for name, text in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return PackShelf(tmp_path)


def test_the_printed_pack_lacks_nothing_but_its_translations(shelf: PackShelf) -> None:
    faults = {finding.text for finding in lint(shelf, "visit", "1") if not finding.note}
    assert faults == {f"labels/{language}.toml is missing" for language in ("ar", "es", "fr", "ru", "zh")}


def test_a_form_of_the_printed_pack_can_be_read(shelf: PackShelf) -> None:
    form = validate((shelf.folder / "visit/1/examples/valid/minimal.xml").read_bytes(), shelf=shelf)
    text = render_text(form, "en", shelf=shelf)
    assert "Visit report" in text
    assert "1. What was found: Unmarked goods; Quantity: Withheld – ongoing investigation" in text


def test_every_type_is_named() -> None:
    for kind in set(Kind) - {Kind.GROUP, Kind.CODE}:
        assert f"`{kind.value}`" in PAGE, kind


def test_the_page_lists_commands_that_exist() -> None:
    commands = set(re.findall(r"gsp forms ([a-z]+)", PAGE))
    assert commands == {"list", "lint", "validate", "render", "convert", "migrate", "new"}
    assert core_shelf().names()
