"""The whole story: from the root on an offline machine to an exchange, an expiry, a revocation, and what is refused."""

import re
import time
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from forms.entries import Entry
from forms.queries import Answer, AnswerStatus, Purpose, new_query, new_reply
from forms.validation import validate
from gateway.officer.mailbox import logged_in

from ..people import certify, renew
from ..running import DOMAIN, Running, Somebody, submit

ASKED_UID = b"QCALLa7K2m9XqZB4c124051914"  # the Union's
KENYAN_UID = b"KE24T00012345674"
REFUSED = "550 5.7.1 refused by policy"


@pytest.mark.timeout(600)
def test_from_the_root_to_a_revoked_officer(world: Running) -> None:
    """KEY-01 to 04, 10, 12, 21, 22, and the life of a Party between them; one story, since each part needs the last."""
    world.install_root()
    world.admit_party("KE", "Kenya")
    world.admit_party("EU", "European Union")
    world.hand_out_address_book("admin-KE", "admin-EU")
    amina = world.enrol("amina", "Amina <amina@customs.ke.test>", "KE")
    beatrix = world.enrol("beatrix", "Beatrix <beatrix@olaf.eu.test>", "EU")
    juma = enrol_against_resistance(world)
    dora = world.enrol("dora", "Dora <dora@olaf.eu.test>", "EU")
    exchange(world, amina, beatrix)
    expiry(world, dora)
    revocation(world, juma)
    records(world, amina, juma)


def enrol_against_resistance(world: Running) -> Somebody:
    """Others try to have a certificate approved that its administrator has not approved yet."""
    juma, code = world.invite("juma", "Juma <juma@customs.ke.test>", "KE")
    enrolment = world.prove(juma, code)
    right, other = world.people["admin-KE"], world.people["admin-EU"]
    approval = world.certified_approval(right, juma, enrolment)
    file = right.folder / "approval.eml"
    # By another Party's administrator, who has certified it too.
    certified = other.folder / "certified.asc"
    certified.write_bytes(certify(other.person, juma.person.certificate))
    words = ("--enrolment", enrolment, "--fingerprint", juma.fingerprint)
    world.ask(other, "approve", *words, "--certificate", str(certified))
    assert "refused" in world.notice(other, "approve", "not")
    # Forged: for the administrator's account, signed by an officer's key.
    amina = world.people["amina"]
    forged = world.request(amina, "approve", *words)
    assert world.send(right, as_from(forged, amina, right)).startswith("550 5.7.1")
    assert not world.enrolled(juma)
    assert world.send(juma, b"", f"query@{DOMAIN}").startswith("550 5.7.1 this account may only write")
    # The real one, twice.
    world.tool(right, *approval, *world.arguments(right), "--output", str(file))
    real = file.read_bytes()
    assert world.send(right, real).startswith("250")
    world.notice(juma, "admitted", juma.fingerprint)
    assert world.enrolled(juma)
    assert world.send(right, real).startswith("550 5.7.1")
    world.give_reading_key(juma, "KE")
    return juma


def exchange(world: Running, asking: Somebody, answering: Somebody) -> None:
    """A sealed query, and the reply to it."""
    form = query_about(asking, ASKED_UID)
    assert "250" in seal(world, asking, "KE", form, "--library", str(world.library), *world.server(asking))
    shown = open_folder(world, answering, "Party/EU")
    assert "Seized at a port" in shown
    (file,) = (answering.folder / "forms").glob("*-uid-query.xml")
    query = validate(file.read_bytes())
    entries = (Entry("manufacture/country", "EE"),)
    answer = Answer(uids=query.uids, status=AnswerStatus.FOUND, entries=entries)
    reply = answering.folder / "reply.xml"
    reply.write_bytes(new_reply(query, [answer]).canonical)
    number = file.name.removesuffix("-uid-query.xml")
    assert "250" in seal(world, answering, "EU", reply, "--reply-to", number, *world.server(answering))
    assert "EE" in open_folder(world, asking, "Party/KE")


def expiry(world: Running, officer: Somebody) -> None:
    """A certificate ends, what the gateway has to say is held, and arrives after the renewal."""
    query = sealed(world, officer, "EU", KENYAN_UID)
    renew(officer.person, "seconds=8")
    ends = time.time() + 8
    world.ask(officer, "renew")
    time.sleep(max(0.0, ends + 1 - time.time()))
    assert world.send(officer, query, f"query@{DOMAIN}").startswith(REFUSED)
    world.gsp("keys", "why", officer.address, code=1)
    world.gsp("keys", "gateway", "rotate", "--at-once")
    held = "select 1 from notice_requests join officers on officers.id = officer where address = ? and held_until"
    world.wait(lambda: world.rows(held, officer.address) or None)
    world.notice(officer, "certificate", "needs attention")
    renew(officer.person, "1y")
    world.ask(officer, "renew")
    mail = world.notice_mail(officer, "certificate", "new encryption key")
    assert [part.get_filename() for part in mail.iter_attachments()] == ["gateway-certificate.asc"]
    world.gsp("keys", "why", officer.address)
    assert world.send(officer, query, f"query@{DOMAIN}").startswith("250")


