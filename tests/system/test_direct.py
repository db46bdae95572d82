"""Mail to a Party's own address, and how replies find their exchange."""

import hashlib
from email.message import EmailMessage

import pytest

from gateway.demo.world import DOMAIN
from gateway.mail_header import header_block
from keyring_admin.openpgp.armor import enarmor

from .running_world import QUEUE_ID, System, seal_field


def send_direct(system: System, sender: str, party: str, *fields: tuple[str, str]) -> tuple[EmailMessage, str]:
    """A direct mail as it arrived, and the reply to it."""
    octets = system.encrypt_body(sender, party)
    reply = system.send(sender, party.lower(), system.direct_mail(sender, party, octets, *fields))
    assert QUEUE_ID.fullmatch(reply), reply
    return system.arrived(party, octets), reply


def token_of(mail: EmailMessage) -> str:
    return str(mail["Subject"]).rpartition("[")[2].removesuffix("]")


def test_a_direct_query_arrives_without_anything_of_its_header(system: System) -> None:
    mail, _ = send_direct(system, "KE", "EU")
    assert (seal_field(mail, "m"), seal_field(mail, "c")) == ("direct", "query")
    text = mail.as_string()
    assert not [place for place, word in system.canaries.words.items() if word in text]
    assert len(mail["Message-ID"]) > 30
    assert str(mail["Message-ID"]).endswith(f"@{DOMAIN}>")


@pytest.mark.parametrize("way", ["In-Reply-To", "References", "Subject"])
def test_a_reply_finds_its_exchange(system: System, way: str) -> None:
    query, _ = send_direct(system, "KE", "EU")
    value = {
        "In-Reply-To": str(query["Message-ID"]),
        "References": f"<unknown.1@somewhere.test> {query['Message-ID']}",
        "Subject": f"Re: {query['Subject']} {system.canaries['reply subject']}".replace("→", "-"),
    }[way]
    reply, _ = send_direct(system, "EU", "KE", (way, value))
    assert seal_field(reply, "c") == "reply"
    assert seal_field(reply, "x") == seal_field(query, "x")
    assert reply["In-Reply-To"] == query["Message-ID"]
    assert token_of(reply) == token_of(query)
    assert system.canaries["reply subject"] not in reply.as_string()


def test_a_token_of_others_makes_a_new_query_and_a_notice(system: System) -> None:
    foreign, _ = send_direct(system, "PK", "EU")
    mail, _ = send_direct(system, "KE", "EU", ("Subject", f"Re: [{token_of(foreign)}]"))
    assert seal_field(mail, "c") == "query"
    assert seal_field(mail, "x") != seal_field(foreign, "x")
    assert mail["In-Reply-To"] is None
    told = system.wait_for(lambda: [text for text in system.notices("KE") if token_of(mail) in text] or None)
    assert len(told) == 1
    assert "delivered as a new query" in told[0]
    assert token_of(foreign) not in "".join(system.notices("KE"))


def test_inline_armor_stays_inline(system: System) -> None:
    octets = system.encrypt_body("KE", "EU")
    fields = [
        ("From", system.party("KE").officer),
        ("To", f"eu@{DOMAIN}"),
        ("Subject", system.canaries["inline subject"]),
        ("Content-Type", "text/plain; charset=us-ascii"),
    ]
    assert QUEUE_ID.fullmatch(system.send("KE", "eu", header_block(fields) + b"\r\n" + enarmor(octets)))
    mail = system.arrived("EU", octets)
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().startswith("-----BEGIN PGP MESSAGE-----")


def test_twenty_thousand_lines_arrive_octet_for_octet(system: System) -> None:
    """A megabyte, with lines of dots: transparency (RFC 5321 §4.5.2) and partial lengths do no harm."""
    text = f"{system.canaries['large text']}\r\n.\r\n..\r\n" + "." * 900_000
    octets = system.encrypt_body("KE", "EU", text)
    reply = system.send("KE", "eu", system.direct_mail("KE", "EU", octets))
    assert QUEUE_ID.fullmatch(reply)
    system.settle()
    assert len(system.copies("EU", hashlib.sha256(octets).hexdigest())) == 1
