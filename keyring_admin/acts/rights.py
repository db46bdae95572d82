"""Who may do what to the directory: one table of acts, and the standing of whoever acts.

The custodian alone does everything as long as no root is installed. After that, alone, only what takes access away,
what gives none, and what the chain has to certify anyway; for the rest, people sign (acts/proposals.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from keyring_admin.acts.actor import Actor, Approved
from keyring_admin.administration_schema import administrator_domains, administrators, root_certificates
from keyring_admin.certificate_store import Purpose, find_certificate
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import Role, find_officer_by_id
from keyring_admin.parties import find_party
from keyring_admin.people import find_person


class Act(StrEnum):
    """What the acts here are called, in the table and in the key log."""

    PARTY_ADMITTED = "party-admitted"
    PARTY_NAMED = "party-named"
    PARTY_SUSPENDED = "party-suspended"
    PARTY_RESUMED = "party-resumed"
    MEMBERSHIP_SHORTENED = "membership-shortened"
    MEMBERSHIP_EXTENDED = "membership-extended"
    DOMAIN_ADDED = "domain-added"
    DOMAIN_REMOVED = "domain-removed"
    PROTECTION_AGREED = "protection-agreed"
    AUTHORITY_NOTIFIED = "authority-notified"
    EXPERT_LISTED = "expert-listed"
    PERSON_ADMITTED = "person-admitted"
    PERSON_ENDED = "person-ended"
    ADMINISTRATOR_APPOINTED = "administrator-appointed"
    ADMINISTRATOR_ENDED = "administrator-ended"
    OFFICER_ADMITTED = "officer-admitted"
    OFFICER_SUSPENDED = "officer-suspended"
    OFFICER_RESUMED = "officer-resumed"
    OFFICER_REMOVED = "officer-removed"
    ROLES_NARROWED = "roles-narrowed"
    ROLES_WIDENED = "roles-widened"
    CERTIFICATE_REPLACED = "certificate-replaced"
    PASSWORD_ISSUED = "password-issued"  # noqa: S105 - the name of an act
    READING_ADMITTED = "reading-certificate-admitted"
    READING_REPLACED = "reading-certificate-replaced"
    READING_WITHDRAWN = "reading-certificate-withdrawn"
    ROOT_REPLACED = "root-replaced"


class Kind(StrEnum):
    """What somebody is, today."""

    CUSTODIAN = "custodian"
    GATEWAY = "gateway"
    SECRETARIAT = "secretariat"
    NATIONAL = "national administrator"
    REGIONAL = "regional administrator"
    NOBODY = "nobody"  # an officer, or somebody who was one of the above


class Alone(StrEnum):
    """What the custodian may do without anybody's signature."""

    ALWAYS = "always"
    WITHOUT_ROOT = "without-root"  # only as long as no root is installed


@dataclass(frozen=True, slots=True)
class Right:
    """custodian: what may be done alone. people: whose signature allows it. eyes: how many of them must sign.

    public_days: how long a proposal is public before it is done.
    """

    custodian: Alone
    people: frozenset[Kind]
    eyes: int = 1
    public_days: int = 0


_SECRETARIAT = frozenset({Kind.SECRETARIAT})
_PARTY = frozenset({Kind.SECRETARIAT, Kind.NATIONAL})
_OFFICERS = frozenset({Kind.NATIONAL, Kind.REGIONAL})

