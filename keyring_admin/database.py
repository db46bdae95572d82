"""The one place that opens the database: SQLAlchemy, SQLite by default, PostgreSQL where one machine is not enough.

Contract: a transaction that has committed is on disk (SQLite WAL with `synchronous=FULL`), parameters never
appear in an error text (`hide_parameters=True`), deleted rows are overwritten (`secure_delete`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BUSY_TIMEOUT_MILLISECONDS = 5_000


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes go in and come out, in UTC, on every database (SQLite keeps no time zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class DatabaseNotDurableError(RuntimeError):
    """The database does not hold what it promises: a committed transaction could be lost."""


def open_database(url: str, *, busy_timeout: int = BUSY_TIMEOUT_MILLISECONDS) -> Engine:
    """Open the database at `url` and check that its commits are durable.

    url: an SQLAlchemy URL. busy_timeout: milliseconds SQLite waits for a lock before it gives up.
    Raises DatabaseNotDurableError if SQLite refuses WAL or `synchronous=FULL`.
    """
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=not is_sqlite(url))
    if is_sqlite(url):
        event.listen(engine, "connect", _SqlitePragmas(busy_timeout))
        event.listen(engine, "begin", _begin_sqlite)
        with engine.connect() as connection:
            journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        if journal != "wal" or synchronous != 2:  # https://sqlite.org/pragma.html#pragma_synchronous: 2 is FULL
            raise DatabaseNotDurableError("the database needs journal_mode=WAL and synchronous=FULL")
    return engine


def is_sqlite(url: str) -> bool:
    """Whether the URL names an SQLite database."""
    return make_url(url).get_backend_name() == "sqlite"


def empty_write_ahead_log(engine: Engine) -> None:
    """Bring SQLite's write-ahead log into the database and cut it: deleted rows stay readable in it until then."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            raw = connection.connection.driver_connection
            if raw is not None:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: on SQLite it takes the write lock at its start, so what it read stays true."""
    with engine.execution_options(gsp_write=True).begin() as connection:
        yield connection


def _begin_sqlite(connection: Connection) -> None:
    # The driver's own BEGIN comes too late for savepoints and read-then-write; see SQLAlchemy's notes on pysqlite.
    writes = connection.get_execution_options().get("gsp_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class _SqlitePragmas:
    def __init__(self, busy_timeout: int) -> None:
        self._busy_timeout = busy_timeout

    def __call__(self, connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3: we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={self._busy_timeout}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
