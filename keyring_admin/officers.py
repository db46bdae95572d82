"""Officers in the directory: address, Party, roles, password, certificate. The caller owns the transaction."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, and_, insert, select, update

from keyring_admin.directory_error import DirectoryError
from keyring_admin.parties import require_party
from keyring_admin.schema import officers


class Role(StrEnum):
    """What an officer may do."""

    QUERY = "query"
    REPLY = "reply"
    REVIEW = "review"
    ADMINISTER = "administer"


class OfficerKind(StrEnum):
    """Who is behind the address."""

    PERSON = "person"
    MACHINE = "machine"  # an automated mailbox processor


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer: a person or a machine with an address in a domain of its Party."""

    id: int
    address: str
    party: str
    language: str
    roles: frozenset[Role]
    active: bool
    certificate: str | None  # fingerprint
    password_hash: str = field(repr=False)
    receipts: bool = False  # wants a receipt for every mail that reached the Party
    kind: OfficerKind = OfficerKind.PERSON
    enrolled: bool = True  # false: may only write to keys@
    person: int | None = None  # people.id
    previous_certificate: str | None = None  # fingerprint; accepted until `previous_until`
    previous_until: datetime | None = None
    tls_certificate: str | None = None  # SHA-256 of the public key in it, upper-case hex
    removed_at: datetime | None = None


def admit_officer(connection: Connection, officer: Officer) -> int:
    """Add an officer and return the new id. Raises DirectoryError if the address is taken or foreign."""
    former = find_officer(connection, officer.address)
    if former is not None:
        if former.removed_at is None:
            raise DirectoryError("an officer with this address is already admitted")
        raise DirectoryError("this address was another officer's: `gsp officers release` frees it after its quarantine")
    party = require_party(connection, officer.party)
    if officer.address.rpartition("@")[2] not in party.domains:
        raise DirectoryError(f"the address is not in a mail domain of Party {officer.party}")
    officer_id: int = connection.execute(
        insert(officers)
        .values(
            address=officer.address,
            party=officer.party,
            password_hash=officer.password_hash,
            language=officer.language,
            can_query=Role.QUERY in officer.roles,
            can_reply=Role.REPLY in officer.roles,
            can_review=Role.REVIEW in officer.roles,
            can_administer=Role.ADMINISTER in officer.roles,
            active=officer.active,
            certificate=officer.certificate,
            receipts=officer.receipts,
            kind=officer.kind.value,
            enrolled=officer.enrolled,
            person=officer.person,
            tls_certificate=officer.tls_certificate,
        )
        .returning(officers.c.id)
    ).scalar_one()
    return officer_id


def set_officer_active(connection: Connection, address: str, *, active: bool) -> None:
    """Suspend an officer, or let them in again. Raises DirectoryError if the address is unknown."""
    if connection.execute(update(officers).where(officers.c.address == address).values(active=active)).rowcount == 0:
        raise DirectoryError("no officer has this address; `gsp officers list` shows them")


def set_officer_password(connection: Connection, address: str, password_hash: str) -> None:
    """Replace an officer's password. Raises DirectoryError if the address is unknown."""
    changed = connection.execute(
        update(officers).where(officers.c.address == address).values(password_hash=password_hash)
    )
    if changed.rowcount == 0:
        raise DirectoryError("no officer has this address; `gsp officers list` shows them")


def set_officer_receipts(connection: Connection, address: str, *, receipts: bool) -> None:
    """Send an officer a receipt for every delivery, or none. Raises DirectoryError if the address is unknown."""
    changed = connection.execute(update(officers).where(officers.c.address == address).values(receipts=receipts))
    if changed.rowcount == 0:
        raise DirectoryError("no officer has this address; `gsp officers list` shows them")