RIGHTS: Mapping[Act, Right] = {
    # Who is in, and since when: two people of the Secretariat.
    Act.PARTY_ADMITTED: Right(Alone.WITHOUT_ROOT, _SECRETARIAT, eyes=2),
    Act.ROOT_REPLACED: Right(Alone.WITHOUT_ROOT, _SECRETARIAT, eyes=2),
    Act.MEMBERSHIP_EXTENDED: Right(Alone.WITHOUT_ROOT, _SECRETARIAT),
    Act.DOMAIN_ADDED: Right(Alone.WITHOUT_ROOT, _SECRETARIAT),
    Act.PARTY_RESUMED: Right(Alone.WITHOUT_ROOT, _SECRETARIAT),
    # A Party's own affairs.
    Act.READING_REPLACED: Right(Alone.WITHOUT_ROOT, _PARTY, eyes=2, public_days=7),
    Act.PROTECTION_AGREED: Right(Alone.WITHOUT_ROOT, _PARTY),
    Act.ROLES_WIDENED: Right(Alone.WITHOUT_ROOT, _OFFICERS),
    Act.OFFICER_RESUMED: Right(Alone.WITHOUT_ROOT, _OFFICERS),
    # What the chain has to certify before it gives access.
    Act.PERSON_ADMITTED: Right(Alone.ALWAYS, frozenset()),
    Act.ADMINISTRATOR_APPOINTED: Right(Alone.ALWAYS, _PARTY),
    Act.OFFICER_ADMITTED: Right(Alone.ALWAYS, _OFFICERS),
    Act.CERTIFICATE_REPLACED: Right(Alone.ALWAYS, _OFFICERS),
    Act.READING_ADMITTED: Right(Alone.ALWAYS, frozenset({Kind.NATIONAL})),
    # What takes access away.
    Act.PARTY_SUSPENDED: Right(Alone.ALWAYS, _SECRETARIAT),
    Act.MEMBERSHIP_SHORTENED: Right(Alone.ALWAYS, _SECRETARIAT),
    Act.DOMAIN_REMOVED: Right(Alone.ALWAYS, _PARTY),
    Act.PERSON_ENDED: Right(Alone.ALWAYS, _SECRETARIAT),
    Act.ADMINISTRATOR_ENDED: Right(Alone.ALWAYS, _PARTY),
    Act.OFFICER_SUSPENDED: Right(Alone.ALWAYS, _OFFICERS),
    Act.OFFICER_REMOVED: Right(Alone.ALWAYS, _OFFICERS),
    Act.ROLES_NARROWED: Right(Alone.ALWAYS, _OFFICERS),
    Act.READING_WITHDRAWN: Right(Alone.ALWAYS, frozenset({Kind.NATIONAL})),
    # What gives none: sealed mail stays sealed.
    Act.PARTY_NAMED: Right(Alone.ALWAYS, _PARTY),
    Act.AUTHORITY_NOTIFIED: Right(Alone.ALWAYS, _PARTY),
    Act.EXPERT_LISTED: Right(Alone.ALWAYS, _PARTY),
    Act.PASSWORD_ISSUED: Right(Alone.ALWAYS, _OFFICERS),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the actor is. party: of an administrator. domains: those a regional administrator may act in."""

    kind: Kind
    party: str | None = None
    domains: frozenset[str] = frozenset()


class NotAllowedError(DirectoryError):
    """The actor may not do this, and nobody's signature under a proposal would help."""


class NeedsApprovalError(DirectoryError):
    """The custodian may not do this alone: a proposal that people sign may."""

    def __init__(self, act: Act) -> None:
        right = RIGHTS[act]
        signers = " or ".join(sorted(kind.value for kind in right.people))
        count = "one signature" if right.eyes == 1 else f"{right.eyes} signatures of different people"
        super().__init__(f"{act.value}: not by the custodian alone once a root is installed; needs {count}: {signers}")
        self.act = act


def root_installed(connection: Connection) -> bool:
    """Whether access is derived from a root."""
    return connection.scalar(select(root_certificates.c.fingerprint).limit(1)) is not None


def standing(connection: Connection, actor: Actor, now: datetime) -> Standing:
    """What the actor is at `now`: people only with a certificate that is theirs and in force."""
    if actor.person is None:
        return Standing(Kind.GATEWAY if actor.gateway else Kind.CUSTODIAN)
    certificate = find_certificate(connection, actor.certificate) if actor.certificate else None
    person = find_person(connection, actor.person)
    if certificate is None or person is None or not certificate.valid_at(now) or not person.in_office_at(now):
        return Standing(Kind.NOBODY)
    if certificate.person != person.id or certificate.party != person.party:
        return Standing(Kind.NOBODY)
    if person.party is None:
        return Standing(Kind.SECRETARIAT if certificate.purpose is Purpose.SECRETARIAT else Kind.NOBODY)
    party = find_party(connection, person.party)
    if party is None or not party.member_on(now.date()):
        return Standing(Kind.NOBODY)
    return _administrator(connection, certificate.fingerprint, person.party)


def require_right(
    connection: Connection,
    actor: Actor,
    act: Act,
    *,
    now: datetime,
    party: str | None = None,
    domain: str | None = None,
    alone: bool = False,
) -> None:
    """Return if the actor may do the act to this Party, to an address in this mail domain.

    alone: the custodian may do it in this case although the table asks for people.
    Raises NeedsApprovalError, or NotAllowedError.
    """
    right = RIGHTS[act]
    if isinstance(actor, Approved) and actor.act == act.value:
        return
    own = standing(connection, actor, now)
    if own.kind is Kind.CUSTODIAN:
        if alone or right.custodian is Alone.ALWAYS or not root_installed(connection):
            return
        raise NeedsApprovalError(act)
    if right.eyes > 1 or not eligible(own, act, party=party, domain=domain):
        raise NotAllowedError("this is not yours to change: another Party's, outside of your region, or not your role")


def eligible(own: Standing, act: Act, *, party: str | None, domain: str | None) -> bool:
    """Whether this person's signature counts for the act. An administrator never acts for another Party (KEY-22)."""
    if own.kind not in RIGHTS[act].people:
        return False
    if own.kind is Kind.SECRETARIAT:
        return True
    if party is None or own.party != party:
        return False
    return own.kind is Kind.NATIONAL or (domain is not None and domain in own.domains)


def _administrator(connection: Connection, fingerprint: str, party: str) -> Standing:
    query = select(administrators).where(administrators.c.party == party, administrators.c.ended_at.is_(None))
    for row in connection.execute(query).mappings():
        officer = find_officer_by_id(connection, row["officer"])
        if officer is None or officer.certificate != fingerprint:
            continue
        if not officer.active or officer.removed_at is not None or Role.ADMINISTER not in officer.roles:
            continue
        domains = connection.scalars(
            select(administrator_domains.c.domain).where(administrator_domains.c.administrator == row["id"])
        )
        kind = Kind.NATIONAL if row["region"] is None else Kind.REGIONAL
        return Standing(kind, party, frozenset(domains))
    return Standing(Kind.NOBODY)
