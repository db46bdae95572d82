"""Warnings before a certificate ends: 60, 30, 14, 7 and 1 days before, each once, to the right people."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

import mailroom.schema  # noqa: F401 - its tables belong to the database
from gateway.key_life.warnings import warn_of_ends
from gateway.policy.facts import NoticeKind
from keyring_admin.certificate_store import Certificate, Purpose, admit_certificate, withdraw_certificate
from keyring_admin.certificates import CertificateFacts, KeyFacts
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.key_life.expiry import WARNING_DAYS, due_step, usable_until
from keyring_admin.officers import Officer, Role, admit_officer
from keyring_admin.parties import Party, admit_party
from keyring_admin.schema import certificate_keys
from mailroom.notice_requests import notice_requests

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ENDS = NOW + timedelta(days=100)


def facts(letter: str, ends: datetime | None, *, subkey_ends: datetime | None = None) -> CertificateFacts:
    primary = KeyFacts(letter * 16, letter * 40, can_encrypt=False, can_sign=True, expires_at=ends, revoked=False)
    sub = KeyFacts(
        letter.lower() * 16, letter.lower() * 40, can_encrypt=True, can_sign=False,
        expires_at=subkey_ends or ends, revoked=False,
    )  # fmt: skip
    return CertificateFacts(letter * 40, letter.encode(), (primary, sub))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Kenya with an officer, an administrator and a reading certificate; all end on the same day but the second."""
    engine = open_database(f"sqlite:///{tmp_path / 'directory.db'}")
    metadata.create_all(engine)
    with write_transaction(engine) as connection:
        admit_party(connection, Party("KE", "Kenya", date(2020, 1, 1), None, active=True, domains=("ke.test",)))
        for name, letter, ends, role in (
            ("amina", "A", ENDS, Role.QUERY),
            ("director", "D", None, Role.ADMINISTER),
        ):
            admit_certificate(connection, facts(letter, ends), purpose=Purpose.OFFICER, party="KE", now=NOW)
            officer = Officer(0, f"{name}@ke.test", "KE", "en", frozenset({role}), True, letter * 40, "$argon2id$")
            admit_officer(connection, officer)
        admit_certificate(connection, facts("E", ENDS), purpose=Purpose.READING, party="KE", now=NOW)
        yield connection
    engine.dispose()


def asked(connection: Connection) -> list[tuple[int, str]]:
    rows = connection.execute(select(notice_requests.c.officer, notice_requests.c.kind).order_by(notice_requests.c.id))
    return [(officer, kind) for officer, kind in rows]


@pytest.mark.parametrize(
    ("left", "told", "step"),
    [
        (61, (), None),
        (60, (), 60),
        (59.5, (60,), None),
        (30, (60,), 30),
        (20, (), 30),
        (20, (30,), None),
        (13, (60, 30), 14),
        (7, (14,), 7),
        (1, (7,), 1),
        (0.2, (), 1),
        (0.2, (1,), None),
        (0, (), None),
        (-1, (), None),
    ],
)
def test_which_warning_is_due(left: float, told: tuple[int, ...], step: int | None) -> None:
    assert due_step(NOW + timedelta(days=left), NOW, told) == step


def test_each_warning_is_given_once_to_the_holder_and_the_administrator(connection: Connection) -> None:
    given = [(ENDS - timedelta(days=days), days) for days in range(70, 0, -1)]
    warned = {days: warn_of_ends(connection, at) for at, days in given}
    assert {days for days, number in warned.items() if number} == set(WARNING_DAYS)
    assert set(warned.values()) == {0, 3}  # the officer, and the administrator twice
    amina, director = 1, 2
    assert asked(connection)[:3] == [
        (amina, NoticeKind.CERTIFICATE_ENDS.value),
        (director, NoticeKind.OFFICERS_CERTIFICATE_ENDS.value),
        (director, NoticeKind.READING_CERTIFICATE_ENDS.value),
    ]


def test_a_later_end_begins_again_and_a_withdrawn_certificate_is_nobodys_concern(connection: Connection) -> None:
    assert warn_of_ends(connection, ENDS - timedelta(days=14)) == 3
    longer = ENDS + timedelta(days=30)
    renewed = update(certificate_keys).where(certificate_keys.c.certificate == "A" * 40)
    connection.execute(renewed.values(expires_at=longer))
    withdraw_certificate(connection, "E" * 40, now=NOW)
    assert warn_of_ends(connection, longer - timedelta(days=14)) == 3  # that nobody reads any more, too
    assert warn_of_ends(connection, longer - timedelta(days=14)) == 0


def test_without_an_administrator_everybody_who_reads_is_told(connection: Connection) -> None:
    withdraw_certificate(connection, "A" * 40, now=NOW)
    connection.exec_driver_sql("UPDATE officers SET can_administer = 0")
    assert warn_of_ends(connection, ENDS - timedelta(days=60)) == 2
    assert asked(connection) == [(officer, NoticeKind.READING_CERTIFICATE_ENDS.value) for officer in (1, 2)]


def test_the_earliest_end_counts() -> None:
    def certificate(found: CertificateFacts, chain_until: datetime | None = None) -> Certificate:
        return Certificate(
            found.fingerprint, Purpose.OFFICER, "KE", None, found.keys, b"", chain_until=chain_until
        )  # fmt: skip

    sooner = ENDS - timedelta(days=5)
    assert usable_until(certificate(facts("A", None))) is None
    assert usable_until(certificate(facts("A", ENDS))) == ENDS
    assert usable_until(certificate(facts("A", ENDS, subkey_ends=sooner))) == sooner
    assert usable_until(certificate(facts("A", None), chain_until=sooner)) == sooner


def test_a_party_that_can_no_longer_read_is_told_once(connection: Connection) -> None:
    assert warn_of_ends(connection, NOW) == 0
    assert warn_of_ends(connection, ENDS) == 1
    assert warn_of_ends(connection, ENDS + timedelta(days=1)) == 0
    assert asked(connection) == [(2, NoticeKind.NO_READING_CERTIFICATE.value)]


def test_a_party_that_never_could_read_is_not_told_that_it_cannot(connection: Connection) -> None:
    connection.exec_driver_sql("UPDATE certificates SET chain = 'not-certified-by-root' WHERE purpose = 'reading'")
    assert warn_of_ends(connection, ENDS) == 0
