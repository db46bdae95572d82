"""Competent authorities of the Parties, by Article of the Protocol. The caller owns the transaction.

Three states: designated, not designated (the Party said so), and not known (nothing here). Each notification takes
the place of the one before, which is kept with its last day.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from keyring_admin.administration_schema import authorities
from keyring_admin.directory_error import DirectoryError

ARTICLES = ("8.8", "20", "21", "22", "23", "24", "26", "27", "28", "29", "30")


@dataclass(frozen=True, slots=True)
class Authority:
    """One notification. designated: false, the Party has not designated one. governmental: declared to be of the State,
    neither of the tobacco industry nor on its behalf; None: nothing was declared. until: its last day; None: stands."""

    party: str
    article: str
    designated: bool
    since: date
    name: str | None = None
    contact_name: str | None = None
    contact_address: str | None = None
    contact_telephone: str | None = None
    governmental: bool | None = None
    until: date | None = None


def store_authority(connection: Connection, authority: Authority) -> None:
    """Keep a notification in place of the one before. Raises DirectoryError."""
    if authority.article not in ARTICLES:
        raise DirectoryError(f"expected an Article of the Protocol: {', '.join(ARTICLES)}")
    texts = (
        (authority.name, 200),
        (authority.contact_name, 100),
        (authority.contact_address, 254),
        (authority.contact_telephone, 40),
    )
    if any(text is not None and (not text.isprintable() or len(text) > limit) for text, limit in texts):
        raise DirectoryError("a name is at most 200 characters, a contact 100, an address 254, a telephone 40")
    if authority.designated and not authority.name:
        raise DirectoryError("name the authority, or say --not-designated")
    connection.execute(
        update(authorities)
        .where(
            authorities.c.party == authority.party,
            authorities.c.article == authority.article,
            authorities.c.until.is_(None),
        )
        .values(until=authority.since)
    )
    connection.execute(
        insert(authorities).values(
            party=authority.party,
            article=authority.article,
            designated=authority.designated,
            name=authority.name,
            contact_name=authority.contact_name,
            contact_address=authority.contact_address,
            contact_telephone=authority.contact_telephone,
            governmental=authority.governmental,
            since=authority.since,
            until=authority.until,
        )
    )


def authorities_of(connection: Connection, party: str | None, *, on: date) -> list[Authority]:
    """The notifications that stand on a day, of one Party or of all, in the order of Parties and Articles."""
    query = select(authorities).where(
        authorities.c.since <= on, or_(authorities.c.until.is_(None), authorities.c.until > on)
    )
    if party is not None:
        query = query.where(authorities.c.party == party)
    found = [_authority(row) for row in connection.execute(query).mappings()]
    return sorted(found, key=lambda one: (one.party, ARTICLES.index(one.article)))


def _authority(row: RowMapping) -> Authority:
    return Authority(
        party=row["party"],
        article=row["article"],
        designated=row["designated"],
        since=row["since"],
        name=row["name"],
        contact_name=row["contact_name"],
        contact_address=row["contact_address"],
        contact_telephone=row["contact_telephone"],
        governmental=row["governmental"],
        until=row["until"],
    )