def set_officer_roles(connection: Connection, officer_id: int, roles: frozenset[Role]) -> None:
    """Give an officer these roles and no others."""
    connection.execute(
        update(officers)
        .where(officers.c.id == officer_id)
        .values(
            can_query=Role.QUERY in roles,
            can_reply=Role.REPLY in roles,
            can_review=Role.REVIEW in roles,
            can_administer=Role.ADMINISTER in roles,
        )
    )


def set_officer_language(connection: Connection, officer_id: int, language: str) -> None:
    """The language the gateway writes to the officer in."""
    connection.execute(update(officers).where(officers.c.id == officer_id).values(language=language))


def set_officer_certificate(connection: Connection, officer_id: int, fingerprint: str | None) -> None:
    """The certificate the officer signs and reads with."""
    connection.execute(update(officers).where(officers.c.id == officer_id).values(certificate=fingerprint))


def set_certificates(connection: Connection, officer: Officer) -> None:
    """Store which certificate the officer has, and which one before it is still accepted, until when."""
    connection.execute(
        update(officers)
        .where(officers.c.id == officer.id)
        .values(
            certificate=officer.certificate,
            previous_certificate=officer.previous_certificate,
            previous_until=officer.previous_until,
        )
    )


def mark_removed(connection: Connection, officer_id: int, *, now: datetime) -> None:
    """The officer left: no access, no roles; the address stays taken."""
    connection.execute(
        update(officers)
        .where(officers.c.id == officer_id)
        .values(
            active=False,
            removed_at=now,
            can_query=False,
            can_reply=False,
            can_review=False,
            can_administer=False,
            tls_certificate=None,
            previous_certificate=None,
            previous_until=None,
        )
    )


def release_address(connection: Connection, officer_id: int) -> None:
    """Free the address of an officer who left. What refers to the officer goes on to, by the id."""
    connection.execute(
        update(officers).where(officers.c.id == officer_id).values(address=f"officer-{officer_id}@removed.invalid")
    )


def find_officer(connection: Connection, address: str) -> Officer | None:
    """The officer with this canonical address."""
    row = connection.execute(select(officers).where(officers.c.address == address)).mappings().first()
    return _officer(row) if row else None


def find_officer_by_id(connection: Connection, officer_id: int) -> Officer | None:
    """The officer with this id."""
    row = connection.execute(select(officers).where(officers.c.id == officer_id)).mappings().first()
    return _officer(row) if row else None


def find_officer_by_tls_key(connection: Connection, pin: str) -> Officer | None:
    """The machine that logs in with this TLS client key. pin: SHA-256 of its public key, upper-case hexadecimal."""
    machine = and_(officers.c.tls_certificate == pin, officers.c.kind == OfficerKind.MACHINE.value)
    row = connection.execute(select(officers).where(machine)).mappings().first()
    return _officer(row) if row else None


def list_officers(connection: Connection, *, party: str | None = None) -> list[Officer]:
    """All officers in the order of their addresses, or those of one Party."""
    query = select(officers).order_by(officers.c.address)
    if party is not None:
        query = query.where(officers.c.party == party)
    return [_officer(row) for row in connection.execute(query).mappings()]


def _officer(row: RowMapping) -> Officer:
    granted = (
        (Role.QUERY, row["can_query"]),
        (Role.REPLY, row["can_reply"]),
        (Role.REVIEW, row["can_review"]),
        (Role.ADMINISTER, row["can_administer"]),
    )
    return Officer(
        id=row["id"],
        address=row["address"],
        party=row["party"],
        language=row["language"],
        roles=frozenset(role for role, has in granted if has),
        active=row["active"],
        certificate=row["certificate"],
        password_hash=row["password_hash"],
        receipts=row["receipts"],
        kind=OfficerKind(row["kind"]),
        enrolled=row["enrolled"],
        person=row["person"],
        previous_certificate=row["previous_certificate"],
        previous_until=row["previous_until"],
        tls_certificate=row["tls_certificate"],
        removed_at=row["removed_at"],
    )
