"""Sealed mail through the running gateway, from the sender's SMTP session to the recipient's IMAP FETCH."""

import base64
from datetime import UTC, datetime

import pytest

from forms.entries import Entry
from forms.queries import Answer, AnswerStatus, new_reply
from forms.validation import validate
from gateway.demo.world import DOMAIN
from gateway.gate import Accepted, judge
from gateway.mail_header import header_block
from gateway.officer.memory import SENT, Memory, RememberedForm
from gateway.officer.opening import open_mail
from gateway.officer.sealing import SealedMail
from gateway.seal import read_seal
from keyring_admin.certificates import examine_certificate
from keyring_admin.openpgp.armor import ArmorKind, dearmor

from .running_world import QUEUE_ID, System, encrypted_parts, seal_field

ALLOWED_FIELDS = {
    "From",
    "To",
    "Reply-To",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Subject",
    "Autocrypt",
    "GSP-Seal",
    "MIME-Version",
    "Content-Type",
    "Return-Path",  # of the mailbox server, empty (RFC 2033, RFC 5321 §4.4)
    "Delivered-To",
}


def cover(system: System, sender: str, sealed: SealedMail, end: bytes) -> bytes:
    """Both messages attached to one mail that the client encrypts to the gateway."""
    parts = [
        b'Content-Type: application/octet-stream; name="a.asc"' + end + end + message.replace(b"\r\n", end)
        for message in (sealed.slip, sealed.body)
    ]
    inside = b'Content-Type: multipart/mixed; boundary="I"' + end + end
    inside += b"".join(b"--I" + end + part + end for part in parts) + b"--I--" + end
    officer = system.party(sender)
    octets = system.keyring(sender).sign_and_encrypt(
        inside,
        signer=officer.officer_fingerprint,
        recipients=[system.book.gateway.fingerprint, officer.officer_fingerprint],
    )
    fields = [
        ("From", officer.officer),
        ("To", f"query@{DOMAIN}"),
        ("Subject", system.canaries["cover subject"]),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="O"'),
    ]
    return header_block(fields) + encrypted_parts(octets, "O")


@pytest.mark.parametrize("shape", ["two attachments", "cover with LF", "cover with CRLF"])
def test_a_sealed_query_arrives_octet_for_octet(system: System, shape: str) -> None:
    sealed = system.seal("KE", "EU")
    end = b"\n" if shape.endswith("LF") and not shape.endswith("CRLF") else b"\r\n"
    mail = sealed.mail if shape == "two attachments" else cover(system, "KE", sealed, end)
    assert QUEUE_ID.fullmatch(system.send("KE", "query", mail))
    delivered = system.arrived("EU", sealed.body_sha256)
    assert seal_field(delivered, "x") == sealed.exchange
    fetched = [mail for mail in system.world.mails(system.party("EU"), "Party/EU") if sealed.exchange.encode() in mail]
    accepted = judge(fetched[0], size_limit=1 << 20)
    assert isinstance(accepted, Accepted)
    assert accepted.messages[0].octets == dearmor(sealed.body)


def test_the_header_is_made_anew_and_sealed(system: System) -> None:
    sealed, _ = system.send_query("KE", "EU")
    mail = system.arrived("EU", sealed.body_sha256)
    names = list(mail.keys())
    assert set(names) <= ALLOWED_FIELDS
    assert len(names) == len(set(names))
    assert mail["From"] == system.party("KE").officer
    assert (mail["To"], mail["Reply-To"]) == (f"eu@{DOMAIN}", f"ke@{DOMAIN}")
    assert str(mail["Subject"]).startswith("TEST GSP query KE→EU [GSP-")
    certificate = dearmor(system.book.gateway.armor.encode(), ArmorKind.PUBLIC_KEY)
    seal = read_seal(str(mail["GSP-Seal"]), certificate)
    assert seal.exchange == sealed.exchange
    assert (seal.sending_party, seal.receiving_party, seal.mode) == ("KE", "EU", "sealed")
    assert seal.body_sha256 == sealed.body_sha256
    assert seal.sender == system.party("KE").officer_fingerprint
    assert {"mail-is-encrypted", "slip-is-signed", "pattern-is-partys"} <= set(seal.rules_passed)
    (row,) = system.log_rows(sequence=seal.log_position)
    assert (row["exchange"], row["outcome"], row["test"]) == (sealed.exchange, "accepted", True)


