"""Disclosure marks changed later: a signed correction travels, and only the sender's own is taken."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from forms import core_shelf
from gateway.cli.forms import forms_group

from .conftest import EXCHANGE, Exchange, run

pytestmark = pytest.mark.timeout(300)  # the first test starts the gateway

REPORT = core_shelf().folder / "seizure-report" / "1" / "examples" / "valid" / "full.xml"


def send(exchange: Exchange, party: str, file: Path, to: str) -> Path:
    """Seal a form, open it at the other Party; the form as that Party keeps it."""
    world = exchange.world
    said = world.seal_and_send(world.parties[party], file, "--to", to)
    found = EXCHANGE.search(said)
    assert found is not None, said
    world.open_folder(world.parties[to], f"Party/{to}")
    (kept,) = (world.parties[to].home / "forms").glob(f"{found.group(1)}-*.xml")
    return kept


def correct(about: Path, file: Path) -> Path:
    """A correction that makes the place of the first seizure public."""
    values = ("--set", "change[1]/field=seizure[1]/place", "--set", "change[1]/disclosure=public")
    result = CliRunner().invoke(forms_group, ["new", "correction", "--about", str(about), *values, "-o", str(file)])
    assert result.exit_code == 0, result.output
    return file


def test_a_field_is_made_public_by_its_sender_and_by_nobody_else(exchange: Exchange, tmp_path: Path) -> None:
    report = send(exchange, "KE", REPORT, "EU")
    before = run(forms_group, "render", str(report), "--language", "en")
    assert "Mombasa [Public]" not in before
    correction = send(exchange, "KE", correct(report, tmp_path / "correction.xml"), "EU")
    after = run(forms_group, "render", str(report), "--correction", str(correction), "--language", "en")
    assert "Mombasa [Public]" in after
    strangers = send(exchange, "PK", correct(report, tmp_path / "strangers.xml"), "EU")
    refused = CliRunner().invoke(forms_group, ["render", str(report), "--correction", str(strangers)])
    assert (refused.exit_code, refused.stdout) == (1, "")
