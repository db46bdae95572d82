"""Acts on officers: admit, suspend and let in again, roles, password, removal and release of the address.

Each checks the actor's right, changes the directory, writes the key log, derives access. All raise DirectoryError.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from keyring_admin.acts.actor import Actor
from keyring_admin.acts.deriving import derive_again
from keyring_admin.acts.parties import suspended_by_custodian
from keyring_admin.acts.recording import record_act
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.acts.rotation import open_rotation
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.addresses import canonical_address, domain_of
from keyring_admin.administrators import administration_of
from keyring_admin.certificate_store import Purpose, admit_certificate, find_certificate, withdraw_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import (
    Officer,
    OfficerKind,
    Role,
    find_officer,
    mark_removed,
    release_address,
    set_officer_active,
    set_officer_password,
    set_officer_roles,
)
from keyring_admin.officers import admit_officer as store_officer
from keyring_admin.parties import require_party
from keyring_admin.people import certificates_of, end_person, find_person, hold_certificate, name_on, person_for

READING_ROLES = frozenset({Role.QUERY, Role.REPLY, Role.REVIEW})  # who has one holds the Party's reading key


@dataclass(frozen=True, slots=True)
class Admission:
    """Who is to be admitted. certificate: as it came. person: people.id, if this human is here already."""

    address: str
    party: str
    certificate: bytes = field(repr=False)
    password_hash: str = field(repr=False)
    roles: frozenset[Role]
    language: str = "en"
    receipts: bool = False
    kind: OfficerKind = OfficerKind.PERSON
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """What an officer's leaving brings with it. rotate: fingerprints of reading certificates that have to go."""

    officer: Officer
    rotate: tuple[str, ...]
    rotate_until: datetime | None


def admit_officer(
    connection: Connection, actor: Actor, admission: Admission, *, rules: DirectoryRules, now: datetime
) -> Officer:
    """Admit an officer; with a root, the chain decides whether the certificate gives access.

    Raises CertificateError or AddressError too.
    """
    address = canonical_address(admission.address, special_use_domains=rules.special_use_domains)
    party = require_party(connection, admission.party)
    require_right(connection, actor, Act.OFFICER_ADMITTED, now=now, party=party.code, domain=domain_of(address))
    if Role.ADMINISTER in admission.roles:
        require_right(connection, actor, Act.ADMINISTRATOR_APPOINTED, now=now, party=party.code)
    facts = examine_certificate(admission.certificate, address, now=now, special_use_domains=rules.special_use_domains)
    admit_certificate(connection, facts, purpose=Purpose.OFFICER, party=party.code, now=now)
    person = _person_behind(connection, admission, facts.octets, now)
    hold_certificate(connection, facts.fingerprint, person)
    officer = Officer(
        id=0,
        address=address,
        party=party.code,
        language=admission.language,
        roles=admission.roles,
        active=True,
        certificate=facts.fingerprint,
        password_hash=admission.password_hash,
        receipts=admission.receipts,
        kind=admission.kind,
        person=person,
    )
    officer = replace(officer, id=store_officer(connection, officer))
    _record(connection, Act.OFFICER_ADMITTED, actor, officer, now, roles=True)
    derive_again(connection, rules, now=now, certificate=facts.fingerprint)
    return officer


def suspend_officer(connection: Connection, actor: Actor, address: str, *, now: datetime) -> Officer:
    """Refuse an officer at once. The caller ends open sessions."""
    officer = require_officer(connection, address)
    _require(connection, actor, Act.OFFICER_SUSPENDED, officer, now)
    set_officer_active(connection, officer.address, active=False)
    _record(connection, Act.OFFICER_SUSPENDED, actor, officer, now)
    return officer


def resume_officer(
    connection: Connection, actor: Actor, address: str, *, rules: DirectoryRules, now: datetime
) -> Officer:
    """Let a suspended officer in again. The custodian alone only whom the custodian suspended."""
    officer = require_officer(connection, address)
    own = suspended_by_custodian(connection, Act.OFFICER_SUSPENDED, party=officer.party, subject=officer.certificate)
    _require(connection, actor, Act.OFFICER_RESUMED, officer, now, alone=own)
    set_officer_active(connection, officer.address, active=True)
    _record(connection, Act.OFFICER_RESUMED, actor, officer, now)
    if officer.certificate is not None:
        derive_again(connection, rules, now=now, certificate=officer.certificate)
    return officer


def change_roles(
    connection: Connection, actor: Actor, address: str, roles: frozenset[Role], *, now: datetime
) -> Officer:
    """Give an officer these roles. More than before needs an administrator; `administer` goes by appointment only."""
    officer = require_officer(connection, address)
    if (Role.ADMINISTER in roles) != (Role.ADMINISTER in officer.roles):
        raise DirectoryError("the role administer is given and taken by `gsp administrators appoint` and `end`")
    act = Act.ROLES_NARROWED if roles <= officer.roles else Act.ROLES_WIDENED
    _require(connection, actor, act, officer, now)
    set_officer_roles(connection, officer.id, roles)
    changed = replace(officer, roles=roles)
    _record(connection, act, actor, changed, now, roles=True)
    return changed


