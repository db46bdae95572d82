"""What the gateway has to tell somebody who cannot be written to safely: held, told of once a day, then delivered."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pysequoia
import pytest
from sqlalchemy import select, update

import gateway.schema
from gateway.policy.facts import NoticeKind
from gateway.processing import Processor
from gateway.signing import GatewaySigner
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.life import replace_certificate
from keyring_admin.acts.officers import Admission, admit_officer, remove_officer
from keyring_admin.acts.parties import admit_party
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.certificate_store import find_certificate, withdraw_certificate
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.gateway_key import GatewaySecret
from keyring_admin.officers import Role
from keyring_admin.parties import Party
from mailroom.notice_requests import NoticeRequest, notice_requests, request_notice
from mailroom.schema import deliveries

from ..people import Person, gpg

assert gateway.schema
ALICE = "alice@customs.ke.test"
RULES = DirectoryRules("gsp.test", special_use_domains=True)
SECRET = bytes(pysequoia.Tsk.generate("gateway <query@gsp.test>"))
ATTENTION = "needs attention"


class World:
    """A directory with one officer, and the core of the program `process`."""

    def __init__(self, folder: Path, alice: Person) -> None:
        self.engine = open_database(f"sqlite:///{folder / 'gateway.db'}")
        metadata.create_all(self.engine)
        self.processor = Processor(self.engine, GatewaySigner(GatewaySecret("", SECRET)), "gsp.test", pilot=True)
        with write_transaction(self.engine) as connection:
            now = datetime.now(UTC)
            kenya = Party("KE", "Kenya", date(2020, 1, 1), None, active=True, domains=("customs.ke.test",))
            admit_party(connection, CUSTODIAN, kenya, rules=RULES, now=now)
            admission = Admission(ALICE, "KE", alice.certificate, "x", frozenset({Role.QUERY}))
            admit_officer(connection, CUSTODIAN, admission, rules=RULES, now=now)

    def ask(self, *kinds: NoticeKind, age: timedelta = timedelta(0)) -> None:
        with write_transaction(self.engine) as connection:
            for kind in kinds:
                request_notice(connection, NoticeRequest(0, datetime.now(UTC) - age, 1, kind.value, "0123456789ABCDEF"))

    def process(self) -> None:
        self.processor.release_notices()
        self.processor.process_all()

    def withdraw(self, person: Person) -> None:
        with write_transaction(self.engine) as connection:
            withdraw_certificate(connection, person.fingerprint, now=datetime.now(UTC))

    def a_day_passes(self) -> None:
        with write_transaction(self.engine) as connection:
            connection.execute(update(notice_requests).values(held_until=datetime.now(UTC) - timedelta(seconds=1)))

    def held(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.scalars(select(notice_requests.c.kind).order_by(notice_requests.c.id)))

    def written(self) -> list[bytes]:
        with self.engine.connect() as connection:
            return list(connection.scalars(select(deliveries.c.head).order_by(deliveries.c.id)))


@pytest.fixture
def alice(someone: Callable[[str], Person]) -> Person:
    return someone(f"Alice <{ALICE}>")


@pytest.fixture
def world(tmp_path: Path, alice: Person) -> Iterator[World]:
    made = World(tmp_path, alice)
    yield made
    made.engine.dispose()


def is_clear(mail: bytes) -> bool:
    return b"multipart/signed" in mail and b"multipart/encrypted" not in mail


def test_who_can_be_written_to_gets_everything_at_once(world: World) -> None:
    world.ask(NoticeKind.DELAYED, NoticeKind.RETURNED)
    world.process()
    assert [is_clear(mail) for mail in world.written()] == [False, False]
    assert world.held() == []


def test_without_a_certificate_everything_is_held_and_one_constant_sentence_is_said_a_day(
    world: World, alice: Person, someone: Callable[[str], Person]
) -> None:
    world.withdraw(alice)
    world.ask(NoticeKind.DELAYED, NoticeKind.RETURNED)
    world.process()
    world.process()
    assert [is_clear(mail) for mail in world.written()] == [True]
    assert world.held() == [NoticeKind.DELAYED.value, NoticeKind.RETURNED.value]
    world.a_day_passes()
    world.process()
    world.process()
    assert [is_clear(mail) for mail in world.written()] == [True, True]

    fresh = someone(f"Alice M. <{ALICE}>")
    with write_transaction(world.engine) as connection:
        now = datetime.now(UTC)
        replace_certificate(connection, CUSTODIAN, ALICE, fresh.certificate, at_once=False, rules=RULES, now=now)
        assert find_certificate(connection, fresh.fingerprint) is not None
    world.process()
    assert [is_clear(mail) for mail in world.written()] == [True, True, False, False]
    assert world.held() == []
    listed = gpg(fresh.home, "--list-packets", stdin=armor_of(world.written()[-1]), check=False)
    assert b":literal data packet:" in listed, "the fresh key opens it"


def armor_of(mail: bytes) -> bytes:
    start = mail.index(b"-----BEGIN PGP MESSAGE-----")
    return mail[start : mail.index(b"-----END PGP MESSAGE-----") + 25]


def test_what_is_held_names_no_exchange_in_the_clear(world: World, alice: Person) -> None:
    world.withdraw(alice)
    world.ask(NoticeKind.RETURNED)
    world.process()
    (mail,) = world.written()
    assert b"0123456789ABCDEF" not in mail


@pytest.mark.parametrize("leaves", [True, False], ids=["who-left", "too-old"])
def test_nothing_is_held_for_ever(world: World, alice: Person, *, leaves: bool) -> None:
    world.withdraw(alice)
    world.ask(NoticeKind.RETURNED, age=timedelta(0 if leaves else 91))
    if leaves:
        with write_transaction(world.engine) as connection:
            remove_officer(connection, CUSTODIAN, ALICE, rules=RULES, now=datetime.now(UTC))
    world.process()
    assert world.held() == []
    assert world.written() == []
