"""Mail that waits when a Party's reading key turns out to be in other hands."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

import gateway.schema
from gateway.delivering import EnvelopeObserver
from gateway.key_life.compromised_readers import CompromisedReaders
from gateway.policy.facts import NoticeKind
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.certificates import bring_certificate
from keyring_admin.acts.parties import admit_party
from keyring_admin.acts.reading import admit_reading_certificate
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.officers import Officer, Role, admit_officer
from keyring_admin.parties import Party
from mailroom.exchanges import Exchange, Mode, open_exchange
from mailroom.intake import AcceptedMail, Presentation, store_mail
from mailroom.notice_requests import notice_requests
from mailroom.outbound import Delivery, DeliveryKind
from mailroom.schema import accepted_mails

from ..conftest import Homes
from ..people import Person, gpg, make_person, renew, revoke

assert gateway.schema
NOW = datetime.now(UTC)
RULES = DirectoryRules("gsp.test", special_use_domains=True)
NO_REASON, COMPROMISED, SUPERSEDED, NO_LONGER_USED = range(4)


class World:
    """Kenya's queue of one mail, from an officer of the EU."""

    def __init__(self, folder: Path, reader: Person) -> None:
        self.engine = open_database(f"sqlite:///{folder / 'gateway.db'}")
        self.folder = folder
        metadata.create_all(self.engine)
        with write_transaction(self.engine) as connection:
            for code, domain in (("KE", "customs.ke.test"), ("EU", "olaf.eu.test")):
                party = Party(code, code, date(2020, 1, 1), None, active=True, domains=(domain,))
                admit_party(connection, CUSTODIAN, party, rules=RULES, now=NOW)
            for address, code, role in (
                ("bruno@olaf.eu.test", "EU", Role.QUERY),
                ("director@customs.ke.test", "KE", Role.ADMINISTER),
            ):
                admit_officer(connection, Officer(0, address, code, "en", frozenset({role}), True, None, "x"))
            open_exchange(connection, Exchange("0" * 26, "7F3K-9Q2M", Mode.DIRECT, "EU", "KE", NOW))
        self.admit(reader)

    def admit(self, reader: Person) -> None:
        with write_transaction(self.engine) as connection:
            admit_reading_certificate(connection, CUSTODIAN, "KE", reader.certificate, rules=RULES, now=NOW)

    def bring(self, octets: bytes) -> None:
        """A fresh copy, from wherever it comes."""
        with write_transaction(self.engine) as connection:
            bring_certificate(connection, CUSTODIAN, octets, rules=RULES, now=NOW)

    def mail_for(self, *readers: Person) -> Delivery:
        """Accepted, processed, and due."""
        body = encrypted(*readers)
        mail = AcceptedMail(
            id=0, queue_id=secrets.token_hex(8).upper(), accepted_at=NOW, exchange="0" * 26, message_class="query",
            mode=Mode.DIRECT, presentation=Presentation.MIME, sender=1, sending_party="EU", receiving_party="KE",
            body_sha256="ab" * 32, library_version=1, log_position=1, rules_passed=(), unmatched_reply=False,
        )  # fmt: skip
        with write_transaction(self.engine) as connection:
            store_mail(connection, mail, body)
            mail_id = connection.scalar(select(accepted_mails.c.id).where(accepted_mails.c.queue_id == mail.queue_id))
        return Delivery(
            id=1, queue_id=mail.queue_id, kind=DeliveryKind.PARTY, mail=mail_id, mailbox="ke@gsp.test",
            message_id="<x@gsp.test>", attempts=0, created_at=NOW, leased_until=NOW, uncertain=False,
            head=b"", tail=b"", body=body,
        )  # fmt: skip


def encrypted(*readers: Person) -> bytes:
    recipients = [word for reader in readers for word in ("--recipient-file", str(_file(reader)))]
    return gpg(readers[0].home, "--trust-model", "always", *recipients, "--encrypt", stdin=b"the sealed body")


def _file(reader: Person) -> Path:
    file = reader.home / "certificate.pgp"
    file.write_bytes(reader.certificate)
    return file


@pytest.fixture
def reader(homes: Homes) -> Person:
    return make_person(homes.new(), "Kenya <ke@gsp.test>")


@pytest.fixture
def world(tmp_path: Path, reader: Person) -> Iterator[World]:
    made = World(tmp_path, reader)
    yield made
    made.engine.dispose()


@pytest.mark.parametrize(
    ("reason", "delivered"),
    [(NO_REASON, False), (COMPROMISED, False), (SUPERSEDED, True), (NO_LONGER_USED, True)],
    ids=["no-reason", "compromised", "superseded", "no-longer-used"],
)
def test_what_waits_is_delivered_after_a_soft_revocation_only(
    world: World, reader: Person, reason: int, *, delivered: bool
) -> None:
    delivery = world.mail_for(reader)
    readers = CompromisedReaders(world.engine)
    assert readers.readable(delivery)
    world.bring(revoke(reader, reason=reason))
    assert readers.readable(delivery) is delivered, "asked again at once, by the same program"


def test_what_another_certificate_of_the_party_opens_is_delivered(world: World, reader: Person, homes: Homes) -> None:
    second = make_person(homes.new(), "Kenya two <ke@gsp.test>")
    world.admit(second)
    both, only_first = world.mail_for(reader, second), world.mail_for(reader)
    world.bring(revoke(reader, reason=COMPROMISED))
    readers = CompromisedReaders(world.engine)
    assert readers.readable(both)
    assert not readers.readable(only_first)


def test_an_expired_certificate_stops_nothing_that_was_accepted(world: World, reader: Person) -> None:
    delivery = world.mail_for(reader)
    world.bring(renew(reader, "seconds=1"))
    assert CompromisedReaders(world.engine).readable(delivery)


def test_notices_and_sent_copies_are_nobodys_reading(world: World, reader: Person) -> None:
    delivery = world.mail_for(reader)
    world.bring(revoke(reader, reason=COMPROMISED))
    readers = CompromisedReaders(world.engine)
    assert not readers.readable(delivery)
    for kind in (DeliveryKind.SENT, DeliveryKind.NOTICE):
        assert readers.readable(replace(delivery, kind=kind))


def test_sender_and_administrators_are_told_without_content(world: World, reader: Person) -> None:
    delivery = world.mail_for(reader)
    world.bring(revoke(reader, reason=COMPROMISED))
    observer = EnvelopeObserver(True, world.folder / "no-bell", CompromisedReaders(world.engine))
    with write_transaction(world.engine) as connection:
        observer.returned(connection, delivery)
        asked = _asked(connection)
    assert asked == [(1, NoticeKind.RETURNED.value), (2, NoticeKind.MAIL_NOT_READABLE.value)]


def _asked(connection: Connection) -> list[tuple[int, str]]:
    query = select(notice_requests.c.officer, notice_requests.c.kind).order_by(notice_requests.c.id)
    return [(officer, kind) for officer, kind in connection.execute(query)]
