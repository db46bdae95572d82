"""gsp keys request and approve-enrolment, by the officers' own commands."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main

from ..people import gpg
from .world import Account, World, attached, challenge_in


@pytest.fixture(scope="module")
def book(world: World) -> Path:
    file = world.gw / "book.json"
    file.write_text(world.gsp("directory", "export"))
    return file


def gsp(world: World, book: Path, account: Account, *arguments: str, code: int = 0) -> Result:
    password = world.folder / "password"
    password.write_text(account.password)
    options = ("--officer", account.address, "--gnupg-home", str(account.person.home), "--address-book", str(book))
    server = ("--password-file", str(password), "--ca", str(world.gw / "tls" / "authority.pem"), "--language", "en")
    done = CliRunner().invoke(main, ["keys", *arguments, *options, *server])
    assert done.exit_code == code, done.output
    return done


def test_an_officer_enrols_and_an_administrator_approves(world: World, book: Path, tmp_path: Path) -> None:
    password, code = world.invite("tool@customs.ke.test", "--party", "KE")
    account, ana = Account(world.person("tool@customs.ke.test"), password), world.accounts["ana"]
    send = ("--send", f"localhost:{world.ports.submission}")

    def queue_id(done: Result) -> str:
        return re.findall(r"accepted ([0-9A-F]{16})", done.output)[0]

    assert "nothing is written or sent" in gsp(world, book, account, "request", "enrol", "--code", code).output
    sent = gsp(world, book, account, "request", "enrol", "--code", code, *send)
    enrolment, challenge = challenge_in(world.text(account.person, queue_id(sent)))
    own = tmp_path / "own"
    own.write_text("a password of my own")
    fields = ("--enrolment", enrolment, "--challenge", challenge, "--new-password-file", str(own))
    sent = gsp(world, book, account, "request", "prove", *fields, *send)
    assert "a password of my own" not in sent.output
    account.password = own.read_text()
    ((name, octets),) = attached(world.notice(ana.person, queue_id(sent))).items()
    file = tmp_path / name
    file.write_bytes(octets)
    approval = ("approve-enrolment", str(file), "--enrolment", enrolment, "--address", account.address, "--fingerprint")
    short = gsp(world, book, ana, *approval, account.person.fingerprint[-16:], *send, code=1)
    assert "another fingerprint" in short.output
    dry = gsp(world, book, ana, *approval, account.person.fingerprint)
    assert account.person.fingerprint in dry.output.replace(" ", "")
    assert world.rows("select state from enrolments where id = ?", enrolment) == [("proved",)]
    sent = gsp(world, book, ana, *approval, account.person.fingerprint, *send)
    assert "admitted" in world.text(account.person, queue_id(sent))


def test_a_request_that_lacks_a_field_is_not_composed(world: World, book: Path, tmp_path: Path) -> None:
    file = tmp_path / "mail"
    done = gsp(world, book, world.accounts["otto"], "request", "revoke", "--output", str(file), code=1)
    assert "not complete" in done.output
    assert not file.exists()


def test_only_the_user_id_of_the_officer_is_certified(world: World, book: Path, tmp_path: Path) -> None:
    """KEY-14: not the first one, which the officer can choose."""
    ana, eve = world.accounts["ana"], world.person("eve@customs.ke.test")
    gpg(eve.home, "--quick-add-uid", eve.fingerprint, "Director <director@customs.ke.test>")
    gpg(eve.home, "--quick-set-primary-uid", eve.fingerprint, "Director <director@customs.ke.test>")
    file, mail = world.file(eve), tmp_path / "mail.eml"
    approval = ("approve-enrolment", str(file), "--enrolment", "x" * 26, "--fingerprint", eve.fingerprint, "--address")
    assert "no User ID" in gsp(world, book, ana, *approval, "customs.ke.test", code=1).output
    assert "Director" not in gsp(world, book, ana, *approval, eve.address).output
    gsp(world, book, ana, *approval, eve.address, "--output", str(mail))
    listed = gpg(ana.person.home, "--with-colons", "--list-sigs", eve.fingerprint).decode().split("\nuid:")
    signed = [one.split(":")[8] for one in listed[1:] if f":{ana.person.fingerprint[-16:]}:" in one]
    assert signed == [f"Eve <{eve.address}>"]
