"""The register of experts that Parties, or the Secretariat, have named. The caller owns the transaction."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, or_, select, update

from keyring_admin.administration_schema import experts
from keyring_admin.directory_error import DirectoryError
from keyring_admin.parties import LANGUAGES


@dataclass(frozen=True, slots=True)
class Expert:
    """party: None where the Secretariat named the expert. languages: codes. until: the first day no longer listed."""

    id: int
    party: str | None
    name: str
    field: str
    languages: tuple[str, ...]
    contact_address: str | None
    since: date
    until: date | None = None


def store_expert(connection: Connection, expert: Expert) -> int:
    """Add an expert to the register; return the number. Raises DirectoryError."""
    if not 0 < len(expert.name) <= 100 or not 0 < len(expert.field) <= 200:
        raise DirectoryError("expected a name of at most 100 characters and a field of at most 200")
    if not (expert.name.isprintable() and expert.field.isprintable()):
        raise DirectoryError("a name or a field holds a control character")
    if not expert.languages or any(language not in LANGUAGES for language in expert.languages):
        raise DirectoryError(f"expected languages out of {', '.join(LANGUAGES)}")
    number: int = connection.execute(
        insert(experts)
        .values(
            party=expert.party,
            name=expert.name,
            field=expert.field,
            languages=" ".join(expert.languages),
            contact_address=expert.contact_address,
            since=expert.since,
        )
        .returning(experts.c.id)
    ).scalar_one()
    return number


def end_expert(connection: Connection, number: int, *, on: date) -> None:
    """Take an expert off the register from a day on. Raises DirectoryError."""
    changed = connection.execute(
        update(experts).where(experts.c.id == number, experts.c.until.is_(None)).values(until=on)
    )
    if changed.rowcount == 0:
        raise DirectoryError("no expert on the register has this number; `gsp experts list` shows them")


def list_experts(connection: Connection, *, on: date) -> list[Expert]:
    """The register on a day."""
    query = select(experts).where(experts.c.since <= on, or_(experts.c.until.is_(None), experts.c.until > on))
    rows = connection.execute(query.order_by(experts.c.name, experts.c.id)).mappings()
    return [
        Expert(
            id=row["id"],
            party=row["party"],
            name=row["name"],
            field=row["field"],
            languages=tuple(row["languages"].split()),
            contact_address=row["contact_address"],
            since=row["since"],
            until=row["until"],
        )
        for row in rows
    ]
