"""Through `gsp forms`: a nil report, a form from an earlier one with its changes marked, a correction of marks."""

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forms import LANGUAGES, core_shelf, flatten, validate
from forms.form import Form
from forms.problem_text import message
from gateway.cli.main import main

SEIZURES = core_shelf().folder / "seizure-report" / "1" / "examples" / "valid" / "full.xml"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def gsp(*arguments: str, code: int = 0, language: str = "en") -> Result:
    result = CliRunner().invoke(main, ["forms", *arguments, "--language", language], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def form(name: str) -> Form:
    return validate(Path(name).read_bytes())


def marks(name: str) -> dict[str, tuple[str | None, str | None, str | None]]:
    return {entry.path: (entry.disclosure, entry.answer, entry.reason) for entry in flatten(form(name))}


PERIOD = ("--set", "period-from=2026-01-01", "--set", "period-to=2026-03-31")


@pytest.mark.parametrize("end", ["xml", "csv", "xlsx"])
def test_a_nil_report(end: str) -> None:
    gsp("new", "seizure-report", *PERIOD, "--set", "nil-report=yes", "-o", f"nil.{end}")
    if end != "xml":
        gsp("convert", f"nil.{end}", "nil.xml")
    gsp("validate", "nil.xml")
    assert {entry.path: entry.value for entry in flatten(form("nil.xml"))}["nil-report"] == "yes"
    for language in LANGUAGES:
        assert message("valid", language) in gsp("validate", "nil.xml", language=language).stdout


def test_a_nil_report_with_a_seizure_and_an_empty_report_that_is_none_are_refused() -> None:
    full = SEIZURES.read_bytes()
    Path("both.xml").write_bytes(full.replace(b"<nil-report>no<", b"<nil-report>yes<"))
    assert "nil-report" in gsp("validate", "both.xml", code=1).stderr
    gsp("new", "seizure-report", *PERIOD, "-o", "neither.xml")
    assert "nil-report" in gsp("validate", "neither.xml", code=1).stderr


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["text", "html"])
def test_the_next_report_starts_from_the_last_and_only_its_changes_are_marked(kind: str, language: str) -> None:
    Path("first.xml").write_bytes(SEIZURES.read_bytes())
    changes = ("--set", "period-to=2026-06-30", "--set", "seizure[2]/place=Tema")
    gsp("new", "seizure-report", "--from", "first.xml", *changes, "-o", "next.xml")
    assert form("next.xml").bindings is None
    shown = gsp("render", "next.xml", "--earlier", "first.xml", "--as", kind, language=language).stdout
    changed = message("changed", language)
    marked = f">{changed}</strong>" if kind == "html" else changed
    assert shown.count(marked) == 2
    assert marked not in gsp("render", "next.xml", "--earlier", "next.xml", "--as", kind, language=language).stdout


def test_by_way_of_a_spreadsheet_too() -> None:
    Path("first.xml").write_bytes(SEIZURES.read_bytes())
    gsp("new", "seizure-report", "--from", "first.xml", "--set", "seizure[1]/place=Tema", "-o", "next.xlsx")
    gsp("convert", "next.xlsx", "next.xml")
    shown = gsp("render", "next.xml", "--earlier", "first.xml").stdout
    assert shown.count("[changed]") == 1
    assert "Tema [changed]" in shown


def correct(*changes: tuple[str, str, str | None], about: str = "first.xml") -> None:
    """A correction, made by the command, in correction.xml."""
    values = ["--about", about]
    for number, (path, disclosure, reason) in enumerate(changes, 1):
        values += ["--set", f"change[{number}]/field={path}", "--set", f"change[{number}]/disclosure={disclosure}"]
        values += ["--set", f"change[{number}]/reason={reason}"] if reason else []
    gsp("new", "correction", *values, "--force", "-o", "correction.xml")
    gsp("validate", "correction.xml")


def test_a_correction_changes_later_who_may_see_a_field() -> None:
    Path("first.xml").write_bytes(SEIZURES.read_bytes())
    place, reference = "seizure[1]/place", "seizure[1]/case-reference"
    correct((place, "public", None), (reference, "withheld", "personal-data"))
    before = gsp("render", "first.xml").stdout
    after = gsp("render", "first.xml", "--correction", "correction.xml").stdout
    assert "Mombasa [Public]" in after
    assert "Mombasa [Public]" not in before
    assert "Withheld – personal data" in after
    gone = Counter(before.splitlines()) - Counter(after.splitlines())
    assert gone.total() == 3, "the place, the reference, and the fingerprint of the page"
    assert marks("first.xml")[place] == (None, None, None), "the signed form itself stays as it was"


def test_what_was_made_public_can_be_taken_back_by_a_later_correction() -> None:
    Path("first.xml").write_bytes(SEIZURES.read_bytes())
    correct(("seizure[1]/place", "public", None))
    assert "Mombasa [Public]" in gsp("render", "first.xml", "--correction", "correction.xml").stdout
    correct(("seizure[1]/place", "parties", None))
    assert "Mombasa [Public]" not in gsp("render", "first.xml", "--correction", "correction.xml").stdout


def test_a_correction_of_another_form_or_of_a_field_that_is_not_there_changes_nothing() -> None:
    Path("first.xml").write_bytes(SEIZURES.read_bytes())
    Path("other.xml").write_bytes(SEIZURES.read_bytes().replace(b"Mombasa", b"Tema"))
    correct(("seizure[1]/place", "public", None))
    assert gsp("render", "other.xml", "--correction", "correction.xml", code=1).stdout == ""
    correct(("seizure[9]/place", "public", None))
    assert gsp("render", "first.xml", "--correction", "correction.xml", code=1).stdout == ""


def test_a_reply_to_fill_in_has_the_uids_of_the_query() -> None:
    Path("query.xml").write_bytes((SEIZURES.parents[4] / "uid-query/1/examples/valid/full.xml").read_bytes())
    gsp("new", "uid-reply", "--about", "query.xml", "-o", "reply.xlsx")
    gsp("convert", "reply.xlsx", "reply.xml", code=1)
    filled = Path("reply.xml").read_bytes().replace(b"</uid>", b"</uid><status>not-found</status>")
    assert validate(filled).uids == form("query.xml").uids


def test_a_form_that_is_about_no_other_says_so() -> None:
    Path("first.xml").write_bytes(SEIZURES.read_bytes())
    gsp("new", "designation", "--about", "first.xml", "-o", "designation.xml", code=2)
