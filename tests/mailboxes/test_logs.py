"""What is logged and left behind names no mail, no person, no address."""

import contextlib
import time

from imapclient.exceptions import LoginError
from sqlalchemy import text

from mailroom.mailboxes.log_lines import without_people
from mailroom.mailboxes.recipients import officer_recipient, party_recipient

from .mailbox_world import GATEWAY_DOMAIN, MailboxWorld, sealed_mail


def test_no_message_id_subject_address_or_ip_is_logged(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party, "review")
    before = len(world.log_lines)
    mail = sealed_mail().replace(b"Subject: GSP query KE", b"Subject: canary-subject")
    mail = mail.replace(b"Message-ID: <", b"Message-ID: <canary-message-id")
    for recipient in (officer_recipient(address), party_recipient(party, GATEWAY_DOMAIN), "canary-nobody@x.example"):
        world.deliver(recipient, mail)
    with world.imap(address) as client:
        client.select_folder(f"Party/{party}")
        client.fetch([1], ["BODY[]"])
        client.delete_messages([1])
        client.expunge()
    with contextlib.suppress(LoginError), world.imap("canary-login@x.example", "canary-password"):
        pass
    with world.engine.begin() as database:
        database.execute(text("ALTER TABLE officers RENAME TO lost"))
    try:
        world.deliver("canary-lost@x.example", mail)
        with contextlib.suppress(LoginError), world.imap("canary-lost@x.example", "canary-password"):
            pass
    finally:
        with world.engine.begin() as database:
            database.execute(text("ALTER TABLE lost RENAME TO officers"))
    time.sleep(0.2)
    lines = world.log_lines[before:]
    logged = "\n".join(lines)
    for event in ("saved mail to INBOX", "Login: method=PLAIN, TLS", "auth failed", "no such table"):
        assert event in logged  # the events themselves are there
    for canary in ("canary", address, party.lower(), GATEWAY_DOMAIN, "127.0.0.1", "::1"):
        assert canary not in logged, canary
    assert world.dovecot.log_lines[-1] == lines[-1]


def test_people_are_removed_from_every_kind_of_line() -> None:
    for line, kept in (
        ("auth: Error: sql(anna@ke.example,192.0.2.7,<aB3/x>): Password query failed", "Password query failed"),
        ("auth: Error: sql(anna,2001:db8::7): Password mismatch", "Password mismatch"),
        ("lmtp: Error: rcpt anna@ke.example: Failed to lookup user anna: Internal error", "Internal error"),
        ("imap-login: Info: Login: user=<anna@ke.example>, rip=192.0.2.7, lip=::1, session=<aB3/x>", "Login:"),
        ("imap(anna@ke.example)<77><aB3/x>: Error: read failed", "Error: read failed"),
        ("lmtp: Error: msgid=<anna.1@ke.example>: save failed", "save failed"),
        ("imap-login: Warning: connection from ::ffff:192.0.2.7 closed", "closed"),
        ("imap-login: Warning: connection from 192.0.2.7: closed", "closed"),
        (f"imap: Error: open(/d/officers/ke/{'ab' * 32}/mdbox) failed: No space left on device", "No space left"),
        (f"imap: Error: /d/officers/ke/{'ab' * 32}/mdbox: Corrupted index", "Corrupted index"),
    ):
        cleaned = without_people(f"2026-01-02T03:04:05 {line}")
        assert cleaned.startswith("2026-01-02T03:04:05 ")
        assert kept in cleaned
        for personal in ("anna", "192.0.2", "2001:db8", "::1", "aB3/x", "abab"):
            assert personal not in cleaned, (personal, cleaned)


def test_a_line_is_one_printable_line() -> None:
    cleaned = without_people("imap: Error: a\x1b[31m\r\nb\u202e" + "x" * 5000)
    assert cleaned.isprintable()
    assert len(cleaned) <= 500


def test_versions_times_and_process_ids_stay() -> None:
    line = "2026-01-02T03:04:05 master: Info: Dovecot v2.3.19.1 (9b53) starting, lmtp(4711): took 10:32:25"
    assert without_people(line) == line