def test_autocrypt_carries_the_officer_s_certificate(system: System) -> None:
    sealed, _ = system.send_query("PK", "KE")
    header = " ".join(str(system.arrived("KE", sealed.body_sha256)["Autocrypt"]).split())
    officer = system.party("PK")
    assert header.startswith(f"addr={officer.officer}; prefer-encrypt=mutual; keydata= ")
    octets = base64.b64decode(header.rpartition("keydata=")[2].replace(" ", ""), validate=True)
    facts = examine_certificate(octets, officer.officer, now=datetime.now(UTC), special_use_domains=True)
    assert facts.fingerprint == officer.officer_fingerprint


def test_the_sender_finds_the_same_mail_in_sent(system: System) -> None:
    sealed, _ = system.send_query("KE", "EU")
    copy = system.arrived("KE", sealed.body_sha256, "Sent")
    delivered = system.arrived("EU", sealed.body_sha256)
    assert copy["GSP-Seal"] == delivered["GSP-Seal"]
    assert copy["Message-ID"] == delivered["Message-ID"]


def test_a_query_is_read_answered_and_the_answer_read(system: System) -> None:
    sealed, _ = system.send_query("KE", "EU")
    system.arrived("EU", sealed.body_sha256)
    folder = system.world.folder
    memory = Memory(folder / "eu" / "round-trip.db")
    query_mail = next(
        mail for mail in system.world.mails(system.party("EU"), "Party/EU") if sealed.exchange.encode() in mail
    )
    opened = open_mail(
        query_mail,
        book=system.book,
        keyring=system.keyring("EU"),
        memory=memory,
        own_address=system.party("EU").officer,
        now=datetime.now(UTC),
    )
    assert opened.form is not None
    assert system.canaries["justification"].encode() in opened.form.canonical
    entries = (Entry("facility/name", system.canaries["answer"]),)
    answer = Answer(uids=opened.form.uids, status=AnswerStatus.FOUND, entries=entries)
    form = new_reply(validate(opened.form.canonical), [answer])
    query = memory.query_of(sealed.exchange)
    assert query is not None
    reply = system.seal_reply("EU", form, query)
    assert QUEUE_ID.fullmatch(system.send("EU", "query", reply.mail))
    delivered = system.arrived("KE", reply.body_sha256)
    assert (seal_field(delivered, "c"), seal_field(delivered, "x")) == ("reply", sealed.exchange)
    query_message_id = system.arrived("EU", sealed.body_sha256)["Message-ID"]
    assert delivered["In-Reply-To"] == query_message_id
    kenya = Memory(folder / "ke" / "round-trip.db")
    kenya.remember(
        RememberedForm(
            digest=sealed.form_digest,
            exchange=sealed.exchange,
            pack="uid-query",
            requesting_party="KE",
            requested_party="EU",
            direction=SENT,
            seen_at=datetime.now(UTC),
            body_sha256=sealed.body_sha256,
        )
    )
    reply_mail = next(
        mail for mail in system.world.mails(system.party("KE"), "Party/KE") if reply.body_sha256.encode() in mail
    )
    read = open_mail(
        reply_mail,
        book=system.book,
        keyring=system.keyring("KE"),
        memory=kenya,
        own_address=system.party("KE").officer,
        now=datetime.now(UTC),
    )
    assert read.form is not None
    assert system.canaries["answer"].encode() in read.form.canonical


def test_an_honest_retry_is_accepted_and_delivered_once(system: System) -> None:
    sealed, _ = system.send_query("KE", "EU")
    assert system.send("KE", "query", sealed.mail).startswith("250 2.6.0")
    system.settle()
    assert len(system.copies("EU", sealed.body_sha256)) == 1
    assert len(system.log_rows(exchange=sealed.exchange, outcome="accepted")) == 1
