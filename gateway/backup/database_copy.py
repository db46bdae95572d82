"""A consistent copy of the database while others write, and the way back.

SQLite: the backup API copies under one read lock, so it is the database of one moment (https://sqlite.org/backup.html).
PostgreSQL: pg_dump reads one snapshot. The password goes to it by environment, never as an argument.
"""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from gateway.backup.problem import BackupError
from gateway.settings import Settings
from keyring_admin.database import is_sqlite, open_database

POSTGRESQL_COPY = "database.dump"
_BUSY_SECONDS = 60


def database_member(settings: Settings) -> str:
    """The name the copy has in a backup. Raises BackupError if an SQLite database is not in the deployment's folder."""
    if not is_sqlite(settings.database_url):
        return POSTGRESQL_COPY
    file = Path(make_url(settings.database_url).database or "")
    if not file.is_relative_to(settings.folder):
        raise BackupError(f"database.url: {file} lies outside of the deployment's folder; backups need it inside")
    return str(file.relative_to(settings.folder))


def database_schema(url: str) -> str:
    """The revision of the tables of a database; "" if it has none. Raises BackupError."""
    try:
        engine = open_database(url)
        try:
            with engine.connect() as connection:
                return MigrationContext.configure(connection).get_current_revision() or ""
        finally:
            engine.dispose()
    except SQLAlchemyError:
        raise BackupError("the database cannot be opened; see database.url in the configuration") from None


def copy_database(settings: Settings, target: Path) -> None:
    """Write a copy of the database of one moment to `target`, a new file. Raises BackupError."""
    target.touch(mode=0o600)
    if is_sqlite(settings.database_url):
        source_file = make_url(settings.database_url).database or ""
        source = sqlite3.connect(f"file:{source_file}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
        except sqlite3.Error:
            raise BackupError("the database cannot be copied now: try again") from None
        finally:
            copy.close()
            source.close()
    else:
        _run("pg_dump", settings, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def require_empty_postgresql(settings: Settings) -> None:
    """Raises BackupError unless the configured PostgreSQL database can be reached and holds no table."""
    try:
        engine = open_database(settings.database_url)
        try:
            names = inspect(engine).get_table_names()
        finally:
            engine.dispose()
    except SQLAlchemyError:
        raise BackupError("the PostgreSQL database cannot be reached; create an empty one for database.url") from None
    if names:
        raise BackupError("the PostgreSQL database of database.url is not empty: give it an empty one")


def load_postgresql(settings: Settings, copy: Path) -> None:
    """Fill an empty PostgreSQL database, whole or not at all. Raises BackupError."""
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    _run("pg_restore", settings, *options, str(copy), dbname_by=lambda name: ["--dbname", name])


def _run(
    program: str,
    settings: Settings,
    *arguments: str,
    dbname_by: Callable[[str], list[str]] = lambda name: [name],
) -> None:
    url = make_url(settings.database_url)
    environment = {**os.environ, "PGPASSWORD": str(url.password or ""), "PGCONNECT_TIMEOUT": "20"}
    if not environment["PGPASSWORD"]:
        del environment["PGPASSWORD"]
    try:
        done = subprocess.run(
            [program, "--no-password", *arguments, *dbname_by(_without_password(url))],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # its messages may quote rows
            check=False,
        )
    except FileNotFoundError:
        raise BackupError(f"{program} is missing: apt-get install postgresql-client") from None
    if done.returncode != 0:
        raise BackupError(f"{program} failed: is its version at least the server's, and may the account read it all?")


def _without_password(url: URL) -> str:
    plain = URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database, query=url.query
    )
    return plain.render_as_string(hide_password=False)
