"""What is kept of the directory is never older than the transaction that asks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text

import mailroom.notice_requests
import mailroom.schema  # noqa: F401 - their tables: Alembic makes all of them
from gateway.settings import load_settings
from gateway.state import open_state, upgrade_database
from keyring_admin.certificate_store import Purpose, admit_certificate, withdraw_certificate
from keyring_admin.certificates import CertificateFacts, KeyFacts
from keyring_admin.database import write_transaction
from keyring_admin.directory_cache import DirectoryCache
from keyring_admin.directory_version import WATCHED_TABLES, DirectoryUnwatchedError, directory_version
from keyring_admin.officers import Officer, Role, admit_officer, set_officer_active, set_officer_password
from keyring_admin.parties import Party, admit_party, set_party_active

ADDRESS = "amina@customs.ke.test"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    configuration = f'[gateway]\ndomain = "gsp.example.org"\nfingerprint = "{"A" * 40}"\n'
    (tmp_path / "gsp.toml").write_text(configuration, encoding="utf-8")
    settings = load_settings(tmp_path / "gsp.toml")
    upgrade_database(settings)
    engine = open_state(settings)
    with write_transaction(engine) as connection:
        admit_party(connection, Party("KE", "Kenya", date(2020, 1, 1), None, True, ("customs.ke.test",)))
        admit_officer(connection, Officer(0, ADDRESS, "KE", "en", frozenset({Role.QUERY}), True, None, "$argon2id$x"))
        keys = (KeyFacts("AB" * 8, "AB" * 20, can_encrypt=True, can_sign=True, expires_at=None, revoked=False),)
        facts = CertificateFacts("AB" * 20, b"packets", keys)
        admit_certificate(connection, facts, purpose=Purpose.READING, party="KE", now=datetime.now(UTC))
    yield engine
    engine.dispose()


@pytest.fixture
def statements(engine: Engine) -> list[str]:
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    return said


def officer(cache: DirectoryCache, engine: Engine) -> Officer:
    with engine.connect() as connection:
        found = cache.view(connection).find_officer(ADDRESS)
    assert found is not None
    return found


def test_the_directory_is_read_once_while_nothing_changes(engine: Engine, statements: list[str]) -> None:
    cache = DirectoryCache(engine)
    first = officer(cache, engine)
    assert any("FROM officers" in statement for statement in statements)
    statements.clear()
    assert officer(cache, engine) is first
    assert [statement for statement in statements if "directory_version" not in statement] == ["BEGIN"]


def test_a_suspension_is_seen_by_the_next_reader(engine: Engine) -> None:
    cache = DirectoryCache(engine)
    assert officer(cache, engine).active
    with write_transaction(engine) as connection:
        set_officer_active(connection, ADDRESS, active=False)
        assert officer(cache, engine).active  # not committed yet: still what the database says to others
    assert not officer(cache, engine).active


def test_a_withdrawn_certificate_is_seen_by_the_next_reader(engine: Engine) -> None:
    cache = DirectoryCache(engine)
    with engine.connect() as connection:
        (before,) = cache.view(connection).reading_certificates("KE")
    assert before.withdrawn_at is None
    with write_transaction(engine) as connection:
        withdraw_certificate(connection, before.fingerprint, now=datetime.now(UTC))
    with engine.connect() as connection:
        (after,) = cache.view(connection).reading_certificates("KE")
    assert after == replace(before, withdrawn_at=after.withdrawn_at)
    assert after.withdrawn_at is not None


def test_whoever_began_before_a_change_sees_the_state_before_it_and_spoils_nothing(engine: Engine) -> None:
    cache = DirectoryCache(engine)
    with engine.connect() as early:
        assert directory_version(early) > 1  # SQLite's snapshot is taken by the first read
        with write_transaction(engine) as connection:
            set_party_active(connection, "KE", active=False)
        with engine.connect() as late:
            assert not member(cache, late)
        assert member(cache, early)
        with engine.connect() as late:
            assert not member(cache, late)


def member(cache: DirectoryCache, connection: Connection) -> bool:
    party = cache.view(connection).find_party("KE")
    return party is not None and party.member_on(datetime.now(UTC).date())


def test_what_does_not_exist_is_not_kept(engine: Engine, statements: list[str]) -> None:
    cache = DirectoryCache(engine)
    for _ in range(2):
        statements.clear()
        with engine.connect() as connection:
            assert cache.view(connection).find_officer("nobody@customs.ke.test") is None
        assert any("FROM officers" in statement for statement in statements)


@pytest.mark.parametrize("table", WATCHED_TABLES)
def test_every_table_of_the_directory_raises_its_version(engine: Engine, table: str) -> None:
    with write_transaction(engine) as connection:
        before = directory_version(connection)
        for act in ("insert", "update", "delete"):
            found = connection.scalar(
                text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND name = :name"),
                {"table": table, "name": f"directory_changed_{table}_{act}"},
            )
            assert f" AFTER {act} ON {table} " in str(found)
            assert str(found).endswith("BEGIN UPDATE directory_version SET version = version + 1; END")
        set_officer_password(connection, ADDRESS, "$argon2id$y")
        assert directory_version(connection) == before + 1


def test_nothing_is_kept_of_a_directory_that_lost_a_trigger(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        connection.execute(text("DROP TRIGGER directory_changed_officers_update"))
    with pytest.raises(DirectoryUnwatchedError):
        DirectoryCache(engine)
