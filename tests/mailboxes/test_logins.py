"""Who may log in: the same table and hashes as submission, no cache, no penalty for others."""

import dataclasses
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError
from sqlalchemy import text

from keyring_admin.officers import set_officer_active, set_officer_password
from keyring_admin.parties import set_party_active
from mailroom.credentials import hash_password
from mailroom.mailboxes.dovecot import Dovecot
from mailroom.mailboxes.recipients import party_recipient
from mailroom.mailboxes.settings import MailboxSettings

from .mailbox_world import GATEWAY_DOMAIN, PASSWORD, MailboxWorld, sealed_mail


def may_log_in(world: MailboxWorld, address: str, password: str = PASSWORD) -> bool:
    try:
        with world.imap(address, password):
            return True
    except LoginError:
        return False


def test_a_wrong_password_is_refused_and_the_right_one_is_fast_afterwards(world: MailboxWorld) -> None:
    address = world.new_officer(world.new_party())
    started = time.monotonic()
    assert may_log_in(world, address)
    usual = time.monotonic() - started
    for _ in range(3):
        assert not may_log_in(world, address, "wrong-password")
    started = time.monotonic()
    assert may_log_in(world, address)
    assert time.monotonic() - started < usual + 1.5  # Dovecot's smallest penalty is two seconds


def test_a_suspended_officer_is_refused_at_once(world: MailboxWorld) -> None:
    address = world.new_officer(world.new_party())
    assert may_log_in(world, address)
    with world.engine.begin() as connection:
        set_officer_active(connection, address, active=False)
    assert not may_log_in(world, address)


def test_an_officer_of_a_suspended_party_is_refused_at_once(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party)
    assert may_log_in(world, address)
    with world.engine.begin() as connection:
        set_party_active(connection, party, active=False)
    assert not may_log_in(world, address)


def test_a_new_password_holds_at_once(world: MailboxWorld) -> None:
    address = world.new_officer(world.new_party())
    assert may_log_in(world, address)
    with world.engine.begin() as connection:
        set_officer_password(connection, address, hash_password("another password"))
    assert may_log_in(world, address, "another password")
    assert not may_log_in(world, address)


def test_a_role_given_or_taken_holds_from_the_next_login(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party)
    for granted in (True, False):
        with world.engine.begin() as connection:
            connection.execute(
                text("UPDATE officers SET can_reply = :granted WHERE address = :address"),
                {"granted": granted, "address": address},
            )
        with world.imap(address) as client:
            assert (f"Party/{party}" in {name for _, _, name in client.list_folders()}) is granted


def test_an_officer_who_is_not_enrolled_reads_the_own_inbox_and_nothing_else(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party, "review")
    for enrolled in (True, False):
        with world.engine.begin() as connection:
            connection.execute(
                text("UPDATE officers SET enrolled = :enrolled WHERE address = :address"),
                {"enrolled": enrolled, "address": address},
            )
        with world.imap(address) as client:
            folders = {name for _, _, name in client.list_folders()}
            assert "INBOX" in folders
            assert (f"Party/{party}" in folders) is enrolled
            if not enrolled:
                with pytest.raises(IMAPClientError):
                    client.select_folder(f"Party/{party}", readonly=True)


def test_a_session_of_a_withdrawn_officer_can_be_ended(world: MailboxWorld) -> None:
    party = world.new_party()
    withdrawn, other = world.new_officer(party), world.new_officer(party)
    with world.imap(other) as remaining, world.imap(withdrawn) as client:
        client.noop()
        world.dovecot.disconnect(withdrawn)
        assert ended(client)
        remaining.noop()
    world.dovecot.disconnect(withdrawn)  # nobody left to disconnect is no fault


def ended(client: IMAPClient) -> bool:
    for _ in range(50):
        try:
            client.noop()
        except (IMAPClientError, OSError):
            return True
        time.sleep(0.05)
    return False


def test_a_party_mailbox_has_no_password(world: MailboxWorld) -> None:
    party = world.new_party()
    mailbox = party_recipient(party, GATEWAY_DOMAIN)
    world.deliver(mailbox, sealed_mail())
    assert not may_log_in(world, mailbox, PASSWORD)
    assert not may_log_in(world, mailbox, "")


def test_an_officer_row_with_a_party_address_opens_nothing(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party, "review")
    mailbox = party_recipient(party, GATEWAY_DOMAIN)
    assert may_log_in(world, address)
    with world.engine.begin() as connection:
        connection.execute(
            text("UPDATE officers SET address = :mailbox WHERE address = :address"),
            {"mailbox": mailbox, "address": address},
        )
    assert not may_log_in(world, mailbox)


def test_a_hostile_login_name_is_only_a_wrong_name(world: MailboxWorld) -> None:
    address = world.new_officer(world.new_party())
    names = (f"{address}' OR '1'='1", "' UNION SELECT '{PLAIN}x' --", "%u", f"{address}\x7f", "*", "a" * 2000)
    with ThreadPoolExecutor() as pool:  # each waits for the delay
        assert not any(pool.map(lambda name: may_log_in(world, name), names))
    assert may_log_in(world, address.upper())  # addresses are stored in lower case


def test_an_unknown_officer_and_a_wrong_password_look_alike(world: MailboxWorld) -> None:
    address = world.new_officer(world.new_party())
    answers = {}
    for name in (address, f"nobody{address}"):
        started = time.monotonic()
        with pytest.raises(LoginError) as refusal, world.imap(name, "wrong-password"):
            pass
        answers[name] = (str(refusal.value), time.monotonic() - started)
    (known_text, known_time), (unknown_text, unknown_time) = answers.values()
    assert known_text == unknown_text
    assert min(known_time, unknown_time) > 0.2  # both wait for the delay, which hides what the hash costs


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_older_than_1_2_is_refused(world: MailboxWorld) -> None:
    for version, accepted in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)):
        context = ssl.create_default_context(cafile=str(world.settings.certificate))
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
        try:
            with (
                socket.create_connection(("localhost", world.settings.imap_port), timeout=5) as connection,
                context.wrap_socket(connection, server_hostname="localhost") as tls,
            ):
                assert tls.recv(4) == b"* OK"
                greeted = True
        except ssl.SSLError:
            greeted = False
        assert greeted is accepted, version


def test_without_tls_no_password_is_taken(fresh_settings: MailboxSettings) -> None:
    settings = dataclasses.replace(fresh_settings, imap_host="127.0.0.2", starttls_port=fresh_settings.imap_port + 1)
    dovecot = Dovecot(settings)
    dovecot.start()
    try:
        # From another address than the server's own, which Dovecot would take for local and safe.
        with socket.create_connection(
            (settings.imap_host, settings.imap_port + 1), timeout=5, source_address=("127.0.0.1", 0)
        ) as connection:
            greeting = connection.recv(1000)
            assert b"STARTTLS" in greeting
            assert b"LOGINDISABLED" in greeting
            assert b"AUTH=PLAIN" not in greeting
            connection.sendall(b'a LOGIN "x@y.example" "correct-horse-battery"\r\n')
            answer = connection.recv(1000)
            assert b"PRIVACYREQUIRED" in answer
            connection.sendall(b"b STARTTLS\r\n")
            while b"b OK" not in answer:
                answer += connection.recv(1000)
    finally:
        dovecot.stop()
