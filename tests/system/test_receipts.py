"""A receipt that one mail asks for: the seal, in a notice of delivery, to the officer alone, once."""

import hashlib
import re
from collections.abc import Sequence

import pytest

from gateway.demo.world import DOMAIN
from gateway.seal import read_seal
from keyring_admin.openpgp.armor import ArmorKind, dearmor

from .running_world import QUEUE_ID, System, parse, seal_field

NOTIFY = ("NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;eu@gsp.test")


def submit(system: System, recipient: str, mail: bytes, parameters: Sequence[str] = ()) -> None:
    with system.session("KE") as client:
        client.mail(system.party("KE").officer)
        assert client.rcpt(f"{recipient}@{DOMAIN}", parameters)[0] == 250
        code, text = client.data(mail)
    assert QUEUE_ID.fullmatch(f"{code} {text.decode('ascii')}") or text == b"2.6.0 accepted"


def receipts(system: System, body_sha256: str) -> list[str]:
    """The receipts in Kenya's officer's INBOX for this body."""
    system.settle()
    certificate = dearmor(system.book.gateway.armor.encode(), ArmorKind.PUBLIC_KEY)
    told = [text for text in system.notices("KE") if "GSP-Seal: " in text]
    return [text for text in told if read_seal(text.partition("GSP-Seal: ")[2], certificate).body_sha256 == body_sha256]


def asking(system: System, address: str, mail: bytes) -> bytes:
    return f"Disposition-Notification-To: {system.canaries['receipt name']} <{address}>\r\n".encode() + mail


def test_a_sealed_mail_with_notify_success_gets_the_seal(system: System) -> None:
    sealed = system.seal("KE", "EU")
    submit(system, "query", sealed.mail, NOTIFY)
    (text,) = receipts(system, sealed.body_sha256)
    assert "has reached the mailbox of the Party addressed" in text
    assert "does not say whether anybody has read it" in text
    assert re.search(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\r?$", text, re.MULTILINE)
    delivered = " ".join(str(system.arrived("EU", sealed.body_sha256)["GSP-Seal"]).split())
    assert " ".join(text.partition("GSP-Seal: ")[2].split()) == delivered, "sender and Party have the same seal"


def test_a_client_s_return_receipt_goes_to_the_officer_and_never_to_the_party(system: System) -> None:
    octets = system.encrypt_body("KE", "EU")
    officer = system.party("KE").officer
    local, _, domain = officer.partition("@")
    submit(system, "eu", asking(system, f"{local.title()}@{domain.upper()}", system.direct_mail("KE", "EU", octets)))
    assert len(receipts(system, hashlib.sha256(octets).hexdigest())) == 1
    for code, folder in (("EU", "Party/EU"), ("KE", "Sent")):
        mail = system.arrived(code, octets, folder)
        assert mail["Disposition-Notification-To"] is None
        assert officer == mail["From"]


@pytest.mark.parametrize("whom", ["another officer", "the Party", "somebody outside", "nobody"])
def test_asked_for_anybody_else_nobody_gets_one(system: System, whom: str) -> None:
    octets = system.encrypt_body("KE", "EU")
    mail = system.direct_mail("KE", "EU", octets)
    address = {
        "another officer": system.party("EU").officer,
        "the Party": f"ke@{DOMAIN}",
        "somebody outside": "mallory@elsewhere.example",
    }.get(whom)
    before = {code: len(system.world.mails(system.party(code), "INBOX")) for code in ("EU", "PK")}
    submit(system, "eu", asking(system, address, mail) if address else mail)
    assert receipts(system, hashlib.sha256(octets).hexdigest()) == []
    assert {code: len(system.world.mails(system.party(code), "INBOX")) for code in before} == before


def test_an_honest_retry_gets_one_receipt(system: System) -> None:
    sealed = system.seal("KE", "EU")
    for _ in range(3):
        submit(system, "query", sealed.mail, NOTIFY)
    assert len(receipts(system, sealed.body_sha256)) == 1
    assert len(system.copies("EU", sealed.body_sha256)) == 1


def test_asked_for_in_both_ways_there_is_one_receipt(system: System) -> None:
    sealed = system.seal("KE", "EU")
    submit(system, "query", asking(system, system.party("KE").officer, sealed.mail), NOTIFY)
    assert len(receipts(system, sealed.body_sha256)) == 1


def test_gsp_seal_asks_in_the_header_that_the_gateway_drops(system: System) -> None:
    form = system.world.form_file(system.party("KE"), "query-with-receipt", system.form("EU"))
    library = str(system.world.library)
    said = system.world.seal_and_send(system.party("KE"), form, "--library", library, "--receipt")
    (exchange,) = re.findall(r"exchange ([0-9A-Z]{26})", said)
    system.settle()
    mails = [parse(mail) for mail in system.world.mails(system.party("EU"), "Party/EU") if exchange.encode() in mail]
    assert [mail["Disposition-Notification-To"] for mail in mails] == [None]
    (text,) = receipts(system, seal_field(mails[0], "h"))
    assert f"x={exchange}" in text
    assert not [place for place, word in system.canaries.words.items() if word in text]
