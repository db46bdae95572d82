"""People: who stands behind certificates. Four eyes are two people, not two keys. The caller owns the transaction."""

from dataclasses import dataclass
from datetime import datetime

import pysequoia
from sqlalchemy import Connection, RowMapping, func, insert, or_, select, update

from keyring_admin.administration_schema import people
from keyring_admin.certificate_store import Certificate, find_certificate
from keyring_admin.directory_error import DirectoryError
from keyring_admin.schema import certificates, officers


@dataclass(frozen=True, slots=True)
class Person:
    """party: None for a person of the Secretariat. until: None while in office."""

    id: int
    party: str | None
    name: str
    since: datetime
    until: datetime | None = None

    def in_office_at(self, now: datetime) -> bool:
        """Whether the person may still act at `now`."""
        return self.until is None or now < self.until


def add_person(connection: Connection, name: str, *, party: str | None, now: datetime) -> int:
    """Add a person and return the new id."""
    person_id: int = connection.execute(
        insert(people).values(party=party, name=name, since=now).returning(people.c.id)
    ).scalar_one()
    return person_id


def person_for(connection: Connection, name: str, *, party: str | None, now: datetime) -> int:
    """The person of this name in this Party (None: the Secretariat), added if there is none.

    Two people of one name are taken for one: that can only cost a pair of eyes, never make one. What the database
    takes for another spelling, `same_human` finds.
    """
    alike = or_(people.c.name == name, func.lower(people.c.name) == name.lower())
    query = select(people).where(people.c.party.is_not_distinct_from(party), alike).order_by(people.c.id)
    for row in connection.execute(query).mappings():
        if _person(row).in_office_at(now):
            return int(row["id"])
    return add_person(connection, name, party=party, now=now)


def end_person(connection: Connection, person_id: int, *, now: datetime) -> None:
    """The person left office. Raises DirectoryError if there is no such person in office."""
    changed = connection.execute(
        update(people).where(people.c.id == person_id, people.c.until.is_(None)).values(until=now)
    )
    if changed.rowcount == 0:
        raise DirectoryError("no person in office has this number; `gsp people list` shows them")


def hold_certificate(connection: Connection, fingerprint: str, person_id: int | None) -> None:
    """Say who holds a certificate."""
    connection.execute(update(certificates).where(certificates.c.fingerprint == fingerprint).values(person=person_id))


def find_person(connection: Connection, person_id: int) -> Person | None:
    """The person with this number."""
    row = connection.execute(select(people).where(people.c.id == person_id)).mappings().first()
    return _person(row) if row else None


def list_people(connection: Connection, *, party: str | None = None) -> list[Person]:
    """All people, or those of one Party and of the Secretariat, in the order in which they came."""
    query = select(people).order_by(people.c.id)
    if party is not None:
        query = query.where(or_(people.c.party == party, people.c.party.is_(None)))
    return [_person(row) for row in connection.execute(query).mappings()]


def certificates_of(connection: Connection, person_id: int) -> list[Certificate]:
    """Every certificate the person ever held here."""
    held = connection.scalars(
        select(certificates.c.fingerprint)
        .where(certificates.c.person == person_id)
        .order_by(certificates.c.admitted_at, certificates.c.fingerprint)
    )
    return [found for fingerprint in held if (found := find_certificate(connection, fingerprint)) is not None]


def same_human(connection: Connection, one: int, other: int) -> bool:
    """Whether two persons may be one human: one number, one name, or one address on their certificates (KEY-23)."""
    return one == other or bool(_marks(connection, one) & _marks(connection, other))


def name_on(certificate: bytes) -> str:
    """The name in the first User ID that holds one; the part before the `@` where none does."""
    user_ids = [str(user_id) for user_id in pysequoia.Cert.from_bytes(certificate).user_ids]
    for user_id in user_ids:
        name = " ".join(user_id.partition("<")[0].split())
        if name and "@" not in name:
            return name[:100]
    return user_ids[0].strip("<> ").partition("@")[0][:100] if user_ids else "?"


def folded(text: str) -> str:
    """A name or an address as people compare it: case and spacing set aside."""
    return " ".join(text.casefold().split())


def _marks(connection: Connection, person_id: int) -> frozenset[str]:
    person = find_person(connection, person_id)
    marks = {folded(person.name)} if person is not None else set()
    marks |= set(connection.scalars(select(officers.c.address).where(officers.c.person == person_id)))
    for certificate in certificates_of(connection, person_id):
        for user_id in map(str, pysequoia.Cert.from_bytes(certificate.octets).user_ids):
            name, _, rest = user_id.partition("<")
            marks |= {folded(part) for part in (name, rest.partition(">")[0]) if part.strip()}
    return frozenset(marks)


def _person(row: RowMapping) -> Person:
    return Person(id=row["id"], party=row["party"], name=row["name"], since=row["since"], until=row["until"])
