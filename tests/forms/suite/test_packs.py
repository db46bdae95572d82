"""The core packs are complete, and adding a pack is adding a folder."""

import re
import shutil
from pathlib import Path

import pytest

from forms import LANGUAGES, FormError, PackShelf, core_shelf, inspect, render_html, render_text, validate
from forms.fields import PackError
from forms.labels import common_catalogue
from forms.lint import lint, lint_common

CORE = core_shelf()
PACKS = CORE.names()
REQUIRED = {
    "uid-query",
    "uid-reply",
    "uid-resolve",
    "key-request",
    "acknowledgement",
    "clarification",
    "transfer",
    "designation",
    "pattern-declaration",
    "feedback",
    "seizure-report",
    "enforcement-request",
    "own-initiative-information",
    "administrative-assistance",
}
EXAMPLES = sorted(CORE.folder.glob("*/*/examples/*/*.xml"))


def test_all_core_packs_are_there() -> None:
    assert {name for name, _ in PACKS} >= REQUIRED


@pytest.mark.parametrize(("name", "version"), PACKS)
def test_a_core_pack_has_no_faults(name: str, version: str) -> None:
    assert [finding.text for finding in lint(CORE, name, version) if not finding.note] == []


def test_the_common_words_are_complete_in_six_languages() -> None:
    assert lint_common() == ()
    assert len(common_catalogue("en").texts) > 150


@pytest.mark.parametrize(("name", "version"), PACKS)
def test_translations_nobody_has_reviewed_are_marked(name: str, version: str) -> None:
    notes = {finding.text.partition(":")[0] for finding in lint(CORE, name, version) if finding.note}
    assert notes == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: "/".join(path.parts[-5:-4] + path.parts[-2:]))
def test_examples_are_what_they_say_and_readable_in_six_languages(path: Path) -> None:
    octets = path.read_bytes()
    if path.parent.name == "invalid":
        assert inspect(octets).problems[0].code.value == path.stem.partition("--")[0]
        return
    form = validate(octets)
    for language in LANGUAGES:
        text, page = render_text(form, language), render_html(form, language).decode()
        for octets_of_uid in form.uids:
            assert octets_of_uid.decode().replace("\x1d", "␝") in text
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
        assert not re.search(r"<script|https?://|src=|@import|url\(", page)


@pytest.fixture
def shelf(tmp_path: Path) -> PackShelf:
    """A folder with a pack of its own, made from files only."""
    shutil.copytree(CORE.folder / "feedback", tmp_path / "survey")
    folder = tmp_path / "survey" / "1"
    for path in [folder / "form.xsd", folder / "pack.toml", *folder.rglob("*.xml")]:
        path.write_text(path.read_text("utf-8").replace("feedback", "survey"), "utf-8")
    return PackShelf(tmp_path)


def edit(shelf: PackShelf, file: str, old: str, new: str) -> None:
    path = shelf.folder / "survey" / "1" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def faults(shelf: PackShelf) -> list[str]:
    return [finding.text for finding in lint(PackShelf(shelf.folder), "survey", "1") if not finding.note]


def test_a_new_pack_is_a_folder_and_needs_no_python(shelf: PackShelf) -> None:
    assert shelf.names() == (("survey", "1"),)
    assert faults(shelf) == []
    example = (shelf.folder / "survey" / "1" / "examples" / "valid" / "full.xml").read_bytes()
    assert validate(example, shelf=shelf).pack == "survey"
    with pytest.raises(FormError):
        validate(example)


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("labels/fr.toml", 'area = "Domaine"', "", "fr: label.area is missing"),
        ("labels/fr.toml", 'area = "Domaine"', "", "fr: topic/area has no label"),
        ("labels/ru.toml", 'area = "Область"', 'area = "Area"', "ru: label.area is identical with English"),
        ("labels/ru.toml", 'area = "Область"', 'area = "地区"', "ru: label.area is in the wrong script (CJK)"),
        ("labels/zh.toml", 'area = "方面"', 'area = "Omrade"', "zh: label.area is in the wrong script (no letter"),
        ("labels/en.toml", 'area = "Area"', 'area = " Area"', "en: label.area is empty or padded"),
        ("labels/en.toml", 'area = "Area"', 'area = "Area"\nghost = "Ghost"', "label.ghost is used by no field"),
        ("labels/es.toml", 'good = "Bueno"', "", "es: code rating.good has no text"),
        (
            "form.xsd",
            'name="comment" type="long-text"',
            'name="comment" type="free-text"',
            "form.xsd: more than one free text",
        ),
        (
            "form.xsd",
            'name="comment" type="long-text"',
            'name="comment" type="prose"',
            "cannot be loaded: topic/comment",
        ),
        ("form.xsd", 'maxOccurs="20"', 'maxOccurs="unbounded"', "cannot be loaded: topic: maxOccurs must be a number"),
        ("form.xsd", "../../common/1/types.xsd", "http://127.0.0.1:9/x.xsd", "cannot be loaded"),
        ("form.xsd", "urn:gsp:form:survey:1", "urn:gsp:form:other:1", "cannot be loaded"),
        ("pack.toml", 'status = "core"', 'status = "final"', "pack.toml: status is one of"),
        ("pack.toml", '["notice"]', '["gossip"]', "pack.toml: message_classes are of"),
        ("labels/es.toml", 'topic = "Tema"', "", "es: topic has no heading for one of several"),
        (
            "labels/zh.toml",
            'good = "好"',
            'good = "好(一般)"',
            "zh: code.rating.good has punctuation of",
        ),
        (
            "labels/ar.toml",
            'good = "جيد"',
            'good = "جيد, نعم"',
            "ar: code.rating.good has punctuation of",
        ),
        ("pack.toml", '["notice"]', "[]", "pack.toml: message_classes are of"),
        (
            "pack.toml",
            'status = "core"',
            'status = "core"\nrouted_by_pattern = true',
            "pack.toml: only a query is routed by a pattern",
        ),
        ("pack.toml", 'version = "1"', 'version = "2"', "cannot be loaded"),
        (
            "examples/valid/full.xml",
            "<area>queries</area>",
            "<area>nothing</area>",
            "examples/valid/full.xml: bad-value",
        ),
        (
            "examples/invalid/missing-field.xml",
            "</form>",
            "",
            "examples/invalid/missing-field.xml does not fail as its name",
        ),
    ],
)
def test_lint_finds(shelf: PackShelf, file: str, old: str, new: str, fault: str) -> None:
    edit(shelf, file, old, new)
    assert any(text.startswith(fault) for text in faults(shelf)), faults(shelf)


def test_lint_wants_an_example_that_breaks_each_rule(shelf: PackShelf) -> None:
    path = shelf.folder / "survey" / "1" / "pack.toml"
    rule = '\n[[rule]]\nid = "helped"\ncontext = "f:form"\ntest = "f:helped"\nfield = "helped"\n'
    path.write_text(path.read_text("utf-8") + rule, "utf-8")
    assert "rule helped: no invalid example breaks it" in faults(shelf)


def test_a_pack_that_is_not_there_is_a_key_error_and_a_broken_one_a_pack_error(shelf: PackShelf) -> None:
    with pytest.raises(KeyError):
        shelf.pack("survey", "9")
    edit(shelf, "form.xsd", "<xs:include", "<xs:include xmlns:broken=")
    with pytest.raises(PackError):
        PackShelf(shelf.folder).pack("survey", "1")
