"""The commands of the administrator's guide, in its order: a root, an administrator, an officer, a mailbox."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import main

from ..conftest import Homes
from ..people import Person, make_person, revoke


def gsp(*arguments: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    gsp("init", tmp_path / "d", "--domain", "gsp.test", "--pilot")
    monkeypatch.chdir(tmp_path / "d")
    return tmp_path / "d"


def written(folder: Path, person: Person) -> Path:
    file = folder / f"{person.fingerprint}.asc"
    file.write_bytes(person.armored)
    return file


def certify(certifier: Person, request: str, output: str) -> str:
    key = ("--key", certifier.fingerprint, "--gnupg-home", certifier.home)
    shown = gsp("keys", "certify", *key, request, "--dry-run")
    assert not Path(output).exists()
    gsp("keys", "certify", *key, request, "--output", output)
    return shown


def test_the_chain_by_commands(folder: Path, homes: Homes) -> None:
    root = make_person(homes.new(), "Root <root@secretariat.test>")
    administrator = make_person(homes.new(), "Wanjiru <wanjiru@customs.ke.test>")
    alice = make_person(homes.new(), "Alice <alice@customs.ke.test>")
    kenya = make_person(homes.new(), "Kenya <ke@gsp.test>")
    gsp(
        "parties",
        "admit",
        "KE",
        "Kenya",
        "--domain",
        "customs.ke.test",
        "--reading-certificate",
        written(folder, kenya),
    )
    for person in (administrator, alice):
        certificate = written(folder, person)
        gsp("officers", "admit", person.address, "--party", "KE", "--certificate", certificate, "--role", "query")
    gsp("administrators", "appoint", administrator.address)

    shown = gsp("keys", "root", "install", written(folder, root))
    assert "would lose access: 3" in shown
    assert "no root is installed" in gsp("keys", "root", "show")
    gsp("keys", "root", "install", written(folder, root), "--yes")
    assert "in force" in gsp("keys", "root", "show")
    assert "no root is installed" not in gsp("keys", "root", "show")

    gsp("keys", "request-certification", administrator.address, "--output", "wanjiru.txt")
    shown = certify(root, "wanjiru.txt", "wanjiru.asc")
    assert "trust signature for customs.ke.test" in shown
    assert "in-force until" in gsp("keys", "certified", "wanjiru.asc")

    gsp("keys", "request-certification", alice.address, "--output", "alice.txt")
    certify(administrator, "alice.txt", "alice.asc")
    assert "no administrator of the Party certified it" in gsp("keys", "why", alice.address, code=1)
    gsp("keys", "certified", "alice.asc")
    assert gsp("keys", "why", alice.address).count("In force: the chain holds.") == 3

    gsp("keys", "request-certification", "ke@gsp.test", "--output", "kenya.txt")
    for certifier, name in ((administrator, "one.asc"), (root, "two.asc")):
        certify(certifier, "kenya.txt", name)
    gsp("keys", "certified", "one.asc", "two.asc")
    assert "In force: the chain holds." in gsp("keys", "why", "ke@gsp.test")
    assert gsp("keys", "list", "--party", "KE").count("in-force") == 3
    assert "changed: 0" in gsp("keys", "derive")

    (folder / "revoked.asc").write_bytes(revoke(alice))
    assert "REVOKED" in gsp("keys", "refresh", "revoked.asc")
    gsp("keys", "certified", "alice.asc")  # an older copy
    assert "the certificate is revoked" in gsp("keys", "why", alice.address, code=1)
