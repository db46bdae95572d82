"""`gsp upgrade` from every older schema, with rows in every table; and programs on a schema that is not their own."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.deployment import make_deployment
from gateway.settings import Settings, load_settings
from gateway.state import SchemaNewerError, SchemaOutdatedError, current_schema, open_state, upgrade_database
from keyring_admin.database import metadata, open_database, write_transaction

from .postgresql import PROGRAMS, Postgresql

for module in ("gateway.schema", "gateway.library.schema", "mailroom.schema", "mailroom.notice_requests"):
    import_module(module)  # registers its tables
for module in ("keyring_admin.schema", "keyring_admin.administration_schema", "keyring_admin.directory_version"):
    import_module(module)

pytestmark = pytest.mark.timeout(300)
MOMENT = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
# Values that a migration may look into.
MEANT = {
    "address": "alice@customs.ke.test",
    "domain": "customs.ke.test",
    "code": "KE",
    "party": "KE",
    "language": "en",
    "purpose": "officer",
    "state": "accepted",
    "outcome": "accepted",
    "fingerprint": "A" * 40,
    "certificate": "A" * 40,
}


def alembic() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(files("gateway").joinpath("migrations")))
    return configuration


REVISIONS = [script.revision for script in reversed(list(ScriptDirectory.from_config(alembic()).walk_revisions()))]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # A short path: GnuPG puts sockets below it.
    folder = Path(tempfile.mkdtemp(prefix="gspo-", dir="/tmp"))
    yield folder
    subprocess.run(["gpgconf", "--homedir", str(folder / "gw" / "gnupg"), "--kill", "all"], check=False)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def deployment(folder: Path) -> Path:
    ports = {"submission_port": 10465, "starttls_port": 10587, "imap_port": 10993}
    return make_deployment(folder / "gw", "gsp.test", pilot=True, **ports).folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Postgresql]:
    if not (PROGRAMS / "initdb").exists():
        pytest.skip("needs the package postgresql")
    (folder / "db").mkdir()
    server = Postgresql(folder / "db")
    server.make()
    server.start()
    yield server
    server.stop()


def settings_on(deployment: Path, url: str) -> Settings:
    settings = load_settings(deployment / "gsp.toml")
    return settings.model_copy(update={"database": settings.database.model_copy(update={"url": url})})


def make_schema(url: str, revision: str) -> sa.Engine:
    engine = open_database(url)
    configuration = alembic()
    with write_transaction(engine) as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, revision)
    return engine


def fill(engine: sa.Engine) -> dict[str, dict[str, Any]]:
    """One row in each table; what was written, by table."""
    tables = sa.MetaData()
    tables.reflect(engine)
    written: dict[str, dict[str, Any]] = {}
    with write_transaction(engine) as connection:
        for table in tables.sorted_tables:
            if table.name == "alembic_version" or connection.execute(sa.select(table)).first() is not None:
                continue
            row = {}
            for column in table.columns:
                foreign = next(iter(column.foreign_keys), None)
                row[column.name] = written[foreign.column.table.name][foreign.column.name] if foreign else value(column)
            connection.execute(sa.insert(table).values(row))
            written[table.name] = row
    return written


def value(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.DateTime):
        return MOMENT if kind.timezone else MOMENT.replace(tzinfo=None)
    if isinstance(kind, sa.Date):
        return date(2026, 11, 21)
    if isinstance(kind, sa.Integer):
        return 1
    if isinstance(kind, sa.LargeBinary):
        return bytes(range(256))
    meant = MEANT.get(column.name)
    length = getattr(kind, "length", None)
    return meant if meant and (length is None or len(meant) <= length) else "é" * (length or 300)


def kept(engine: sa.Engine, written: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same columns of the same rows, now; of tables and columns that are still there."""
    tables = sa.MetaData()
    tables.reflect(engine)
    found: dict[str, dict[str, Any]] = {}
    with engine.connect() as connection:
        for name, row in written.items():
            now = connection.execute(sa.select(tables.tables[name])).mappings().all()
            assert len(now) >= 1, name
            found[name] = {column: now[0][column] for column in row}
    return found


def shape(engine: sa.Engine) -> dict[str, object]:
    inspector = sa.inspect(engine)
    return {
        table: (
            [(each["name"], str(each["type"]), each["nullable"]) for each in inspector.get_columns(table)],
            sorted(str(each["column_names"]) for each in inspector.get_indexes(table)),
            sorted(str(each["column_names"]) for each in inspector.get_unique_constraints(table)),
            inspector.get_pk_constraint(table)["constrained_columns"],
        )
        for table in sorted(inspector.get_table_names())
    }


