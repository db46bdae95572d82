"""The key log: hash-chained, so that nothing in it can be changed, removed or put in unseen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, update

from keyring_admin.acts.actor import CUSTODIAN, Actor
from keyring_admin.administration_schema import key_log
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.key_log.chain import KeyLogError, verify_entries
from keyring_admin.key_log.log import entries, evidence_of, last_entry, record

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A database with a log of five entries."""
    engine = open_database(f"sqlite:///{tmp_path / 'directory.db'}")
    metadata.create_all(engine)
    with write_transaction(engine) as connection:
        for number in range(5):
            record(connection, "party-admitted", CUSTODIAN, now=NOW, party=f"K{number}", details={"number": number})
        yield connection
    engine.dispose()


def test_an_honest_log_verifies_from_the_beginning_and_from_any_entry(connection: Connection) -> None:
    every = list(entries(connection))
    assert verify_entries(every) == last_entry(connection) == every[-1]
    assert verify_entries(every[3:], after=every[2]) == every[-1]
    assert [entry.sequence for entry in entries(connection, party="K3")] == [4]


@pytest.mark.parametrize("column", ["at", "act", "party", "subject", "details", "actor", "signed_by"])
def test_a_changed_column_is_found(connection: Connection, column: str) -> None:
    value = NOW.replace(year=2025) if column == "at" else "KE"
    connection.execute(update(key_log).where(key_log.c.sequence == 3).values({column: value}))
    with pytest.raises(KeyLogError, match="entry 3 "):
        verify_entries(entries(connection))


def test_a_changed_entry_with_a_fitting_hash_breaks_the_next_one(connection: Connection) -> None:
    third = list(entries(connection))[2]
    forged = replace(third, details='{"number":7}')
    connection.execute(
        update(key_log).where(key_log.c.sequence == 3).values(details=forged.details, hash=forged.computed_hash())
    )
    with pytest.raises(KeyLogError, match="entry 4 "):
        verify_entries(entries(connection))


def test_a_removed_entry_is_found(connection: Connection) -> None:
    connection.execute(delete(key_log).where(key_log.c.sequence == 3))
    with pytest.raises(KeyLogError, match="entry 3 is missing"):
        verify_entries(entries(connection))


def test_the_evidence_of_an_entry_is_kept_once_and_bound_by_its_hash(connection: Connection) -> None:
    actor = Actor(person=7, certificate="A" * 40, evidence=b"signed request")
    first = record(connection, "officer-admitted", actor, now=NOW, party="KE")
    second = record(connection, "officer-revoked", actor, now=NOW, party="KE")
    assert evidence_of(connection, first) == evidence_of(connection, second) == b"signed request"
    assert first.actor == "person 7"
    verify_entries(entries(connection))


def test_details_that_are_too_long_are_refused(connection: Connection) -> None:
    with pytest.raises(KeyLogError, match="too long"):
        record(connection, "party-admitted", CUSTODIAN, now=NOW, details={"text": "x" * 20_000})
