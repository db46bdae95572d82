"""What the running gateway refuses in the dialogue, with constant text; beside each, what it lets pass."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select, update

from gateway.demo.world import DOMAIN
from gateway.mail_header import header_block
from gateway.officer.sealing import _mail as mail_of
from keyring_admin.openpgp.armor import dearmor
from keyring_admin.schema import certificate_keys, certificates, officers, parties

from .running_world import QUEUE_ID, System

POLICY = "550 5.7.1 refused by policy"
NOT_ACTIVE = "550 5.7.1 sender is not admitted"


@contextmanager
def changed(system: System, table: Table, condition: Any, **values: Any) -> Iterator[None]:
    """Rows of the directory with other values for a while."""
    columns = [table.c[name] for name in values]
    before = system.read(lambda connection: connection.execute(select(*columns).where(condition)).first())
    assert before is not None
    system.write(lambda connection: connection.execute(update(table).where(condition).values(**values)))
    try:
        yield
    finally:
        old = dict(zip(values, before, strict=True))
        system.write(lambda connection: connection.execute(update(table).where(condition).values(**old)))


def refused(system: System, sender: str, recipient: str, mail: bytes, *, rule: str, reply: str = POLICY) -> None:
    """Refused with just this reply, logged under just this rule, and delivered nowhere."""
    before = len(system.log_rows(outcome="refused", rule=rule))
    accepted = len(system.log_rows(outcome="accepted"))
    assert system.send(sender, recipient, mail) == reply
    assert len(system.log_rows(outcome="accepted")) == accepted
    assert len(system.log_rows(outcome="refused", rule=rule)) == before + 1


def test_mail_in_the_clear(system: System) -> None:
    fields = [
        ("From", system.party("KE").officer),
        ("To", f"eu@{DOMAIN}"),
        ("Subject", system.canaries["clear subject"]),
    ]
    mail = header_block([*fields, ("Content-Type", "text/plain")]) + f"\r\n{system.canaries['clear']}\r\n".encode()
    reply = "523 5.7.10 encryption needed: only OpenPGP-encrypted mail is accepted"
    refused(system, "KE", "eu", mail, reply=reply, rule="cleartext")


def test_mail_to_the_wrong_party(system: System) -> None:
    octets = system.encrypt_body("KE", "EU")
    mail = system.direct_mail("KE", "EU", octets)
    refused(system, "KE", "pk", mail, rule="recipients-are-allowed")
    assert QUEUE_ID.fullmatch(system.send("KE", "eu", mail))


def test_unknown_mailboxes(system: System) -> None:
    mail = system.seal("KE", "EU").mail
    for local in ("us", "nobody", "query+x", "amina", "root"):
        assert system.send("KE", local, mail).startswith("5")
    assert system.send("KE", "us", mail) == "550 5.1.1 no such mailbox here"


def test_another_body_with_the_same_slip(system: System) -> None:
    """q22, and the honest retry's dark twin."""
    first, second = system.seal("KE", "EU"), system.seal("KE", "EU")
    mixed = mail_of(
        system.party("KE").officer, f"query@{DOMAIN}", dearmor(first.slip), dearmor(second.body), datetime.now(UTC)
    )
    refused(system, "KE", "query", mixed, rule="slip-matches-body")
    for sealed in (first, second):
        assert QUEUE_ID.fullmatch(system.send("KE", "query", sealed.mail))
    refused(system, "KE", "query", mixed, rule="slip-matches-body")


def test_the_slip_of_another_officer(system: System) -> None:
    """q21: a captured mail, sent again under another name."""
    captured = system.seal("KE", "EU")
    mail = mail_of(
        system.party("PK").officer, f"query@{DOMAIN}", dearmor(captured.slip), dearmor(captured.body), datetime.now(UTC)
    )
    refused(system, "PK", "query", mail, rule="slip-is-signed")
    assert QUEUE_ID.fullmatch(system.send("KE", "query", captured.mail))
    refused(system, "PK", "query", mail, rule="slip-is-signed")


def test_the_body_of_another_officer_under_an_own_slip(system: System) -> None:
    captured, own = system.seal("KE", "EU"), system.seal("PK", "EU")
    mail = mail_of(
        system.party("PK").officer, f"query@{DOMAIN}", dearmor(own.slip), dearmor(captured.body), datetime.now(UTC)
    )
    refused(system, "PK", "query", mail, rule="slip-matches-body")


def test_a_mail_without_a_slip_to_query(system: System) -> None:
    mail = system.direct_mail("KE", "EU", system.encrypt_body("KE", "EU"))
    refused(system, "KE", "query", mail, rule="slip-is-for-gateway")


def test_a_sealed_mail_to_a_party(system: System) -> None:
    sealed = system.seal("KE", "EU")
    refused(
        system,
        "KE",
        "eu",
        sealed.mail,
        reply="550 5.6.0 malformed or ambiguous message",
        rule="mail-has-a-shape-for-this-address",
    )