def check_upgrade(deployment: Path, url: str, fresh_url: str, revision: str) -> None:
    engine = make_schema(url, revision)
    written = fill(engine)
    assert {"accepted_mails", "deliveries", "officers", "envelope_log", "notice_requests"} <= written.keys()
    engine.dispose()
    settings = settings_on(deployment, url)
    if revision != REVISIONS[-1]:
        with pytest.raises(SchemaOutdatedError, match="gsp upgrade"):
            open_state(settings)
    upgrade_database(settings)
    engine = open_state(settings)
    assert kept(engine, written) == written
    fresh = make_schema(fresh_url, "head")
    ours, theirs = shape(engine), shape(fresh)
    assert {name: set(map(str, ours[name][0])) for name in ours} == {  # type: ignore[index]
        name: set(map(str, theirs[name][0]))
        for name in theirs  # type: ignore[index]
    }
    assert {name: ours[name][1:] for name in ours} == {name: theirs[name][1:] for name in theirs}  # type: ignore[index]
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    fresh.dispose()
    engine.dispose()


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_older_sqlite_database_is_brought_up_to_date_with_its_rows(
    deployment: Path, tmp_path: Path, revision: str
) -> None:
    check_upgrade(deployment, f"sqlite:///{tmp_path / 'old.db'}", f"sqlite:///{tmp_path / 'new.db'}", revision)


@pytest.mark.parametrize(
    "revision", [REVISIONS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in REVISIONS[1:])]
)
def test_every_older_postgresql_database_is_brought_up_to_date_with_its_rows(
    deployment: Path, server: Postgresql, revision: str
) -> None:
    for name in (f"old{revision}", f"new{revision}"):
        server.create(name)
    check_upgrade(deployment, server.url(f"old{revision}"), server.url(f"new{revision}"), revision)


def gsp(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", "--config", str(config), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def other_schema(deployment: Path) -> Iterator[Path]:
    """The deployment's configuration; afterwards its database is as before."""
    kept_copy = (deployment / "gateway.db").read_bytes()
    yield deployment / "gsp.toml"
    for name in ("gateway.db", "gateway.db-wal", "gateway.db-shm"):
        (deployment / name).unlink(missing_ok=True)
    (deployment / "gateway.db").write_bytes(kept_copy)


def set_schema(config: Path, revision: str) -> None:
    engine = open_database(load_settings(config).database_url)
    with write_transaction(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()


PROGRAM_NAMES = ("edge", "process", "deliver")


@pytest.mark.parametrize("program", PROGRAM_NAMES)
def test_a_program_does_not_start_on_an_older_or_newer_schema(other_schema: Path, program: str) -> None:
    for revision, hint in (("0003", "gsp upgrade"), ("9999", "newer version")):
        set_schema(other_schema, revision)
        done = gsp(other_schema, "run", program)
        assert done.returncode == 1
        assert hint in done.stderr
        assert "Traceback" not in done.stderr


def test_a_newer_database_is_not_touched_by_an_upgrade(other_schema: Path) -> None:
    set_schema(other_schema, "9999")
    done = gsp(other_schema, "upgrade")
    assert done.returncode == 1
    assert "newer version" in done.stderr
    with pytest.raises(SchemaNewerError):
        open_state(load_settings(other_schema))


def test_no_upgrade_while_a_program_runs_and_no_program_during_an_upgrade(deployment: Path) -> None:
    config = deployment / "gsp.toml"
    command_line = [sys.executable, "-m", "gateway", "--config", str(config), "run", "deliver"]
    running = subprocess.Popen(command_line, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stderr is not None
        assert "started" in running.stderr.readline()
        refused = gsp(config, "upgrade")
        assert refused.returncode == 1
        assert "stop them" in refused.stderr
    finally:
        running.terminate()
        running.communicate(timeout=30)
    assert gsp(config, "upgrade").returncode == 0

    upgrading = os.open(deployment, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(upgrading, fcntl.LOCK_EX)
    try:
        refused = gsp(config, "run", "deliver")
        assert refused.returncode == 1
        assert "being upgraded" in refused.stderr
    finally:
        os.close(upgrading)


def test_programs_of_other_machines_on_one_postgresql_are_seen(
    deployment: Path, server: Postgresql, folder: Path
) -> None:
    server.create("shared")
    configurations = []
    for name in ("one", "two"):  # two machines: two folders, one database
        copy = folder / name
        shutil.copytree(deployment, copy, ignore=shutil.ignore_patterns("gateway.db*", "S.*", "run"))
        (copy / "gsp.toml").write_text(
            (deployment / "gsp.toml").read_text(encoding="utf-8") + f'\n[database]\nurl = "{server.url("shared")}"\n',
            encoding="utf-8",
        )
        configurations.append(copy / "gsp.toml")
    one, two = configurations
    first = gsp(one, "upgrade")
    assert first.returncode == 0, first.stderr
    command_line = [sys.executable, "-m", "gateway", "--config", str(one), "run", "deliver"]
    running = subprocess.Popen(command_line, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stderr is not None
        assert "started" in running.stderr.readline()
        refused = gsp(two, "upgrade")
        assert refused.returncode == 1
        assert "on every machine" in refused.stderr
    finally:
        running.terminate()
        running.communicate(timeout=30)
    assert gsp(two, "upgrade").returncode == 0


def test_the_schema_is_the_last_of_the_migrations() -> None:
    assert current_schema() == REVISIONS[-1]
    assert len(REVISIONS) >= 5
