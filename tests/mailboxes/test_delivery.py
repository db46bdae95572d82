"""What the gateway delivers arrives octet for octet, where it belongs, or the sender is told why not."""

import datetime

import pytest
from sqlalchemy import text

from mailroom.lmtp import DeliveryOutcome, DeliveryResult, LmtpConnection
from mailroom.mailboxes.recipients import officer_recipient, party_recipient, sent_recipient

from .mailbox_world import GATEWAY_DOMAIN, MailboxWorld, sealed_mail

NO_SUCH_MAILBOX = DeliveryResult(DeliveryOutcome.PERMANENT, "5.1.1")
DELIVERED = DeliveryResult(DeliveryOutcome.DELIVERED, "2.0.0")


@pytest.mark.parametrize("folder", ["INBOX", "Sent", "Party/{party}"])
def test_a_mail_is_fetched_octet_for_octet(world: MailboxWorld, folder: str) -> None:
    party = world.new_party()
    address = world.new_officer(party, "query")
    folder = folder.format(party=party)
    recipient = {
        "INBOX": officer_recipient(address),
        "Sent": sent_recipient(address),
    }.get(folder, party_recipient(party, GATEWAY_DOMAIN))
    mail = sealed_mail("binary-ish: \x00\x80".replace("\x00", "")) + bytes(range(0x80, 0x100)) + b"\r\n"
    assert world.deliver(recipient, mail) == DELIVERED
    with world.imap(address) as client:
        client.select_folder(folder)
        fetched = client.fetch([1], ["BODY.PEEK[]", "RFC822.SIZE"])[1]
    added = b"Return-Path: <gateway@gsp.example>\r\n"  # RFC 5321 §4.4: the only thing a delivery adds
    assert fetched[b"BODY[]"] == added + mail
    assert fetched[b"RFC822.SIZE"] == len(added + mail)


def test_a_large_mail_arrives_octet_for_octet(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party)
    mail = sealed_mail() + b"".join(b".%075d\r\n" % number for number in range(200_000))
    assert world.deliver(officer_recipient(address), mail) == DELIVERED
    with world.imap(address) as client:
        client.select_folder("INBOX")
        assert client.fetch([1], ["BODY.PEEK[]"])[1][b"BODY[]"].endswith(mail)


def test_a_party_mailbox_opened_before_its_first_mail_receives_it(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party, "reply")
    with world.imap(address) as client:
        assert client.select_folder(f"Party/{party}")[b"EXISTS"] == 0
        assert world.deliver(party_recipient(party, GATEWAY_DOMAIN), sealed_mail()) == DELIVERED
        client.noop()
        assert client.search() == [1]


def test_an_idle_client_is_told_of_new_mail(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party, "reply")
    with world.imap(address) as client:
        client.select_folder(f"Party/{party}")
        client.idle()
        assert world.deliver(party_recipient(party, GATEWAY_DOMAIN), sealed_mail()) == DELIVERED
        assert (1, b"EXISTS") in client.idle_check(timeout=60)
        client.idle_done()


def test_all_officers_with_a_role_see_one_party_mailbox_and_its_flags(world: MailboxWorld) -> None:
    party = world.new_party()
    first, second = world.new_officer(party, "reply"), world.new_officer(party, "query")
    assert world.deliver(party_recipient(party, GATEWAY_DOMAIN), sealed_mail()) == DELIVERED
    with world.imap(first) as client:
        client.select_folder(f"Party/{party}")
        client.add_flags([1], [rb"\Seen"])
    with world.imap(second) as client:
        client.select_folder(f"Party/{party}")
        assert rb"\Seen" in client.get_flags([1])[1]


def test_an_unusual_but_valid_officer_address_is_served(world: MailboxWorld) -> None:
    address = world.new_officer(world.new_party(), local_part="o'brien/{x}.`1`=?^|~#$&*!")
    assert world.deliver(sent_recipient(address), sealed_mail()) == DELIVERED
    with world.imap(address) as client:
        assert client.select_folder("Sent")[b"EXISTS"] == 1


def test_a_recipient_nobody_has_is_refused_for_good(world: MailboxWorld) -> None:
    party = world.new_party()
    for recipient in (
        f"nobody@{party.lower()}.example",
        f"zz@{GATEWAY_DOMAIN}",
        f"{party.lower()}@other.example",
        f"{party.lower()}' OR '1'='1@{GATEWAY_DOMAIN}".replace(" ", ""),
    ):
        assert world.deliver(recipient, sealed_mail()) == NO_SUCH_MAILBOX, recipient
    assert world.deliver(party_recipient(party, GATEWAY_DOMAIN), sealed_mail()) == DELIVERED


def test_a_party_that_is_no_member_has_no_mailbox(world: MailboxWorld) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    past = world.new_party(member_until=today)  # the first day it is no longer a member
    suspended = world.new_party(active=False)
    leaving = world.new_party(member_until=today + datetime.timedelta(days=2))
    assert world.deliver(party_recipient(past, GATEWAY_DOMAIN), sealed_mail()) == NO_SUCH_MAILBOX
    assert world.deliver(party_recipient(suspended, GATEWAY_DOMAIN), sealed_mail()) == NO_SUCH_MAILBOX
    assert world.deliver(party_recipient(leaving, GATEWAY_DOMAIN), sealed_mail()) == DELIVERED


def test_an_unknown_detail_ends_in_the_inbox(world: MailboxWorld) -> None:
    address = world.new_officer(world.new_party())
    local_part, _, domain = address.partition("@")
    assert world.deliver(f"{local_part}+secret-folder@{domain}", sealed_mail()) == DELIVERED
    with world.imap(address) as client:
        assert {name for _, _, name in client.list_folders()} == {"INBOX", "Sent"}
        assert client.select_folder("INBOX")[b"EXISTS"] == 1


def test_a_lost_database_is_a_temporary_failure(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party)
    with LmtpConnection(world.settings.lmtp_socket, timeout=10) as connection:
        with world.engine.begin() as database:
            database.execute(text("ALTER TABLE parties RENAME TO lost"))
        try:
            lost = [
                connection.deliver("", recipient, sealed_mail())
                for recipient in (officer_recipient(address), party_recipient(party, GATEWAY_DOMAIN))
            ]
        finally:
            with world.engine.begin() as database:
                database.execute(text("ALTER TABLE lost RENAME TO parties"))
        assert {result.outcome for result in lost} == {DeliveryOutcome.TEMPORARY}
        assert connection.deliver("", officer_recipient(address), sealed_mail()) == DELIVERED