def revocation(world: Running, officer: Somebody) -> None:
    """Refused within a second, in sessions that are open; and no older copy brings the key back."""
    older = officer.person.certificate
    query, another = (sealed(world, officer, "KE", ASKED_UID) for _ in range(2))
    administrator = world.people["admin-KE"]
    mail = world.request(administrator, "revoke", "--fingerprint", officer.fingerprint)
    with world.submission(officer) as client, logged_in(world.access(officer)) as mailbox:
        mailbox.select_folder("Party/KE", readonly=True)
        assert submit(client, officer.address, f"query@{DOMAIN}", query).startswith("250")
        assert world.send(administrator, mail).startswith("250")
        told = time.monotonic()
        assert submit(client, officer.address, f"query@{DOMAIN}", another).startswith(REFUSED)
        assert time.monotonic() - told < 1
        world.wait(lambda: ended(mailbox) or None, seconds=1)
    world.notice(administrator, "revoke", "carried out")
    world.gsp("keys", "certified", world.on_desk(older), code=1)
    world.ask(officer, "renew")  # served, and refused in a notice that is held
    world.gsp("keys", "why", officer.address, code=1)
    assert world.send(officer, another, f"query@{DOMAIN}").startswith(REFUSED)


def records(world: Running, officer: Somebody, revoked: Somebody) -> None:
    """The key log verifies from the root's fingerprint alone, and says who gave the access that `why` explains."""
    log = world.desk / "key-log.jsonl"
    world.gsp("keys", "log", "export", "--output", str(log))
    root = world.people["root"].fingerprint
    copy = officer.folder / "key-log.jsonl"
    copy.write_bytes(log.read_bytes())
    world.tool(officer, "keys", "log", "verify", str(copy), "--root", root)
    spoiled = copy.read_text().replace(revoked.fingerprint, officer.fingerprint)
    copy.write_text(spoiled)
    world.tool(officer, "keys", "log", "verify", str(copy), "--root", root, code=4)
    said = world.gsp("keys", "why", officer.address)
    chain = {each.replace(" ", "") for each in re.findall(r"certified by ([0-9A-F ]+)$", said, re.MULTILINE)}
    assert chain == {world.people["admin-KE"].fingerprint, root}


def query_about(officer: Somebody, uid: bytes) -> Path:
    form = officer.folder / "query.xml"
    form.write_bytes(new_query([uid], justification="Seized at a port", purpose=Purpose.INVESTIGATION).canonical)
    return form


def sealed(world: Running, officer: Somebody, party: str, uid: bytes) -> bytes:
    """A query that is ready and not sent yet."""
    file = officer.folder / "query.eml"
    form = query_about(officer, uid)
    seal(world, officer, party, form, "--library", str(world.library), "--output", str(file))
    return file.read_bytes()


def seal(world: Running, officer: Somebody, party: str, form: Path, *options: str) -> str:
    memory = ("--memory", str(officer.folder / "memory.db"))
    words = ("seal", str(form), "--party", party, *options, *memory)
    return world.tool(officer, *words, *world.arguments(officer))


def open_folder(world: Running, officer: Somebody, folder: str) -> str:
    """`gsp open` over IMAP, once a mail is there."""

    def arrived() -> bool | None:
        with logged_in(world.access(officer)) as client:
            return bool(client.select_folder(folder, readonly=True)[b"EXISTS"]) or None

    world.wait(arrived, every=0.3)
    imap = ("--imap", f"localhost:{world.ports.imap}", "--folder", folder, "--save", str(officer.folder / "forms"))
    server = ("--password-file", str(officer.password_file), "--ca", str(world.authority))
    memory = ("--memory", str(officer.folder / "memory.db"))
    return world.tool(officer, "open", *imap, *memory, *world.arguments(officer), *server)


def ended(mailbox: IMAPClient) -> bool:
    try:
        mailbox.noop()
    except (IMAPClientError, OSError):
        return True
    return False


def as_from(mail: bytes, author: Somebody, other: Somebody) -> bytes:
    """The same mail, if somebody else had sent it."""
    return mail.replace(author.address.encode(), other.address.encode())