def test_a_stale_library_is_refused_and_one_notice_names_the_holder(system: System) -> None:
    sealed = system.seal("EU", "PK", library=system.world.stale_library, owner="KE")
    before = len(system.notices("EU"))
    refused(system, "EU", "query", sealed.mail, rule="pattern-is-partys")
    (told,) = system.wait_for(lambda: system.notices("EU")[before:] or None)
    assert "KE" in told
    assert "a été refusée" in told  # this officer reads French
    assert system.canaries["justification"] not in told
    system.settle()
    assert len(system.notices("EU")) == before + 1


def test_a_suspended_officer_is_refused_at_the_next_mail(system: System) -> None:
    mail = system.seal("PK", "EU").mail
    officer = system.party("PK").officer
    with system.session("PK") as client:
        assert client.mail(officer)[0] == 250
        client.rset()
        with changed(system, officers, officers.c.address == officer, active=False):
            assert client.mail(officer) == (550, NOT_ACTIVE[4:].encode())
            client.rset()
        assert client.mail(officer)[0] == 250
    assert QUEUE_ID.fullmatch(system.send("PK", "query", mail))


def test_a_suspended_party_neither_sends_nor_receives(system: System) -> None:
    to_it, from_it = system.seal("KE", "PK").mail, system.seal("PK", "EU").mail
    with system.session("PK") as client, changed(system, parties, parties.c.code == "PK", active=False):
        assert client.mail(system.party("PK").officer) == (550, NOT_ACTIVE[4:].encode())
        refused(system, "KE", "query", to_it, reply="550 5.1.1 no such mailbox here", rule="party-is-member")
        assert system.send("KE", "pk", to_it) == "550 5.1.1 no such mailbox here"
    assert QUEUE_ID.fullmatch(system.send("KE", "query", to_it))
    assert QUEUE_ID.fullmatch(system.send("PK", "query", from_it))


def test_an_expired_reading_certificate(system: System) -> None:
    fingerprint = system.party("PK").reading_fingerprint
    sealed, direct = system.seal("KE", "PK").mail, system.direct_mail("KE", "PK", system.encrypt_body("KE", "PK"))
    past = datetime.now(UTC) - timedelta(seconds=1)
    own = (certificate_keys.c.certificate == fingerprint) & (certificate_keys.c.fingerprint == fingerprint)
    with changed(system, certificate_keys, own, expires_at=past):
        refused(system, "KE", "query", sealed, rule="party-can-read")
        refused(system, "KE", "pk", direct, rule="party-can-read")
    assert QUEUE_ID.fullmatch(system.send("KE", "query", sealed))
    assert QUEUE_ID.fullmatch(system.send("KE", "pk", direct))


def test_a_withdrawn_certificate_of_the_sender(system: System) -> None:
    sealed = system.seal("PK", "EU").mail
    own = certificates.c.fingerprint == system.party("PK").officer_fingerprint
    with changed(system, certificates, own, withdrawn_at=datetime.now(UTC)):
        refused(system, "PK", "query", sealed, rule="sender-has-certificate")
    assert QUEUE_ID.fullmatch(system.send("PK", "query", sealed))


def test_an_officer_without_the_role(system: System) -> None:
    sealed = system.seal("PK", "EU").mail
    with changed(system, officers, officers.c.address == system.party("PK").officer, can_query=False):
        refused(system, "PK", "query", sealed, rule="sender-has-role")
    assert QUEUE_ID.fullmatch(system.send("PK", "query", sealed))


def test_another_address_in_from_or_in_the_envelope(system: System) -> None:
    octets = system.encrypt_body("KE", "EU")
    mismatch = "550 5.7.1 sender must be the authenticated address"
    forged = system.direct_mail("KE", "EU", octets, ("From", system.party("PK").officer))
    refused(system, "KE", "eu", forged, reply=mismatch, rule="sender-is-from")
    with system.session("KE") as client:
        assert client.mail(system.party("PK").officer) == (550, mismatch[4:].encode())
    assert QUEUE_ID.fullmatch(system.send("KE", "eu", system.direct_mail("KE", "EU", octets)))


def test_the_envelope_log_holds_nothing_but_the_envelope(system: System) -> None:
    system.send_query("KE", "EU")
    allowed = {
        "sequence",
        "at",
        "outcome",
        "message_class",
        "exchange",
        "sending_party",
        "receiving_party",
        "form_pack",
    }
    allowed |= {"form_version", "size_class", "mode", "uid_count", "rule", "test"}
    for row in system.log_rows():
        assert set(row) == allowed
        assert row["size_class"] is None or row["size_class"] & (row["size_class"] - 1) == 0
        assert not any("@" in str(value) for value in row.values())
    assert system.log_rows(outcome="accepted", uid_count=1)


@pytest.mark.parametrize("code", ["KE", "EU", "PK"])
def test_no_reply_text_names_a_party_or_an_address(system: System, code: str) -> None:
    mail = system.direct_mail(code, "EU" if code != "EU" else "KE", system.encrypt_body("KE", "EU"))
    reply = system.send(code, "query", mail)
    assert reply[0] == "5"
    assert not any(word in reply for word in ("KE", "EU", "PK", "@", "test"))
