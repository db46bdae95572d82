"""What the officer's tools remember of each exchange, so that nothing can be replayed or re-attached to another.

One SQLite file of the officer's own (mode 0600): ids, Parties, digests and times; no UID, no text of a form.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Column, ColumnElement, Connection, Engine, MetaData, String, Table, insert, inspect, select, text

from forms.pack import core_shelf
from keyring_admin.database import UtcDateTime, open_database, write_transaction

_metadata = MetaData()

_forms = Table(
    "forms",
    _metadata,
    Column("digest", String(64), primary_key=True),
    Column("exchange", String(26), nullable=False, index=True),
    Column("pack", String(32), nullable=False),
    Column("requesting_party", String(8), nullable=False),
    Column("requested_party", String(8), nullable=False),
    Column("direction", String(8), nullable=False),  # sent, received
    Column("seen_at", UtcDateTime, nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("query_sha256", String(64), nullable=True),
)

SENT, RECEIVED = "sent", "received"
_OPENING_CLASSES = {"query", "notice"}


@dataclass(frozen=True, slots=True)
class RememberedForm:
    """A form this officer has sent or received.

    body_sha256: of the sealed body it came or went in. query_sha256: digest of the form it answers; None if it began
    its exchange.
    """

    digest: str
    exchange: str
    pack: str
    requesting_party: str
    requested_party: str
    direction: str
    seen_at: datetime
    body_sha256: str
    query_sha256: str | None = None


class Memory:
    """The officer's memory; the file is made when it does not exist."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        self._engine: Engine = open_database(f"sqlite:///{file.absolute()}")
        with write_transaction(self._engine) as connection:
            _metadata.create_all(connection)
            _bring_up_to_date(connection)

    def remember(self, form: RememberedForm) -> None:
        """Remember a form; one that is known already stays as it is."""
        with write_transaction(self._engine) as connection:
            if connection.scalar(select(_forms.c.digest).where(_forms.c.digest == form.digest)) is None:
                connection.execute(insert(_forms).values(**{name: getattr(form, name) for name in form.__slots__}))

    def query_of(self, exchange: str) -> RememberedForm | None:
        """The form that began an exchange: what was asked, or told without being asked."""
        rows = self._select((_forms.c.exchange == exchange) & _forms.c.query_sha256.is_(None))
        return next((form for form in rows if _may_begin_an_exchange(form.pack)), None)

    def digests_from_other_bodies(self, body_sha256: str) -> frozenset[str]:
        """Digests received in any other body than this one: the same form in a new body is a replay."""
        rows = self._select((_forms.c.body_sha256 != body_sha256) & (_forms.c.direction == RECEIVED))
        return frozenset(form.digest for form in rows)

    def _select(self, condition: ColumnElement[bool]) -> list[RememberedForm]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(_forms).where(condition).order_by(_forms.c.seen_at)).mappings()
            return [RememberedForm(**row) for row in rows]


def _may_begin_an_exchange(pack: str) -> bool:
    shelf = core_shelf()
    return any(_OPENING_CLASSES & set(shelf.pack(pack, version).message_classes) for version in shelf.versions(pack))


def _bring_up_to_date(connection: Connection) -> None:
    """A memory from before forms other than queries were answered has no column for what they answer."""
    if "query_sha256" not in {column["name"] for column in inspect(connection).get_columns("forms")}:
        connection.execute(text("ALTER TABLE forms ADD COLUMN query_sha256 VARCHAR(64)"))
