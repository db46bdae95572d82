"""The commands, one after another, as the custodian, the Secretariat and a Party use them."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.deployment import make_deployment
from gateway.mailbox_server import officer_folder
from gateway.settings import load_settings

from ..administration import Cast, ago
from ..people import Person, certify, tsign

ROOT = "GSP root <root@secretariat.test>"
ADAEZE, BRUNO = "Adaeze Obi <adaeze@secretariat.test>", "Bruno Silva <bruno@secretariat.test>"
ADMINISTRATOR = "Administrator KE <admin@customs.ke.test>"
READING = "KE reading <ke@gsp.test>"
ALICE = "Alice <alice@customs.ke.test>"


class Desk:
    """A deployment and its command line."""

    def __init__(self, folder: Path, cast: Cast) -> None:
        self.folder = folder
        self.cast = cast
        make_deployment(folder / "gw", "gsp.test", pilot=True, submission_port=1465, starttls_port=1587, imap_port=1993)

    def run(self, *arguments: str, exits: int = 0) -> str:
        result = CliRunner().invoke(main, ["--config", str(self.folder / "gw" / "gsp.toml"), *arguments])
        assert result.exit_code == exits, result.output
        return result.output

    def file(self, octets: bytes) -> str:
        file = self.folder / f"{len(list(self.folder.iterdir()))}.file"
        file.write_bytes(octets)
        return str(file)

    def signed(self, person: Person, *arguments: str) -> str:
        """What a command prints, signed by a person, as a file."""
        return self.file(person.sign(self.run(*arguments).encode()))

    def officer(self, user_id: str, *roles: str) -> None:
        person, administrator = self.cast(user_id), self.cast(ADMINISTRATOR)
        octets = person.certificate
        if user_id == ADMINISTRATOR:
            octets = tsign(self.cast(ROOT), octets, "customs.ke.test", at=ago(90))
        else:
            octets = certify(administrator, octets, at=ago(50))
        options = [word for role in roles for word in ("--role", role)]
        self.run("officers", "admit", person.address, "--party", "KE", "--certificate", self.file(octets), *options)

    def ceremony(self) -> None:
        """Kenya and its administrator by hand, the people of the Secretariat, then the root."""
        root = self.cast(ROOT)
        for user_id in (ADAEZE, BRUNO):
            person = self.cast(user_id)
            octets = certify(root, person.certificate, at=ago(90))
            self.run("people", "admit", user_id.partition(" <")[0], person.address, "--certificate", self.file(octets))
        self.run("parties", "admit", "KE", "Kenya", "--domain", "customs.ke.test", "--member-from", "2025-01-01")
        self.officer(ADMINISTRATOR, "administer")
        self.run("administrators", "appoint", self.cast(ADMINISTRATOR).address)
        self.run("keys", "root", "install", self.file(root.certificate), "--yes")
        reading = certify(root, self.cast(READING).certificate, at=ago(50))
        reading = certify(self.cast(ADMINISTRATOR), reading, at=ago(49))
        self.run("parties", "reading-certificate", "KE", self.file(reading))


@pytest.fixture
def desk(cast: Cast) -> Iterator[Desk]:
    folder = Path(tempfile.mkdtemp(prefix="gsp-d-", dir="/tmp"))  # a socket's path must fit
    made = Desk(folder, cast)
    made.ceremony()
    yield made
    shutil.rmtree(folder, ignore_errors=True)


def proposal_in(output: str) -> str:
    found = re.search(r"Proposal ([0-9a-f]{16}) is open", output)
    assert found, output
    return found[1]


def test_a_party_is_admitted_when_two_people_have_signed(desk: Desk, cast: Cast) -> None:
    told = desk.run("parties", "admit", "SC", "Seychelles", "--domain", "customs.sc.test", exits=3)
    proposal = proposal_in(told)
    assert "SC" not in desk.run("parties", "list")
    assert proposal in desk.run("keys", "proposals", "list")
    assert "Seychelles" in desk.run("keys", "proposals", "show", proposal)
    statement = desk.signed(cast(ADAEZE), "keys", "approve", proposal, "--print")
    assert "still needed: 1" in desk.run("keys", "approve", proposal, "--statement", statement)
    desk.run("keys", "approve", proposal, "--statement", statement, exits=1)
    statement = desk.signed(cast(BRUNO), "keys", "approve", proposal, "--print")
    assert "is done" in desk.run("keys", "approve", proposal, "--statement", statement)
    shown = desk.run("parties", "show", "SC")
    assert "customs.sc.test" in shown
    assert "not known" in shown


def test_what_cannot_be_undone_is_first_said_and_then_done(desk: Desk, cast: Cast) -> None:
    desk.officer(ALICE, "query")
    alice, administrator = cast(ALICE).address, cast(ADMINISTRATOR).address
    would = desk.run("administrators", "end", administrator)
    assert f"would lose access: {alice}" in would
    assert "yes" in desk.run("administrators", "list")
    assert "would be removed" in desk.run("officers", "remove", alice)
    assert alice in desk.run("officers", "list")
    mailbox = officer_folder(load_settings(desk.folder / "gw" / "gsp.toml"), "KE", alice)
    (mailbox / "mdbox").mkdir(parents=True)
    removed = desk.run("officers", "remove", alice, "--yes")
    assert f"has to replace {cast(READING).fingerprint}" in removed
    assert not mailbox.exists()
    assert alice not in desk.run("officers", "list")
    assert "address taken until" in desk.run("officers", "list", "--removed")
    desk.run("officers", "release", alice, exits=1)
    desk.run("officers", "remove", administrator, exits=1)
    assert "would end" in desk.run("parties", "membership", "KE", "--until", "2026-01-01")
    desk.run("parties", "membership", "KE", "--until", "2026-01-01", "--yes")
    assert "ended 2026-01-01" in desk.run("parties", "list")
    proposal_in(desk.run("parties", "membership", "KE", "--no-end", "--yes", exits=3))


def test_readiness_and_registers(desk: Desk) -> None:
    (kenya,) = [json.loads(line) for line in desk.run("parties", "readiness", "--json").splitlines() if "{" in line]
    assert (kenya["party"], kenya["administrator"], kenya["protection"], kenya["ready"]) == ("KE", True, False, False)
    proposal_in(desk.run("parties", "protection", "KE", "--agreed-on", "2026-01-01", exits=3))
    desk.run("authorities", "notify", "KE", "8.8", "--name", "Revenue Authority", "--governmental")
    desk.run("authorities", "notify", "KE", "28", "--not-designated")
    desk.run("authorities", "notify", "KE", "28", exits=2)
    listed = [json.loads(line) for line in desk.run("authorities", "list", "--json").splitlines()]
    assert [(one["article"], one["designated"]) for one in listed] == [("8.8", True), ("28", False)]
    assert "not designated" in desk.run("parties", "show", "KE")
    desk.run("experts", "add", "Amara Diallo", "--field", "tax stamps", "--language", "fr", "--party", "KE")
    assert "Amara" in desk.run("experts", "list")
    desk.run("experts", "end", "1")
    assert "Amara" not in desk.run("experts", "list")
    desk.run("parties", "name", "KE", "ar=كينيا", "en=Kenya")
    assert "كينيا" in desk.run("parties", "show", "KE")
    assert "Adaeze" in desk.run("people", "list")


def test_a_party_watches_the_key_log(desk: Desk, cast: Cast) -> None:
    root, log, seen = cast(ROOT).fingerprint, str(desk.folder / "log.jsonl"), str(desk.folder / "seen.json")
    watch = ("keys", "watch", "KE", "--export", log, "--seen", seen)
    head = desk.signed(cast(ADMINISTRATOR), "keys", "log", "head")
    assert "Party KE has countersigned" in desk.run("keys", "log", "countersign", head)
    desk.run("keys", "log", "export", "--output", log)
    assert "countersigned by: KE" in desk.run("keys", "log", "verify", log, "--root", root)
    desk.run(*watch, exits=1)  # the first time, the root's fingerprint comes from paper
    assert "entry" in desk.run(*watch, "--root", root, exits=3)
    assert "nothing has changed" in desk.run(*watch)
    desk.officer(ALICE, "query")
    desk.run("keys", "log", "export", "--output", log)
    assert "officer-admitted" in desk.run(*watch, exits=3)
    lines = Path(log).read_text(encoding="utf-8").splitlines()
    shorter = [line for line in lines if '"type": "entry"' not in line]
    shorter += [line for line in lines if '"type": "entry"' in line][:-2]
    Path(log).write_text("\n".join(shorter) + "\n", encoding="utf-8")
    assert "rolled back" in desk.run(*watch, exits=4)
    assert "officer-admitted" in desk.run("keys", "log", "list", "--party", "KE")


def test_a_reading_certificate_is_named_by_its_predecessor(desk: Desk, cast: Cast) -> None:
    new = cast("KE new reading <ke@gsp.test>")
    octets = certify(cast(ADMINISTRATOR), certify(cast(ROOT), new.certificate, at=ago(50)), at=ago(49))
    file = desk.file(octets)
    proposal_in(desk.run("parties", "reading-certificate", "KE", file, exits=3))
    statement = desk.signed(cast(READING), "parties", "reading-certificate", "KE", file, "--print")
    desk.run("parties", "reading-certificate", "KE", file, "--succession", statement)
    assert desk.run("parties", "show", "KE").count("in force, chain in-force") == 2
    assert "0 done" in desk.run("keys", "proposals", "settle")
