"""Administrators of Parties and of their regions. An administrator is an officer. The caller owns the transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from keyring_admin.administration_schema import administrator_domains, administrators


@dataclass(frozen=True, slots=True)
class Administration:
    """An appointment. region: None for the whole Party. domains: mail domains whose addresses may be certified."""

    id: int
    officer: int
    party: str
    region: str | None
    domains: tuple[str, ...]
    appointed_at: datetime
    ended_at: datetime | None


def administration_of(connection: Connection, officer_id: int) -> Administration | None:
    """The appointment of this officer that has not ended."""
    query = select(administrators).where(administrators.c.officer == officer_id, administrators.c.ended_at.is_(None))
    row = connection.execute(query).mappings().first()
    return _administration(connection, row) if row else None


def list_administrations(
    connection: Connection, *, party: str | None = None, ended: bool = False
) -> list[Administration]:
    """Appointments in the order in which they were made. ended: those that have ended too."""
    query = select(administrators).order_by(administrators.c.id)
    if party is not None:
        query = query.where(administrators.c.party == party)
    if not ended:
        query = query.where(administrators.c.ended_at.is_(None))
    return [_administration(connection, row) for row in connection.execute(query).mappings()]


def store_administration(
    connection: Connection, officer_id: int, *, party: str, region: str | None, domains: Iterable[str], now: datetime
) -> int:
    """Note an appointment, in place of an earlier one of this officer; return its id."""
    found = connection.scalar(select(administrators.c.id).where(administrators.c.officer == officer_id))
    values = {"party": party, "region": region, "appointed_at": now, "ended_at": None}
    if found is None:
        found = connection.execute(
            insert(administrators).values(officer=officer_id, **values).returning(administrators.c.id)
        ).scalar_one()
    else:
        connection.execute(update(administrators).where(administrators.c.id == found).values(**values))
    connection.execute(delete(administrator_domains).where(administrator_domains.c.administrator == found))
    connection.execute(
        insert(administrator_domains), [{"administrator": found, "domain": domain} for domain in domains]
    )
    return int(found)


def end_administration(connection: Connection, administration_id: int, *, now: datetime) -> None:
    """Note the end of an appointment."""
    connection.execute(update(administrators).where(administrators.c.id == administration_id).values(ended_at=now))


def _administration(connection: Connection, row: RowMapping) -> Administration:
    domains = connection.scalars(
        select(administrator_domains.c.domain)
        .where(administrator_domains.c.administrator == row["id"])
        .order_by(administrator_domains.c.domain)
    )
    return Administration(
        id=row["id"],
        officer=row["officer"],
        party=row["party"],
        region=row["region"],
        domains=tuple(domains),
        appointed_at=row["appointed_at"],
        ended_at=row["ended_at"],
    )
