"""Real clients' mails: what they encrypt gets through, what they leave readable does not."""

from pathlib import Path

import pytest

from gateway.gate import Accepted, Refused, Shape
from gateway.replies import NOT_ENCRYPTED
from keyring_admin.openpgp import Integrity, dearmor, enarmor, inspect_message

from .mail_builder import run

CLIENTS = Path(__file__).parent / "clients"
ENCRYPTED = sorted(CLIENTS.glob("*.eml"))
CLEAR = sorted((CLIENTS / "clear").glob("*.eml"))
ALICE, BOB = "E0EEBD80E44CF8A7", "EC869473D6F50483"


def test_the_fixtures_are_there() -> None:
    assert len(ENCRYPTED) == 16
    assert len(CLEAR) == 8


@pytest.mark.parametrize("path", ENCRYPTED, ids=lambda path: path.stem)
def test_an_encrypted_mail_of_a_real_client_is_accepted(path: Path) -> None:
    verdict = run(path.read_bytes())
    assert isinstance(verdict, Accepted)
    assert verdict.shape is (Shape.INLINE if "inline" in path.stem else Shape.DIRECT)
    assert verdict.headers.sender == "alice@gw.test"
    (message,) = verdict.messages
    assert set(message.recipients) == {ALICE, BOB}
    assert message.integrity is Integrity.SEIPD_V1
    assert message.octets[message.data_start] == 0xD2


@pytest.mark.parametrize("path", CLEAR, ids=lambda path: path.stem)
def test_a_mail_that_a_client_left_readable_is_refused_as_not_encrypted(path: Path) -> None:
    verdict = run(path.read_bytes())
    assert isinstance(verdict, Refused)
    assert verdict.reply is NOT_ENCRYPTED


@pytest.mark.parametrize("path", ENCRYPTED, ids=lambda path: path.stem)
def test_armor_made_anew_holds_the_same_packets(path: Path) -> None:
    verdict = run(path.read_bytes())
    assert isinstance(verdict, Accepted)
    octets = verdict.messages[0].octets
    assert inspect_message(dearmor(enarmor(octets))) == verdict.messages[0]


@pytest.mark.parametrize("path", ENCRYPTED, ids=lambda path: path.stem)
def test_a_mail_saved_with_lf_line_ends_is_refused_on_the_wire(path: Path) -> None:
    verdict = run(path.read_bytes().replace(b"\r\n", b"\n"))
    assert isinstance(verdict, Refused)
    assert verdict.rule == "bare-lf"
