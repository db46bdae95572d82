"""Parties in the directory: codes, names, dates of membership, mail domains. The caller owns the transaction."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select, update

from keyring_admin.directory_error import DirectoryError
from keyring_admin.schema import parties, party_domains


@dataclass(frozen=True, slots=True)
class Party:
    """A Party, with its dates of membership and the mail domains of its officers."""

    code: str
    name: str
    member_from: date
    member_until: date | None
    active: bool
    domains: tuple[str, ...] = ()
    protection_agreed_on: date | None = None  # mutually agreed protection of confidentiality, if it was told

    @property
    def mailbox(self) -> str:
        """The local part of the Party's address at the gateway's domain."""
        return self.code.lower()

    def member_on(self, day: date) -> bool:
        """Whether the Party is active here and a member of the Protocol on `day`."""
        return self.active and self.member_from <= day and (self.member_until is None or day < self.member_until)


def admit_party(connection: Connection, party: Party) -> None:
    """Add a Party. Raises DirectoryError if its code or one of its domains is taken."""
    if find_party(connection, party.code) is not None:
        raise DirectoryError(f"Party {party.code} is already admitted")
    connection.execute(
        insert(parties).values(
            code=party.code,
            name=party.name,
            member_from=party.member_from,
            member_until=party.member_until,
            active=party.active,
            protection_agreed_on=party.protection_agreed_on,
        )
    )
    for domain in party.domains:
        owner = connection.scalar(select(party_domains.c.party).where(party_domains.c.domain == domain))
        if owner is not None:
            raise DirectoryError(f"mail domain {domain} already belongs to Party {owner}")
        connection.execute(insert(party_domains).values(domain=domain, party=party.code))


def set_party_active(connection: Connection, code: str, *, active: bool) -> None:
    """Suspend a Party, or let it in again. Raises DirectoryError if it is unknown."""
    if connection.execute(update(parties).where(parties.c.code == code).values(active=active)).rowcount == 0:
        raise DirectoryError(f"no Party {code}; `gsp parties list` shows the codes")


def find_party(connection: Connection, code: str) -> Party | None:
    """The Party with this code."""
    found = list_parties(connection, code=code)
    return found[0] if found else None


def require_party(connection: Connection, code: str) -> Party:
    """The Party with this code. Raises DirectoryError if it is unknown."""
    party = find_party(connection, code)
    if party is None:
        raise DirectoryError(f"no Party {code}; `gsp parties list` shows the codes")
    return party


def list_parties(connection: Connection, *, code: str | None = None) -> list[Party]:
    """All Parties in the order of their codes, or the one with this code."""
    query = select(parties).order_by(parties.c.code)
    domain_query = select(party_domains).order_by(party_domains.c.domain)
    if code is not None:
        query = query.where(parties.c.code == code)
        domain_query = domain_query.where(party_domains.c.party == code)
    domains: dict[str, list[str]] = {}
    for row in connection.execute(domain_query).mappings():
        domains.setdefault(row["party"], []).append(row["domain"])
    return [Party(**row, domains=tuple(domains.get(row["code"], ()))) for row in connection.execute(query).mappings()]
