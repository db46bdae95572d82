"""A number that every change of the directory raises, in the transaction of that change: triggers see to it.

Whoever keeps what was read from the directory keeps it for one version only, and asks for the version in the same
transaction: a revocation is seen by the very next mail.
"""

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, bindparam, select, text

from keyring_admin.database import metadata

directory_version_table = Table(
    "directory_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # there is one row
    Column("version", BigInteger, nullable=False),
)

# Every table from which something may be kept. A migration that makes one of them anew (SQLite's way to change a
# column) must make its triggers anew as well: `watches_all` finds out.
WATCHED_TABLES = (
    "administrator_domains",
    "administrators",
    "certificate_keys",
    "certificates",
    "officers",
    "parties",
    "party_domains",
    "party_names",
    "people",
    "root_certificates",
)
_TRIGGER = "directory_changed_"
_ACTS = ("insert", "update", "delete")
_VERSION = select(directory_version_table.c.version).where(directory_version_table.c.id == bindparam("row"))


class DirectoryUnwatchedError(RuntimeError):
    """A table of the directory has lost a trigger: what is kept of it could be out of date."""


def directory_version(connection: Connection) -> int:
    """The version of the directory in this transaction."""
    version: int = connection.execute(_VERSION, {"row": 1}).scalar_one()
    return version


def watches_all(connection: Connection) -> bool:
    """Whether every watched table has its triggers."""
    if connection.dialect.name == "sqlite":
        wanted = {f"{_TRIGGER}{table}_{act}" for table in WATCHED_TABLES for act in _ACTS}
        found = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    else:
        wanted = {f"{_TRIGGER}{table}" for table in WATCHED_TABLES}
        found = set(connection.scalars(text("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'")))
    return wanted <= found
