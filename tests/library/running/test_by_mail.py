"""`forms@` and `gsp uid resolve` through the running gateway: what an officer asks for by mail, and gets."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from gateway.demo.mail_client import ClientMail, send_with_client
from gateway.demo.people import DemoParty
from gateway.demo.running import DemoError, run_gsp
from gateway.envelope_log import EnvelopeOutcome
from gateway.library.fetching import open_library
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.problem import OfficerProblemError
from gateway.officer.submitting import submit
from gateway.schema import envelope_log
from gateway.settings import load_settings
from gateway.state import open_state
from keyring_admin.openpgp.armor import enarmor

from ..stamps import Stamp
from .publishing_world import PublishingWorld

TEXT = "Please send the current library. CANARY-forms-4Q7T"


def request(world: PublishingWorld, officer: DemoParty, *others: str) -> bytes:
    """A mail to forms@, encrypted to the gateway and to whom else the test wants."""
    message = OfficerKeyring(officer.gnupg).sign_and_encrypt(
        f"Content-Type: text/plain\r\n\r\n{TEXT}\r\n".encode(),
        signer=officer.officer_fingerprint,
        recipients=[world.book_of_addresses().gateway.fingerprint, *others],
    )
    head = (
        f"From: {officer.officer}\r\nTo: forms@gsp.test\r\nSubject: ...\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n"
        "--b\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode("ascii") + enarmor(message) + b"\r\n--b--\r\n"


def send(world: PublishingWorld, officer: DemoParty, mail: bytes) -> str:
    return submit(
        mail,
        sender=officer.officer,
        recipient="forms@gsp.test",
        host="localhost",
        port=world.ports.submission,
        password=officer.password,
        certificate_authority=world.authority,
    )


def newest_from(mails: list[bytes], sender: str) -> bytes | None:
    found = [mail for mail in mails if str(message_from_bytes(mail, policy=default)["From"]) == sender]
    return found[-1] if found else None


def opened(world: PublishingWorld, officer: DemoParty, mail: bytes, folder: Path) -> str:
    """`gsp open FILE --save FOLDER`, which must find nothing wrong."""
    file = officer.home / "answer.eml"
    file.write_bytes(mail)
    done = run_gsp(
        *("open", str(file), "--save", str(folder), "--language", officer.language),
        *world.officer_arguments(officer),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(240)
def test_forms_sends_the_signed_library_to_an_officer_with_an_ordinary_mail_client(world: PublishingWorld) -> None:
    officer = world.parties["EU"]
    world.declare("KE", Stamp("KE-MAIL", "KEM[0-9]{10}", "KEM0000000001"))
    world.approve_and_publish()
    mail = ClientMail(recipient="forms@gsp.test", subject="library", text=TEXT)
    send_with_client(officer, mail, port=world.ports.submission, authority=world.authority)
    answer = world.wait_for(officer, "INBOX", lambda mails: newest_from(mails, "forms@gsp.test"))
    saved = officer.home / "saved"
    said = opened(world, officer, answer, saved)
    assert "Écrit par la passerelle elle-même" in said
    assert "bibliothèque de modèles" in said
    files = sorted(saved.glob("library-*.gsp"))
    assert len(files) >= 2
    copy = officer.home / "by-mail.gsp"
    # The officer's copy is the version before: the newest follows from it, and both came by mail.
    first_time = ["--release-certificates", str(world.config.parent / "release-keys.asc")]
    for one in ("release-1", "release-2"):
        first_time += ["--release-key", world.keys[one].fingerprint]
    world.desk("fetch", str(files[-2]), "--library", str(copy), *first_time)
    before = open_library(copy)
    world.desk("fetch", *map(str, files), "--library", str(copy))
    after = open_library(copy)
    assert after.predecessor == before.sha256
    assert after.pattern_parties("ke-mail", datetime.now(UTC).date()) == {"KE"}
    damaged = bytearray(files[-1].read_bytes())
    damaged[len(damaged) // 2] ^= 1
    with pytest.raises(DemoError, match="release signature"):
        world.desk("fetch", world.file("damaged.gsp", bytes(damaged)), "--library", str(copy))
    with pytest.raises(DemoError, match="older"):
        world.desk("fetch", str(files[-2]), "--library", str(copy))


@pytest.mark.timeout(120)
def test_the_log_knows_that_a_party_asked_and_the_number_an_hour_is_limited(world: PublishingWorld) -> None:
    officer = world.parties["KE"]
    settings = load_settings(world.config)
    for _ in range(settings.forms.requests_per_hour):
        assert send(world, officer, request(world, officer)).startswith("250 2.6.0")
    with pytest.raises(OfficerProblemError) as refusal:
        send(world, officer, request(world, officer))
    assert "450 4.7.1" in str(refusal.value)
    with open_state(settings).connect() as connection:
        rows = [dict(row) for row in connection.execute(envelope_log.select()).mappings()]
    asked = [row for row in rows if row["message_class"] == "forms" and row["sending_party"] == "KE"]
    assert len(asked) == settings.forms.requests_per_hour
    row = asked[-1]
    assert {name for name, value in row.items() if value is not None} == {
        *("sequence", "at", "outcome", "message_class", "sending_party", "size_class", "test")
    }
    assert row["outcome"] == EnvelopeOutcome.ACCEPTED.value
    assert [row["rule"] for row in rows if row["sending_party"] == "KE"][-1] == "request-within-rate"


def test_a_request_that_somebody_else_can_read_or_the_gateway_cannot_is_refused(world: PublishingWorld) -> None:
    officer, other = world.parties["PK"], world.parties["KE"]
    OfficerKeyring(officer.gnupg).import_certificate(
        world.book_of_addresses().party("KE").certificates[0].armor, other.reading_fingerprint
    )
    with pytest.raises(OfficerProblemError) as refusal:
        send(world, officer, request(world, officer, other.reading_fingerprint))
    assert "550 5.7.1" in str(refusal.value)
    clear = f"From: {officer.officer}\r\nContent-Type: text/plain\r\n\r\n{TEXT}\r\n".encode()
    with pytest.raises(OfficerProblemError) as refusal:
        send(world, officer, clear)
    assert "523 5.7.10" in str(refusal.value)
    own = request(world, officer, officer.reading_fingerprint, officer.officer_fingerprint)
    assert send(world, officer, own).startswith("250")


@pytest.mark.timeout(120)
def test_a_question_by_command_is_answered_and_the_answer_opened_by_command(world: PublishingWorld) -> None:
    officer = world.parties["PK"]
    asking = (
        *("--officer", officer.officer, "--gnupg-home", str(officer.gnupg), "--address-book", str(world.book)),
        *("--language", "en"),
    )
    uids = [world.parties["KE"].uid, "010123456798765123551qIgY)<&Jp3*j7SDB<GS>800824052008"]
    mail = officer.home / "question.eml"
    told = run_gsp("uid", "resolve", *uids, "--gs", "<GS>", *asking, "--output", str(mail))
    assert told.returncode == 0, told.stderr
    assert "2 UIDs, which the gateway can read" in told.stderr
    assert not any(uid.encode() in mail.read_bytes() for uid in uids)
    sent = run_gsp(
        *("uid", "resolve", *uids, "--gs", "<GS>", *asking, "--send", f"localhost:{world.ports.submission}"),
        *("--password-file", str(officer.password_file), "--ca", str(world.authority)),
    )
    assert "the gateway answered: 250" in sent.stderr, sent.stderr
    answer = world.wait_for(officer, "INBOX", lambda mails: newest_from(mails, "resolve@gsp.test"))
    saved = officer.home / "answered"
    said = opened(world, officer, answer, saved)
    assert "Written by the gateway itself" in said
    assert "Kenya (KE): ke@gsp.test" in said
    assert "European Union (EU): eu@gsp.test" in said
    assert {"uid-query-KE.xml", "uid-query-EU.xml"} <= {file.name for file in saved.iterdir()}
    assert any(file.suffix == ".asc" for file in saved.iterdir())


def test_a_question_about_too_much_is_refused_before_it_is_sent(world: PublishingWorld) -> None:
    officer = world.parties["PK"]
    asking = (
        *("--officer", officer.officer, "--gnupg-home", str(officer.gnupg), "--address-book", str(world.book)),
        *("--language", "en", "--output", str(officer.home / "too-much.eml")),
    )
    for uids in ([f"KE{number}" for number in range(51)], ["K" * 129]):
        told = run_gsp("uid", "resolve", *uids, *asking)
        assert told.returncode == 1
        assert "1 to 50 UIDs" in told.stderr
        assert uids[0] not in told.stderr
    assert not (officer.home / "too-much.eml").exists()
