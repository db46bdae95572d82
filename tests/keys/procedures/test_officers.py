"""Procedures of the administrator's guide: an officer's key is lost or stolen, an officer leaves."""

import smtplib

import pytest

from gateway.officer.mailbox import logged_in
from gateway.officer.problem import OfficerProblemError

from ..people import gpg
from ..running import DOMAIN, Running
from .steps import REFUSED, mail_to, revocation_of, send, walked


def test_a_lost_key(world: Running) -> None:
    begun = len(world.ran)
    world.enrol("lost", "Lena <lena@customs.ke.test>", "KE")
    administrator, before = world.people["admin-KE"], world.people["lost"]
    waiting = mail_to(world, before, "KE", "EU")
    world.ask(administrator, "revoke", "--fingerprint", before.fingerprint)
    world.notice(administrator, "revoke", "carried out")
    assert send(world, before, waiting).startswith(REFUSED)
    after = world.enrol("lost", "Lena <lena@customs.ke.test>", "KE")
    assert after.fingerprint != before.fingerprint
    assert send(world, after, mail_to(world, after, "KE", "EU")).startswith("250")
    walked(world, "A key is lost", begun)


def test_a_stolen_key(world: Running) -> None:
    begun = len(world.ran)
    officer = world.enrol("stolen", "Sara <sara@customs.ke.test>", "KE")
    stolen = mail_to(world, officer, "KE", "EU")
    assert send(world, officer, stolen).startswith("250")  # the thief has key and password
    world.gsp("officers", "suspend", officer.address)
    world.gsp("keys", "certified", world.on_desk(revocation_of(officer.person, 1)))
    said = world.gsp("officers", "password", officer.address)
    thief_password, officer.password = officer.password, said.rpartition("password")[2].split()[0]
    world.gsp("officers", "resume", officer.address)
    assert send(world, officer, stolen).startswith(REFUSED)
    assert thief_password not in said
    after = world.enrol("stolen", "Sara <sara@customs.ke.test>", "KE")
    assert send(world, after, mail_to(world, after, "KE", "EU")).startswith("250")
    walked(world, "A key is stolen", begun)


def test_an_officer_leaves(world: Running) -> None:
    begun = len(world.ran)
    world.admit_party("TZ", "Tanzania")
    world.hand_out_address_book("admin-TZ")
    leaver = world.enrol("leaver", "Leo <leo@customs.tz.test>", "TZ")
    stays = world.enrol("stays", "Tatu <tatu@customs.tz.test>", "TZ")
    old = world.people["reading-TZ"]
    waiting = mail_to(world, leaver, "TZ", "KE")
    assert old.fingerprint in world.gsp("officers", "remove", leaver.address)
    world.gsp("officers", "remove", leaver.address, "--yes")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        send(world, leaver, waiting)
    with pytest.raises(OfficerProblemError), logged_in(world.access(leaver)):
        pass
    assert '"TZ"' in world.gsp("parties", "readiness", "--json")
    assert len(world.rows("select 1 from reading_rotations where party = 'TZ' and done_at is null")) == 1
    # The Party makes another reading key; the one before names it; both certify it.
    new = world.somebody("reading-TZ", f"Tanzania <tz@{DOMAIN}>")
    file = world.on_desk(new.person.armored)
    text = world.gsp("parties", "reading-certificate", "TZ", file, "--print")
    signed = world.on_desk(old.person.sign(text.encode()))
    world.gsp("parties", "reading-certificate", "TZ", file, "--succession", signed)
    world.have_certified(new.address, "root", "admin-TZ")
    gpg(stays.person.home, "--import", stdin=new.person.secret)
    assert len(world.rows("select 1 from reading_rotations where party = 'TZ' and done_at is null")) == 1
    world.gsp("parties", "withdraw", "TZ", old.fingerprint, "--yes")
    assert not world.rows("select 1 from reading_rotations where party = 'TZ' and done_at is null")
    world.book.write_text(world.gsp("directory", "export"))
    assert new.fingerprint in world.book.read_text()
    assert old.fingerprint not in world.book.read_text()
    world.gsp("officers", "release", leaver.address, code=1)
    walked(world, "An officer leaves", begun)
