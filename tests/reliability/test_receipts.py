"""Who wants a receipt has one, with the seal; who waits for long is told so once."""

import re
import time
from email import message_from_bytes
from email.policy import default

from gateway.demo.running import gsp
from gateway.gate import Accepted, judge
from gateway.officer.address_book import load_address_book
from gateway.officer.keyring import OfficerKeyring
from gateway.seal import read_seal
from keyring_admin.openpgp.armor import ArmorKind, dearmor

from .running_world import ReliabilityWorld, wait_for
from .sealed_mails import MailMaker
from .test_faults import mailboxes_away, send_all

_SLOW = "delay_notice_hours = 0.0008\n"  # 3 s


def notices(world: ReliabilityWorld, code: str) -> list[str]:
    """Subject and text of the notices in the officer's INBOX, each signed by the gateway."""
    keyring = OfficerKeyring(world.parties[code].gnupg)
    texts = []
    for mail in world.mails(world.parties[code], "INBOX"):
        accepted = judge(mail, size_limit=1 << 20)
        assert isinstance(accepted, Accepted), "a notice is encrypted"
        assert message_from_bytes(mail)["Return-Path"] == "<>"
        opened = keyring.open(accepted.messages[0].octets)
        assert opened.signatures
        message = message_from_bytes(opened.data, policy=default)
        texts.append(f"{message['Subject']}\n{message.get_content()}")
    return texts


def switch(world: ReliabilityWorld, code: str, value: str) -> None:
    said = gsp("officers", "receipts", world.parties[code].officer, value, config=world.config)
    assert said == f"receipts for {world.parties[code].officer} are {value}\n"


def test_an_officer_who_wants_receipts_gets_the_seal_and_the_moment(world: ReliabilityWorld) -> None:
    maker = MailMaker(world, "EU", "KE")
    before = len(notices(world, "EU"))
    silent, sealed, direct = maker.sealed(), maker.sealed(), maker.direct()
    assert world.send("EU", silent.recipient, silent.octets).startswith("250")
    world.settle()
    switch(world, "EU", "on")
    try:
        for mail in (sealed, direct):
            assert world.send("EU", mail.recipient, mail.octets).startswith("250")
        world.settle()
    finally:
        switch(world, "EU", "off")
    receipts = notices(world, "EU")[before:]
    gateway = load_address_book(world.book.read_bytes()).gateway
    certificate = dearmor(gateway.armor.encode("ascii"), ArmorKind.PUBLIC_KEY)
    seals = [read_seal(text.partition("GSP-Seal: ")[2], certificate) for text in receipts]
    assert {seal.body_sha256 for seal in seals} == {sealed.body_sha256, direct.body_sha256}
    delivered = {
        " ".join(str(message_from_bytes(mail)["GSP-Seal"]).split())
        for mail in world.mails(world.parties["KE"], "Party/KE")
    }
    for text in receipts:
        assert " ".join(text.partition("GSP-Seal: ")[2].split()) in delivered, "sender and Party have the same seal"
        assert re.search(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\r?$", text, re.MULTILINE)
        assert "est arrivé dans la boîte de la Partie destinataire" in text, "in the officer's language"


def test_a_mail_that_waits_is_announced_once_and_still_arrives(world: ReliabilityWorld) -> None:
    slower(world, _SLOW)
    before = len(notices(world, "KE"))
    mail = MailMaker(world, "KE", "EU").sealed()
    try:
        with mailboxes_away(world):
            send_all(world, [mail])
            wait_for(lambda: True if world.waiting()["delivery deferred"] >= 3 else None)
            time.sleep(3)  # several more failures
        world.settle()
    finally:
        slower(world, "")
    told = notices(world, "KE")[before:]
    assert len(told) == 1
    assert "has not been delivered yet" in told[0]
    assert mail.body_sha256 in world.arrivals("EU")


def slower(world: ReliabilityWorld, line: str) -> None:
    """Start again with another delay before the notice."""
    text = world.config.read_text(encoding="utf-8").replace(_SLOW, "")
    world.config.write_text(text.replace("[delivery]\n", f"[delivery]\n{line}"), encoding="utf-8")
    world.stop()
    world.start()