def issue_password(connection: Connection, actor: Actor, address: str, password_hash: str, *, now: datetime) -> Officer:
    """Replace an officer's password; it never reaches the log. The caller ends open sessions."""
    officer = require_officer(connection, address)
    _require(connection, actor, Act.PASSWORD_ISSUED, officer, now)
    set_officer_password(connection, officer.address, password_hash)
    _record(connection, Act.PASSWORD_ISSUED, actor, officer, now)
    return officer


def remove_officer(
    connection: Connection, actor: Actor, address: str, *, rules: DirectoryRules, now: datetime
) -> Removal:
    """An officer leaves for good: no access, certificate withdrawn, the address in quarantine (KEY-27), and whoever
    had a role knew the Party's reading key: its rotation is due. The caller ends sessions and empties the mailbox."""
    officer = require_officer(connection, address)
    _require(connection, actor, Act.OFFICER_REMOVED, officer, now)
    if administration_of(connection, officer.id) is not None:
        raise DirectoryError("this officer is an administrator: `gsp administrators end` first")
    for fingerprint in {officer.certificate, officer.previous_certificate} - {None}:
        held = find_certificate(connection, str(fingerprint))
        if held is not None and held.withdrawn_at is None:
            withdraw_certificate(connection, held.fingerprint, now=now)
    mark_removed(connection, officer.id, now=now)
    _end_person(connection, officer, now)
    due = now + rules.rotation
    rotate: tuple[str, ...] = ()
    if officer.roles & READING_ROLES:
        rotate = open_rotation(connection, officer.party, reason="officer-removed", due_at=due, now=now)
    _record(connection, Act.OFFICER_REMOVED, actor, officer, now, rotate=rotate)
    if officer.certificate is not None:
        derive_again(connection, rules, now=now, certificate=officer.certificate)
    return Removal(officer, rotate, due if rotate else None)


def release_officer_address(
    connection: Connection, actor: Actor, address: str, *, mailbox_emptied: bool, rules: DirectoryRules, now: datetime
) -> None:
    """Let the address of an officer who left be admitted again, after its quarantine (KEY-27).

    mailbox_emptied: whether nothing of the former holder's mail is left; a new holder never sees it.
    """
    officer = find_officer(connection, address)
    if officer is None or officer.removed_at is None:
        raise DirectoryError("no officer who left had this address; `gsp officers list --removed` shows them")
    _require(connection, actor, Act.OFFICER_ADMITTED, officer, now)
    free_from = officer.removed_at + rules.quarantine
    if now < free_from:
        raise DirectoryError(f"this address is in quarantine until {free_from:%Y-%m-%d}: its mail was another person's")
    if not mailbox_emptied:
        raise DirectoryError(
            "the former holder's mailbox still has mail: empty it first; see `gsp officers release --help`"
        )
    release_address(connection, officer.id)


def require_officer(connection: Connection, address: str) -> Officer:
    """The officer with this canonical address who has not left. Raises DirectoryError."""
    officer = find_officer(connection, address)
    if officer is None or officer.removed_at is not None:
        raise DirectoryError("no officer has this address; `gsp officers list` shows them")
    return officer


def address_digest(address: str) -> str:
    """What the key log has of an address: SHA-256 of its canonical spelling, lower-case hex."""
    return hashlib.sha256(address.encode("ascii")).hexdigest()


def _person_behind(connection: Connection, admission: Admission, certificate: bytes, now: datetime) -> int | None:
    """A machine is nobody: it is no pair of eyes."""
    if admission.kind is OfficerKind.MACHINE:
        return None
    if admission.person is None:
        return person_for(connection, name_on(certificate), party=admission.party, now=now)
    person = find_person(connection, admission.person)
    if person is None or person.party != admission.party or not person.in_office_at(now):
        raise DirectoryError("no person of this Party has this number; `gsp people list` shows them")
    return person.id


def _end_person(connection: Connection, officer: Officer, now: datetime) -> None:
    if officer.person is None:
        return
    person = find_person(connection, officer.person)
    others = [held for held in certificates_of(connection, officer.person) if held.withdrawn_at is None]
    if person is not None and person.until is None and not others:
        end_person(connection, person.id, now=now)


def _require(
    connection: Connection, actor: Actor, act: Act, officer: Officer, now: datetime, *, alone: bool = False
) -> None:
    domain = domain_of(officer.address)
    require_right(connection, actor, act, now=now, party=officer.party, domain=domain, alone=alone)


def _record(
    connection: Connection,
    act: Act,
    actor: Actor,
    officer: Officer,
    now: datetime,
    *,
    roles: bool = False,
    rotate: tuple[str, ...] = (),
) -> None:
    record_act(
        connection,
        act,
        actor,
        now=now,
        party=officer.party,
        subject=officer.certificate,
        details={
            "officer": officer.id,
            "address-sha256": address_digest(officer.address),
            "kind": officer.kind.value if roles else None,
            "roles": sorted(role.value for role in officer.roles) if roles else None,
            "person": officer.person if roles else None,
            "rotate": list(rotate) if rotate else None,
        },
    )
