"""`gsp uid` and `gsp patterns`, as an officer runs them."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.patterns import patterns
from gateway.cli.uid import uid

Text = Callable[..., bytes]
Record = Callable[..., str]
ON = ["--on", "2026-11-21"]


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(uid, [*arguments], input=stdin)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("KE24T00012345674", 0),
        ("KE24T00012345675", 3),
        ("A1B2C3D4E5F6", 3),
        ("00001234560000000018", 3),
        ("QCXYZ0123456789", 4),
        ("hello", 4),
    ],
)
def test_explain_answers_and_its_exit_code_says_whether_to_send(text: str, code: int) -> None:
    result = run("explain", text, *ON)
    assert result.exit_code == code
    assert "library" in result.stdout


def test_explain_reads_octets_from_standard_input() -> None:
    raw = b"010123456798765123551qIgY)<&Jp3*j7SDB\x1d800824052008"
    result = run("explain", "-", "--json", *ON, stdin=raw + b"\r\n")
    answer = json.loads(result.stdout)
    assert base64.b64decode(answer["uid"]["base64"]) == raw
    assert (answer["verdict"], answer["party"]) == ("routable", "EU")
    assert answer["candidates"][0]["checks"] == {"gtin": "passed", "timestamp": "passed"}
    assert answer["candidates"][0]["reading"] == []


def test_an_own_spelling_of_the_separator_can_be_named() -> None:
    text = "010123456798765123551qIgY)<&Jp3*j7SDB@800824052008"
    assert run("explain", text, *ON).exit_code == 4
    assert run("explain", text, "--gs", "@", *ON).exit_code == 0


def test_explain_knows_own_party_day_of_manufacture_and_language() -> None:
    assert "own Party" in run("explain", "KE24T00012345674", "--own", "KE", *ON).stdout
    assert run("explain", "AB123456789", "--made", "2026-01-01", *ON).exit_code == 3
    assert "缔约方" in run("explain", "KE24T00012345674", "--language", "zh", *ON).stdout


def test_explain_shows_suggestions_and_the_synthetic_label() -> None:
    output = run("explain", "KE24T0O012345674", *ON).stdout
    assert "KE24T00012345674" in output
    assert "synthetic" in run("explain", "KE24T00012345674", *ON).stdout


def test_an_expired_library_answers_nothing() -> None:
    result = run("explain", "KE24T00012345674", "--on", "2027-11-22")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "expired" in result.stderr


def test_a_library_that_is_refused_says_where(tmp_path: Path, library_text: Text, pattern_text: Record) -> None:
    path = tmp_path / "library.toml"
    path.write_bytes(library_text(pattern_text(expression="'(?=K)KE'")))
    result = run("explain", "KE0001", "--library", str(path), *ON)
    assert result.exit_code == 5
    assert "pattern p, field expression" in result.stderr
    path.write_bytes(library_text(pattern_text()))
    assert run("explain", "KE0001", "--library", str(path), *ON).exit_code == 0


def test_why_not_says_what_stops_each_pattern() -> None:
    output = run("why-not", "KE24T0001234x674", "KE", *ON).stdout
    assert "ke-stamp: character 13 does not fit" in output
    assert "more are expected" in run("why-not", "KE24T0001", "KE", *ON).stdout
    assert "16 to 16 characters; this one has 18" in run("why-not", "KE24T0001234567444", "KE", *ON).stdout
    assert "a check fails" in run("why-not", "KE24T00012345675", "KE", *ON).stdout
    assert "no pattern" in run("why-not", "KE24T00012345675", "XX", *ON).stdout


def test_why_not_follows_the_reading_that_gets_furthest() -> None:
    answers = json.loads(run("why-not", "]d2KE24T0001234x674", "KE", "--json", *ON).stdout)
    assert answers == [{"pattern": "ke-stamp", "reason": "character", "position": 13}]


def test_check_sorts_a_list_and_writes_one_file_for_each_party(tmp_path: Path) -> None:
    path, out = tmp_path / "seized.txt", tmp_path / "out"
    path.write_bytes(b"KE24T00012345674\nQCALLa7K2m9XqZ\nQCALLa7K2m9XqZB4c1\nhello\n")
    result = run("check", str(path), "--split", str(out), *ON)
    assert result.exit_code == 3
    assert sorted(file.name for file in out.iterdir()) == ["eu.txt", "ke.txt"]
    assert (out / "eu.txt").read_bytes() == b"QCALLa7K2m9XqZ\n"
    assert (out / "eu.txt").stat().st_mode & 0o077 == 0
    again = run("check", str(path), "--split", str(out), *ON)
    assert again.exit_code == 5, "a file that is there is never replaced"
    assert "KE24T" not in result.stdout
    answer = json.loads(run("check", str(path), "--json", *ON).stdout)
    assert answer["duplicates"] == [{"row": 3, "first_row": 2}]
    assert [group["verdict"] for group in answer["groups"]] == ["routable", "routable", "unknown"]


def test_check_of_a_list_that_can_all_be_sent_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "seized.csv"
    path.write_text("uid,place\nKE24T00012345674,Mombasa\n")
    assert run("check", str(path), "--column", "uid", *ON).exit_code == 0
    assert run("check", str(path), "--column", "nothing", *ON).exit_code == 5


def test_patterns_show_lists_and_labels(core: object) -> None:
    output = CliRunner().invoke(patterns, ["show"]).stdout
    assert output.count("synthetic") == 9
    assert output.count("not a Party") == 6
    one = CliRunner().invoke(patterns, ["show", "ke-stamp"]).stdout
    assert "SYNTHETIC" in one
    assert r"KE(?P<yr>\d{2})" in one
    assert CliRunner().invoke(patterns, ["show", "nothing"]).exit_code == 2


def test_patterns_review_and_diff_show_change_and_witness(
    tmp_path: Path, library_text: Text, pattern_text: Record
) -> None:
    before, after = tmp_path / "1.toml", tmp_path / "2.toml"
    before.write_bytes(library_text(pattern_text()))
    greedy = pattern_text(id='"q"', party='"UG"', expression=r"'K.\d{4}'", examples='["KX0001"]')
    after.write_bytes(library_text(pattern_text(), greedy, number=2))
    result = CliRunner().invoke(patterns, ["review", str(before), str(after), *ON])
    assert result.exit_code == 3
    assert "predecessor-does-not-match" in result.stdout
    assert "matches-example-of-another-party  q p  e.g. KE0001" in result.stdout
    assert "added     q" in CliRunner().invoke(patterns, ["diff", str(before), str(after)]).stdout
    assert CliRunner().invoke(patterns, ["diff", str(before), str(before)]).stdout == ""
