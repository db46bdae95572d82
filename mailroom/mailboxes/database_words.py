"""The database's URL in the words of Dovecot's SQL drivers."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, Date, Dialect, cast, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from mailroom.mailboxes.mailbox_error import MailboxFault, MailboxServerError


@dataclass(frozen=True, slots=True)
class DatabaseWords:
    """driver, connect: as in dovecot-sql.conf.ext; connect may hold a password. today: the date in UTC, in its SQL."""

    driver: str
    connect: str = field(repr=False)
    dialect: Dialect
    today: ColumnElement[date]


def database_words(database_url: str) -> DatabaseWords:
    """What Dovecot needs for this SQLAlchemy URL. Raises MailboxServerError if it can't use the database."""
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise MailboxServerError(MailboxFault.BAD_DATABASE_URL) from None
    backend = url.get_backend_name()
    # paramstyle "named": percent signs, which are Dovecot's variables, are not doubled.
    if backend == "sqlite":
        path = url.database or ""
        if not path.startswith("/") or not _fits_one_word(path):
            raise MailboxServerError(MailboxFault.BAD_DATABASE_URL)
        return DatabaseWords("sqlite", path, sqlite.dialect(paramstyle="named"), func.current_date(type_=Date))
    if backend == "postgresql":
        utc = cast(func.timezone("UTC", func.now()), Date)
        dialect: Dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
        return DatabaseWords("pgsql", _libpq_words(url), dialect, utc)
    raise MailboxServerError(MailboxFault.BAD_DATABASE_URL)


def _fits_one_word(value: str) -> bool:
    return value.isascii() and value.isprintable() and not set(value) & set(" '\"\\#%$")


def _libpq_words(url: URL) -> str:
    """libpq's keyword/value string (PostgreSQL documentation, §34.1.1.1)."""
    words = {
        "host": url.host or url.query.get("host"),
        "port": str(url.port) if url.port else None,
        "dbname": url.database,
        "user": url.username,
        "password": str(url.password) if url.password else None,
        **{key: value for key, value in url.query.items() if key in {"sslmode", "sslrootcert"}},
    }
    given = {key: value for key, value in words.items() if value is not None}
    if "dbname" not in given or not all(isinstance(value, str) and _fits_one_word(value) for value in given.values()):
        raise MailboxServerError(MailboxFault.BAD_DATABASE_URL)
    return " ".join(f"{key}={value}" for key, value in given.items())
