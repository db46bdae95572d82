"""`gsp forms` as officers and scripts use it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forms import LANGUAGES, Entry, bind, compose, core_shelf, digest, validate
from gateway.cli.forms import forms_group

from .builders import bindings, query, reply_to

CANARY = "CANARY7f3k"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GSP_LANGUAGE", raising=False)


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(forms_group, arguments, input=stdin)


def write(name: str, octets: bytes) -> str:
    Path(name).write_bytes(octets)
    return name


def test_list_names_the_packs_in_every_language() -> None:
    for language in LANGUAGES:
        result = run("list", "--language", language)
        assert result.exit_code == 0
        assert all(name in result.output for name, _ in core_shelf().names())
    packs = json.loads(run("list", "--json").output)
    assert {pack["id"] for pack in packs} == {name for name, _ in core_shelf().names()}
    assert next(pack for pack in packs if pack["id"] == "seizure-report")["status"] == "draft"


def test_lint_is_clean_and_names_what_it_does_not_know() -> None:
    assert run("lint").exit_code == 0
    assert "packs: 1; faults: 0;" in run("lint", "uid-query").output
    assert run("lint", "no-such-pack").exit_code == 2


def test_lint_of_a_folder_with_faults_exits_1(tmp_path: Path) -> None:
    folder = tmp_path / "packs" / "broken" / "1"
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text('id = "broken"\nversion = "1"\n')
    result = run("lint", "--folder", str(tmp_path / "packs"))
    assert result.exit_code == 1
    assert "fault  broken/1: cannot be loaded" in result.output


def test_validate_says_valid_or_names_the_field_in_the_readers_language() -> None:
    good = write("good.xml", query().canonical)
    bad = write("bad.xml", query().canonical.replace(b"investigation<", CANARY.encode() + b"<"))
    assert run("validate", good).exit_code == 0
    for language in LANGUAGES:
        result = run("validate", good, bad, "--language", language)
        assert result.exit_code == 1
        assert "(purpose)" in result.stderr
        assert CANARY not in result.output
    assert "Finalité répressive (purpose)" in run("validate", bad, "--language", "fr").stderr


def test_validate_gives_scripts_one_line_of_json_for_each_file() -> None:
    good, bad = write("good.xml", query().canonical), write("bad.xml", b"<x/>")
    lines = [json.loads(line) for line in run("validate", "--json", good, bad).stdout.splitlines()]
    assert (lines[0]["valid"], lines[0]["pack"], lines[0]["uids"], lines[0]["problems"]) == (True, "uid-query", 1, [])
    assert lines[1]["problems"] == [{"code": "wrong-namespace", "path": "", "rule": ""}]


def test_a_file_that_is_not_there_is_exit_code_2() -> None:
    for arguments in (("validate", "none.xml"), ("render", "none.xml"), ("convert", "none.xml", "x.csv")):
        assert run(*arguments).exit_code == 2


def test_render_reads_standard_input_and_shows_changes() -> None:
    asked = bind(query(), bindings())
    result = run("render", "-", "--language", "es", stdin=reply_to(asked).canonical)
    assert result.exit_code == 0
    assert "No facilitado – datos personales" in result.output
    before, after = write("a.xml", query().canonical), write("b.xml", query(justification="Other").canonical)
    assert "Other [changed]" in run("render", after, "--earlier", before).output
    assert run("render", before, "--as", "html", "-o", "page.html").exit_code == 0
    assert Path("page.html").read_bytes().startswith(b"<!DOCTYPE html>")


def test_render_shows_a_form_as_a_correction_leaves_it() -> None:
    report = validate((core_shelf().folder / "seizure-report/1/examples/valid/full.xml").read_bytes())
    write("report.xml", report.canonical)
    pack = core_shelf().pack("correction", "1")
    for name, form_sha256 in (("right.xml", digest(report)), ("wrong.xml", "0" * 64)):
        entries = [
            Entry("header/handling", "officials-only"),
            Entry("header/onward-transmission", "any-party"),
            Entry("form-sha256", form_sha256),
            Entry("change[1]/field", "seizure[1]/place"),
            Entry("change[1]/disclosure", "public"),
        ]
        write(name, compose(pack, "en", entries).canonical)
    assert "Mombasa [Public]" in run("render", "report.xml", "--correction", "right.xml").output
    assert run("render", "report.xml", "--correction", "wrong.xml").exit_code == 1
    assert run("render", "report.xml", "--earlier", "right.xml").exit_code == 1


def test_a_file_is_replaced_only_when_asked() -> None:
    form = write("a.xml", query().canonical)
    write("a.txt", b"mine")
    assert run("render", form, "-o", "a.txt").exit_code == 2
    assert Path("a.txt").read_bytes() == b"mine"
    assert run("render", form, "-o", "a.txt", "--force").exit_code == 0
    assert Path("a.txt").read_bytes() != b"mine"


@pytest.mark.parametrize("end", [".csv", ".xlsx"])
def test_a_new_query_is_filled_in_a_spreadsheet_and_becomes_a_form(end: str) -> None:
    write("list.txt", b"00123\n0101\x1d21\n")
    made = run(
        "new", "uid-query", "--uids", "list.txt", "--set", "purpose=detection", "-o", f"q{end}", "--language", "ar"
    )
    assert made.exit_code == 0, made.output
    unfilled = run("convert", f"q{end}", "q.xml", "--language", "en")
    assert unfilled.exit_code == 1
    assert "Why this is necessary (justification): This field must be filled in." in unfilled.stderr
    filled = run(
        "new",
        "uid-query",
        "--uids",
        "list.txt",
        "--set",
        "purpose=detection",
        "--set",
        "justification=x",
        "-o",
        f"f{end}",
    )
    assert filled.exit_code == 0
    assert run("convert", f"f{end}", "f.xml").exit_code == 0
    form = validate(Path("f.xml").read_bytes())
    assert form.uids == (b"00123", b"0101\x1d21")
    assert run("convert", "f.xml", f"again{end}").exit_code == 0
    assert run("convert", f"again{end}", "again.xml").exit_code == 0
    assert Path("again.xml").read_bytes() == form.canonical


def test_a_new_xml_form_has_a_place_for_each_field_that_must_be_filled_in() -> None:
    assert run("new", "uid-query", "-o", "new.xml").exit_code == 0
    result = run("validate", "new.xml")
    assert result.exit_code == 1
    named = {line.partition("(")[2].partition(")")[0] for line in result.stderr.splitlines()}
    assert "purpose" in result.stderr
    assert "marking[1]/uid" in result.stderr
    assert named


@pytest.mark.parametrize(("name", "_version"), core_shelf().names())
@pytest.mark.parametrize("end", [".xml", ".csv", ".xlsx"])
def test_every_pack_can_be_started(name: str, _version: str, end: str) -> None:
    assert run("new", name, "-o", f"new{end}").exit_code == 0
    if end != ".xml":
        assert run("convert", f"new{end}", "new.xml").exit_code == 1
        assert Path("new.xml").read_bytes().startswith(b"<form")


def test_a_new_form_starts_from_an_earlier_one() -> None:
    write("old.xml", bind(query((b"1", b"2")), bindings()).canonical)
    assert run("new", "uid-query", "--from", "old.xml", "--set", "justification=Again", "-o", "new.xml").exit_code == 0
    form = validate(Path("new.xml").read_bytes())
    assert form.bindings is None
    assert form.uids == (b"1", b"2")
    write("list.txt", b"3\n")
    assert run("new", "uid-query", "--from", "old.xml", "--uids", "list.txt", "-o", "other.xml").exit_code == 0
    assert validate(Path("other.xml").read_bytes()).uids == (b"3",)
    assert "Why this is necessary: Again [changed]" in run("render", "new.xml", "--earlier", "old.xml").output


def test_uids_are_taken_out_of_a_form_and_put_into_lists() -> None:
    write("form.xml", query((b"00123", b"a\x1db", b"=1")).canonical)
    for source, target in (("form.xml", "l.csv"), ("l.csv", "l.xlsx"), ("l.xlsx", "l.txt")):
        assert run("convert", "--uids", source, target).exit_code == 0
    assert Path("l.txt").read_bytes() == b"00123\na\x1db\n=1\n"


def test_warnings_about_a_list_name_lines_and_never_codes() -> None:
    write("list.csv", f"uid\n{CANARY}\n4.62E+13\n{CANARY}\n".encode())
    result = run("new", "uid-query", "--uids", "list.csv", "-o", "q.xlsx", "--language", "ru")
    assert result.exit_code == 3
    assert "Строка 3:" in result.stderr
    assert "Строка 4:" in result.stderr
    assert CANARY not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("new", "no-such-pack", "-o", "x.xml"),
        ("new", "uid-query", "-o", "x.doc"),
        ("new", "uid-query", "--set", "purpose", "-o", "x.xml"),
        ("convert", "good.xml", "x.doc"),
        ("convert", "good.xml", "good.xml", "--uids"),
        ("render", "good.xml", "--language", "xx"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    write("good.xml", query().canonical)
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("new", "uid-query", "--set", "no-such-field=x", "-o", "x.xml"),
        ("new", "acknowledgement", "--uids", "list.txt", "-o", "x.xml"),
        ("new", "uid-query", "--uids", "empty.txt", "-o", "x.xml"),
        ("convert", "bad.xlsx", "x.xml"),
        ("render", "list.txt"),
        ("migrate", "good.xml", "--to", "9"),
    ],
)
def test_what_cannot_be_done_is_exit_code_1_and_writes_nothing(arguments: tuple[str, ...]) -> None:
    write("list.txt", b"00123\n")
    write("empty.txt", b"")
    write("bad.xlsx", b"PK")
    write("good.xml", query().canonical)
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr
    assert not Path("x.xml").exists()


def test_migrating_a_form_of_the_newest_version_takes_its_binding_off() -> None:
    write("bound.xml", bind(query(), bindings()).canonical)
    assert run("migrate", "bound.xml", "-o", "free.xml").exit_code == 0
    assert Path("free.xml").read_bytes() == query().canonical
