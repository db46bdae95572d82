"""Procedures: an administrator leaves, a Party leaves, a reading key is stolen, the root expires soon."""

import os
import signal
import smtplib
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ..people import renew
from ..running import DOMAIN, Running
from .steps import REFUSED, has_access, mail_to, revocation_of, send, walked


def test_an_administrator_leaves(world: Running) -> None:
    begun = len(world.ran)
    world.admit_party("UG", "Uganda")
    world.hand_out_address_book("admin-UG")
    officer = world.enrol("okello", "Okello <okello@customs.ug.test>", "UG")
    former = world.people["admin-UG"]
    losses = world.gsp("administrators", "end", former.address)
    assert officer.fingerprint in losses
    assert world.people["reading-UG"].fingerprint in losses
    world.admit_administrator("successor", "Successor <second@customs.ug.test>", "UG")
    world.have_certified(officer.address, "successor")
    world.have_certified(world.people["reading-UG"].address, "successor")
    assert "nobody would lose access" in world.gsp("administrators", "end", former.address)
    world.gsp("administrators", "end", former.address, "--yes")
    assert has_access(world, officer)
    assert send(world, officer, mail_to(world, officer, "UG", "KE")).startswith("250")
    # Nobody certified the former administrator as an officer.
    refused = world.ask(former, "invite", "--address", "spy@customs.ug.test", "--roles", "query", code=1)
    assert REFUSED in refused
    assert not world.rows("select 1 from officers where address = 'spy@customs.ug.test'")
    world.gsp("officers", "remove", former.address, "--yes")
    walked(world, "An administrator leaves", begun)


def test_a_party_leaves(world: Running) -> None:
    begun = len(world.ran)
    world.admit_party("PK", "Pakistan")
    world.hand_out_address_book("admin-PK")
    inside = world.enrol("dilawar", "Dilawar <dilawar@customs.pk.test>", "PK")
    outside = world.enrol("writer", "Wema <wema@customs.ke.test>", "KE")
    to, away = mail_to(world, outside, "KE", "PK"), mail_to(world, inside, "PK", "KE")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert send(world, inside, away).startswith("250")
    assert "would" in world.gsp("parties", "membership", "PK", "--until", today)
    world.gsp("parties", "membership", "PK", "--until", today, "--yes")
    assert send(world, outside, to).startswith("5")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        send(world, inside, away)
    world.gsp("parties", "membership", "PK", "--no-end", "--yes", code=3)
    assert send(world, outside, to).startswith("5")
    assert "pk@gsp.test" not in world.gsp("directory", "export")
    walked(world, "A Party leaves", begun)


def test_a_reading_key_is_stolen(world: Running) -> None:
    begun = len(world.ran)
    world.admit_party("RW", "Rwanda")
    world.hand_out_address_book("admin-RW")
    writer = world.enrol("waits", "Wanja <wanja@customs.ke.test>", "KE")
    old, administrator = world.people["reading-RW"], world.people["admin-RW"]
    first, second = (mail_to(world, writer, "KE", "RW") for _ in range(2))
    deliver = program(world, "deliver")
    os.kill(deliver, signal.SIGSTOP)  # so that a mail waits
    try:
        assert send(world, writer, first).startswith("250")
        world.wait(lambda: world.rows("select 1 from deliveries where kind = 'party'") or None)
        world.gsp("keys", "certified", world.on_desk(revocation_of(old.person, 1)))
    finally:
        os.kill(deliver, signal.SIGCONT)
    world.notice(writer, "could not be delivered", "send it again")
    assert send(world, writer, second).startswith("5")
    # Nobody can be named by a stolen key: four eyes, and seven public days.
    new = world.somebody("reading-RW", f"Rwanda <rw@{DOMAIN}>")
    file = world.on_desk(new.person.armored)
    said = world.gsp("parties", "reading-certificate", "RW", file, code=3)
    said = world.approve(said, "adaeze", "admin-RW")
    assert "done from" in said
    assert "0 done" in world.gsp("keys", "proposals", "settle")
    assert administrator.address
    seven_days_pass(world)
    assert "1 done" in world.gsp("keys", "proposals", "settle")
    world.have_certified(new.address, "root", "admin-RW")
    world.hand_out_address_book("waits")
    assert send(world, writer, mail_to(world, writer, "KE", "RW")).startswith("250")
    walked(world, "A reading key is stolen", begun)


def test_the_root_expires_soon(world: Running) -> None:
    begun = len(world.ran)
    root = world.people["root"]
    renewed = renew(root.person, "5y")
    world.gsp("keys", "certified", world.on_desk(renewed))
    assert str(datetime.now(UTC).year + 5)[:3] in world.gsp("keys", "root", "show")
    other = world.somebody("next-root", "Next root <next@secretariat.test>")
    world.gsp("keys", "propose", "replace-root", world.on_desk(other.person.armored), code=3)
    walked(world, "The root expires soon", begun)


def seven_days_pass(world: Running) -> None:
    """For the proposals that wait."""
    over = (datetime.now(UTC) - timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(world.gw / "gateway.db", timeout=20)) as database, database:
        database.execute("update proposals set public_until = ? where public_until is not null", (over,))


def program(world: Running, name: str) -> int:
    """The process id of one of the gateway's programs."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(world.gw / "gsp.toml").encode() in words and words[-3:-1] == [b"run", name.encode()]:
            return int(folder.name)
    raise AssertionError(f"{name} does not run")
