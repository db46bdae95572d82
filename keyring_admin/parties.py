"""Parties in the directory: codes, names, dates of membership, mail domains. The caller owns the transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, delete, insert, select, update

from keyring_admin.administration_schema import administrator_domains, party_names
from keyring_admin.directory_error import DirectoryError
from keyring_admin.schema import officers, parties, party_domains

LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")  # of the United Nations, in the order of its documents


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
        add_party_domain(connection, party.code, domain)


def add_party_domain(connection: Connection, code: str, domain: str) -> None:
    """Give a Party a mail domain (canonical). Raises DirectoryError if it is taken."""
    owner = connection.scalar(select(party_domains.c.party).where(party_domains.c.domain == domain))
    if owner is not None:
        raise DirectoryError(f"mail domain {domain} already belongs to Party {owner}")
    connection.execute(insert(party_domains).values(domain=domain, party=code))


def remove_party_domain(connection: Connection, code: str, domain: str) -> None:
    """Take a mail domain from a Party, and from its administrators.

    Raises DirectoryError if it is not the Party's, is its last, or an officer still has an address in it.
    """
    domains = require_party(connection, code).domains
    if domain not in domains:
        raise DirectoryError(f"{domain} is no mail domain of Party {code}; `gsp parties show {code}` lists them")
    if len(domains) == 1:
        raise DirectoryError("the last mail domain of a Party stays; end its membership instead")
    ending = f"@{domain}"
    holders = select(officers.c.address).where(officers.c.party == code, officers.c.removed_at.is_(None))
    if any(address.endswith(ending) for address in connection.scalars(holders)):
        raise DirectoryError(f"officers still have addresses in {domain}: `gsp officers remove` them first")
    connection.execute(delete(administrator_domains).where(administrator_domains.c.domain == domain))
    connection.execute(delete(party_domains).where(party_domains.c.domain == domain))


def set_membership(connection: Connection, code: str, *, member_from: date, member_until: date | None) -> None:
    """Set the first day of membership, and the first day it no longer is one. Raises DirectoryError."""
    if member_until is not None and member_until < member_from:
        raise DirectoryError("a membership cannot end before it began")
    changed = connection.execute(
        update(parties).where(parties.c.code == code).values(member_from=member_from, member_until=member_until)
    )
    if changed.rowcount == 0:
        raise DirectoryError(f"no Party {code}; `gsp parties list` shows the codes")


def set_protection(connection: Connection, code: str, agreed_on: date | None) -> None:
    """Note since when the "mutually agreed" protection of confidentiality is; None: not any more."""
    connection.execute(update(parties).where(parties.c.code == code).values(protection_agreed_on=agreed_on))


def set_party_names(connection: Connection, code: str, names: Mapping[str, str]) -> None:
    """Set names by language; the English one is the Party's name in lists. Raises DirectoryError."""
    for language, name in names.items():
        if language not in LANGUAGES or not 0 < len(name) <= 100 or not name.isprintable():
            raise DirectoryError("expected names of at most 100 characters in ar, zh, en, fr, ru, es")
        connection.execute(delete(party_names).where(party_names.c.party == code, party_names.c.language == language))
        connection.execute(insert(party_names).values(party=code, language=language, name=name))
    if "en" in names:
        connection.execute(update(parties).where(parties.c.code == code).values(name=names["en"]))


def names_of_party(connection: Connection, code: str) -> dict[str, str]:
    """Its names by language, in the order of the languages; those that are known."""
    rows = connection.execute(select(party_names).where(party_names.c.party == code)).mappings()
    known = {row["language"]: row["name"] for row in rows}
    return {language: known[language] for language in LANGUAGES if language in known}


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
