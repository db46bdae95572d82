"""Exchanges: a query and all that answers it. The caller owns the transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, bindparam, insert, select

from mailroom.schema import exchanges, minted_message_ids

# Made once: to build a statement takes longer than SQLite takes to run it.
_OPEN = insert(exchanges)
_FIND = select(exchanges).where(exchanges.c.id == bindparam("exchange_id"))
_REMEMBER = insert(minted_message_ids)
_MESSAGE_IDS = (
    select(minted_message_ids.c.message_id)
    .where(minted_message_ids.c.exchange == bindparam("exchange_id"))
    .order_by(minted_message_ids.c.minted_at, minted_message_ids.c.message_id)
)


class Mode(StrEnum):
    """How much the gateway sees of an exchange (DESIGN §3)."""

    DIRECT = "direct"
    SEALED = "sealed"
    ASSISTED = "assisted"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A query and all that answers it; `id` is random and meaningless, `token` is what a Subject shows."""

    id: str
    token: str
    mode: Mode
    requesting_party: str
    requested_party: str
    created_at: datetime

    def other_side(self, party: str) -> str | None:
        """The Party on the other side from `party`; None if `party` is on neither side."""
        if party == self.requesting_party:
            return self.requested_party
        return self.requesting_party if party == self.requested_party else None


def open_exchange(connection: Connection, exchange: Exchange) -> None:
    """Remember a new exchange. Raises sqlalchemy.exc.IntegrityError if its id or token is taken."""
    connection.execute(
        _OPEN,
        {
            "id": exchange.id,
            "token": exchange.token,
            "mode": exchange.mode.value,
            "requesting_party": exchange.requesting_party,
            "requested_party": exchange.requested_party,
            "created_at": exchange.created_at,
        },
    )


def find_exchange(connection: Connection, exchange_id: str) -> Exchange | None:
    """The exchange with this id."""
    return _exchange(connection.execute(_FIND, {"exchange_id": exchange_id}).mappings().first())


def find_exchange_by_token(connection: Connection, token: str) -> Exchange | None:
    """The exchange whose token a Subject shows."""
    return _exchange(connection.execute(select(exchanges).where(exchanges.c.token == token)).mappings().first())


def find_exchanges_by_message_ids(connection: Connection, message_ids: Iterable[str]) -> Iterator[Exchange]:
    """The exchanges to which these Message-IDs belong, in their order."""
    for message_id in message_ids:
        exchange_id = connection.scalar(
            select(minted_message_ids.c.exchange).where(minted_message_ids.c.message_id == message_id)
        )
        exchange = find_exchange(connection, exchange_id) if exchange_id is not None else None
        if exchange is not None:
            yield exchange


def remember_message_id(connection: Connection, message_id: str, exchange_id: str, now: datetime) -> None:
    """Bind a Message-ID the gateway minted to its exchange."""
    connection.execute(_REMEMBER, {"message_id": message_id, "exchange": exchange_id, "minted_at": now})


def message_ids_of(connection: Connection, exchange_id: str) -> tuple[str, ...]:
    """The Message-IDs minted for an exchange, oldest first: both sides know them."""
    return tuple(connection.scalars(_MESSAGE_IDS, {"exchange_id": exchange_id}))


def _exchange(row: RowMapping | None) -> Exchange | None:
    return Exchange(**{**row, "mode": Mode(row["mode"])}) if row is not None else None
