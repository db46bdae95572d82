"""`gsp gate`: one JSON line for each file, exit codes, line ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.gate import gate

from .mail_builder import CANARY, direct, inline, sealed, slip
from .packet_builder import armor, literal, message

CLIENTS = Path(__file__).parent / "clients"


def call(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(gate, [str(argument) for argument in arguments], input=stdin)


def answers(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.eml"
    path.write_bytes(direct())
    return path


@pytest.fixture
def clear(tmp_path: Path) -> Path:
    path = tmp_path / "clear.eml"
    path.write_bytes(inline(CANARY))
    return path


def test_an_accepted_mail_is_reported_with_its_recipients(good: Path) -> None:
    result = call(good)
    assert result.exit_code == 0
    assert answers(result) == [
        {
            "file": str(good),
            "verdict": "accept",
            "code": "250 2.6.0",
            "rule": None,
            "shape": "direct",
            "recipients": ["E0EEBD80E44CF8A7"],
            "messages": [{"recipients": ["E0EEBD80E44CF8A7"], "integrity": "seipd_v1"}],
        }
    ]


def test_a_refused_mail_is_reported_with_code_and_rule_and_no_content(good: Path, clear: Path) -> None:
    result = call(good, clear)
    assert result.exit_code == 1
    found = answers(result)[1]
    assert (found["verdict"], found["code"], found["rule"]) == ("refuse", "523 5.7.10", "cleartext")
    assert CANARY.decode() not in result.output


def test_both_recipients_of_a_sealed_mail_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "sealed.eml"
    path.write_bytes(sealed())
    (found,) = answers(call(path))
    assert (found["shape"], found["recipients"]) == ("sealed", ["EC869473D6F50483", "E0EEBD80E44CF8A7"])


@pytest.mark.parametrize("octets", [message(), armor(message()), armor(message(), line_end=b"\n")])
def test_a_bare_openpgp_message_is_judged_by_its_packets(octets: bytes) -> None:
    result = call("-", stdin=octets)
    assert result.exit_code == 0
    (found,) = answers(result)
    assert (found["file"], found["shape"]) == ("-", "message")
    assert "line_endings" not in found


@pytest.mark.parametrize("octets", [literal(), armor(literal()), armor(slip(), kind=b"SIGNATURE")])
def test_a_bare_message_that_is_not_encrypted_is_refused(octets: bytes) -> None:
    assert call("-", stdin=octets).exit_code == 1


def test_a_mail_saved_on_unix_is_converted_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "unix.eml"
    path.write_bytes(direct().replace(b"\r\n", b"\n"))
    (found,) = answers(call(path))
    assert (found["verdict"], found["line_endings"]) == ("accept", "lf")
    (found,) = answers(call("--crlf", path))
    assert (found["verdict"], found["rule"]) == ("refuse", "bare-lf")


def test_mixed_line_ends_are_refused_unless_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "mixed.eml"
    path.write_bytes(direct().replace(b"\r\n", b"\n", 3))
    assert call(path).exit_code == 1
    assert call("--lf", path).exit_code == 0


def test_a_file_over_the_size_limit_is_refused(good: Path) -> None:
    (found,) = answers(call("--size-limit", "100", good))
    assert found["code"] == "552 5.3.4"


def test_an_unreadable_file_is_an_error_of_its_own(good: Path, tmp_path: Path) -> None:
    result = call(good, tmp_path / "missing.eml")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["verdict"] == "accept"  # the other file is judged all the same
    assert "missing.eml" in result.stderr
    assert call(tmp_path).exit_code == 2


def test_without_a_file_the_usage_is_shown() -> None:
    assert call().exit_code == 2


def test_the_fixtures_of_real_clients_by_the_command() -> None:
    assert call(*CLIENTS.glob("*.eml")).exit_code == 0
    result = call(*(CLIENTS / "clear").glob("*.eml"))
    assert result.exit_code == 1
    assert {found["code"] for found in answers(result)} == {"523 5.7.10"}
