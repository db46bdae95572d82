"""Acts of enrolment: invite, take a certificate, have it proved, approve or reject; and replacement, which ends alike.

An invited account may only write to `keys@` until its certificate is approved. Each act checks who acts and writes the
key log, where something changes that others rely on. All raise DirectoryError.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, update

from forms.identifiers import new_identifier
from keyring_admin.acts.actor import Actor
from keyring_admin.acts.deriving import derive_again
from keyring_admin.acts.enrolment_error import EnrolmentError, EnrolmentRefusal
from keyring_admin.acts.officers import address_digest
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.addresses import canonical_address, domain_of
from keyring_admin.administrators import list_administrations
from keyring_admin.certificate_store import Purpose, admit_certificate, find_certificate
from keyring_admin.certificates import CertificateFacts, examine_certificate, merged
from keyring_admin.directory_error import DirectoryError
from keyring_admin.enrolments import (
    CHALLENGE_LIFE,
    Enrolment,
    EnrolmentState,
    close_enrolment,
    find_enrolment,
    mark_proved,
    open_enrolment,
    open_enrolment_of,
    store_certificate,
)
from keyring_admin.key_log.chain import Detail
from keyring_admin.key_log.log import record
from keyring_admin.officers import (
    Officer,
    OfficerKind,
    Role,
    find_officer,
    find_officer_by_id,
    set_officer_password,
)
from keyring_admin.officers import admit_officer as store_officer
from keyring_admin.parties import require_party
from keyring_admin.people import hold_certificate, name_on, person_for
from keyring_admin.schema import officers


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is invited. code_sha256: empty if the code is made later, with the notice that names it."""

    address: str
    party: str
    roles: frozenset[Role]
    password_hash: str = field(repr=False)
    code_sha256: str = field(default="", repr=False)
    language: str = "en"
    kind: OfficerKind = OfficerKind.PERSON


@dataclass(frozen=True, slots=True)
class Approval:
    """What was approved. officer: as it is now. replaced: fingerprint of the certificate accepted until `until`."""

    officer: Officer
    fingerprint: str
    replaced: str | None
    until: datetime | None


def sha256_of(secret: str) -> str:
    """What is kept of a code or a challenge: 79 random bits or more, so that a plain hash is enough."""
    return hashlib.sha256(secret.strip().lower().encode()).hexdigest()


def invite(
    connection: Connection, actor: Actor, invitation: Invitation, *, rules: DirectoryRules, now: datetime
) -> Enrolment:
    """Make an account that may only write to `keys@`, or one again whose certificate is no longer in force (KEY-04).

    Raises AddressError too.
    """
    address = canonical_address(invitation.address, special_use_domains=rules.special_use_domains)
    party = require_party(connection, invitation.party)
    require_right(connection, actor, Act.OFFICER_ADMITTED, now=now, party=party.code, domain=domain_of(address))
    if Role.ADMINISTER in invitation.roles:
        raise EnrolmentError(EnrolmentRefusal.ROLE)
    officer = find_officer(connection, address)
    if officer is not None and officer.removed_at is None:
        if officer.party != party.code:
            raise DirectoryError("an officer of another Party has this address")
        held = find_certificate(connection, officer.certificate) if officer.certificate else None
        if officer.enrolled and held is not None and held.valid_at(now):
            raise EnrolmentError(EnrolmentRefusal.IN_FORCE)
        connection.execute(
            update(officers)
            .where(officers.c.id == officer.id)
            .values(enrolled=False, password_hash=invitation.password_hash)
        )
        officer_id = officer.id
    else:
        officer_id = store_officer(connection, _invited(invitation, address, party.code))
    enrolment = Enrolment(
        id=new_identifier(),
        officer=officer_id,
        state=EnrolmentState.ISSUED,
        code_sha256=invitation.code_sha256,
        issued_by=actor.person,
        issued_at=now,
        expires_at=now + rules.enrolment_life,
    )
    open_enrolment(connection, enrolment)
    record(
        connection,
        "officer-invited",
        actor,
        now=now,
        party=party.code,
        details={
            "officer": officer_id,
            "address-sha256": address_digest(address),
            "roles": sorted(role.value for role in invitation.roles),
            "kind": invitation.kind.value,
        },
    )
    return enrolment


def offer_certificate(
    connection: Connection, officer: Officer, code: str, facts: CertificateFacts, *, now: datetime
) -> Enrolment:
    """A certificate came with a code. facts: examined for the officer's address.

    The caller counts a wrong answer. Whoever holds the certificate is challenged next.
    """
    if officer.enrolled:
        raise EnrolmentError(EnrolmentRefusal.ENROLLED)
    enrolment = open_enrolment_of(connection, officer.id)
    if enrolment is None or not enrolment.open_at(now) or enrolment.state is EnrolmentState.PROVED:
        raise EnrolmentError(EnrolmentRefusal.NOT_INVITED)
    if not hmac.compare_digest(enrolment.code_sha256, sha256_of(code)):
        raise EnrolmentError(EnrolmentRefusal.WRONG_CODE)
    store_certificate(connection, enrolment.id, facts.octets, facts.fingerprint)
    return enrolment


def begin_replacement(
    connection: Connection, officer: Officer, facts: CertificateFacts, *, rules: DirectoryRules, now: datetime
) -> Enrolment:
    """A request signed with the certificate in force brings another one. Its holder is challenged next (KEY-04)."""
    if not officer.enrolled or facts.fingerprint == officer.certificate:
        raise EnrolmentError(EnrolmentRefusal.UNKNOWN_CERTIFICATE)
    if find_certificate(connection, facts.fingerprint) is not None:
        raise DirectoryError("this certificate is already in the directory")
    enrolment = Enrolment(
        id=new_identifier(),
        officer=officer.id,
        state=EnrolmentState.CHALLENGED,
        code_sha256="",
        issued_by=officer.person,
        issued_at=now,
        expires_at=now + rules.enrolment_life,
        certificate=facts.octets,
        fingerprint=facts.fingerprint,
    )
    open_enrolment(connection, enrolment)
    return enrolment


def prove_possession(
    connection: Connection,
    officer: Officer,
    enrolment_id: str,
    challenge: str,
    password_hash: str | None,
    *,
    now: datetime,
) -> Enrolment:
    """The challenge was decrypted and answered, signed with the certificate (KEY-02): administrators may decide now.

    password_hash: of the officer's own password, which replaces the one-time password. The caller has checked the
    signature, and counts a wrong answer. For this account only (KEY-03).
    """
    enrolment = find_enrolment(connection, enrolment_id)
    if enrolment is None or enrolment.officer != officer.id or not enrolment.open_at(now):
        raise EnrolmentError(EnrolmentRefusal.NO_CHALLENGE)
    if enrolment.challenge_sha256 is None or enrolment.challenged_at is None:
        raise EnrolmentError(EnrolmentRefusal.NO_CHALLENGE)
    if now >= enrolment.challenged_at + CHALLENGE_LIFE:
        raise EnrolmentError(EnrolmentRefusal.NO_CHALLENGE)
    if not hmac.compare_digest(enrolment.challenge_sha256, sha256_of(challenge)):
        raise EnrolmentError(EnrolmentRefusal.WRONG_CHALLENGE)
    if password_hash is not None:
        set_officer_password(connection, officer.address, password_hash)
    elif not officer.enrolled:
        raise EnrolmentError(EnrolmentRefusal.PASSWORD_NEEDED)
    mark_proved(connection, enrolment.id, now=now)
    return enrolment


def approve_enrolment(
    connection: Connection,
    actor: Actor,
    enrolment_id: str,
    fingerprint: str,
    certificate: bytes | None,
    *,
    rules: DirectoryRules,
    now: datetime,
) -> Approval:
    """The certificate is admitted. certificate: the same with the administrator's certification.

    With a root, the chain has to hold with it; without one, the signed approval is enough. Raises CertificateError too.
    """
    enrolment, officer = _waiting(connection, actor, enrolment_id, fingerprint, now)
    if officer.enrolled and actor.person is not None and actor.person == officer.person:
        raise EnrolmentError(EnrolmentRefusal.OWN_CERTIFICATE)
    octets = _certified(enrolment, certificate)
    facts = examine_certificate(octets, officer.address, now=now, special_use_domains=rules.special_use_domains)
    admit_certificate(connection, facts, purpose=Purpose.OFFICER, party=officer.party, now=now)
    person = officer.person
    if person is None and officer.kind is OfficerKind.PERSON:
        person = person_for(connection, name_on(facts.octets), party=officer.party, now=now)
    hold_certificate(connection, facts.fingerprint, person)
    replaced = officer.certificate if officer.enrolled else None
    until = now + rules.overlap if replaced is not None else None
    connection.execute(
        update(officers)
        .where(officers.c.id == officer.id)
        .values(
            certificate=facts.fingerprint,
            enrolled=True,
            person=person,
            previous_certificate=replaced,
            previous_until=until,
        )
    )
    close_enrolment(connection, enrolment.id, EnrolmentState.APPROVED, now=now)
    derive_again(connection, rules, now=now, certificate=facts.fingerprint)
    admitted, changed = find_certificate(connection, facts.fingerprint), find_officer_by_id(connection, officer.id)
    if admitted is None or changed is None or not admitted.valid_at(now):
        raise EnrolmentError(EnrolmentRefusal.NOT_CERTIFIED)
    record(
        connection,
        "certificate-replaced" if replaced is not None else Act.OFFICER_ADMITTED.value,
        actor,
        now=now,
        party=officer.party,
        subject=facts.fingerprint,
        details={
            "officer": officer.id,
            "address-sha256": address_digest(officer.address),
            "kind": officer.kind.value,
            "roles": sorted(role.value for role in officer.roles),
            "person": person,
            "enrolment": enrolment.id,
            "replaces": replaced,
        },
    )
    return Approval(changed, facts.fingerprint, replaced, until)


def reject_enrolment(
    connection: Connection, actor: Actor, enrolment_id: str, fingerprint: str, *, now: datetime
) -> Officer:
    """The certificate is not admitted; the officer keeps what was before."""
    enrolment, officer = _waiting(connection, actor, enrolment_id, fingerprint, now)
    close_enrolment(connection, enrolment.id, EnrolmentState.REJECTED, now=now)
    details: dict[str, Detail] = {
        "officer": officer.id,
        "address-sha256": address_digest(officer.address),
        "enrolment": enrolment.id,
    }
    record(connection, "enrolment-rejected", actor, now=now, party=officer.party, subject=fingerprint, details=details)
    return officer


def responsible_administrators(connection: Connection, officer: Officer, now: datetime) -> list[Officer]:
    """The administrators in force who may decide about this officer: of the Party, or of a region with the domain."""
    found: list[Officer] = []
    for administration in list_administrations(connection, party=officer.party):
        if administration.region is not None and domain_of(officer.address) not in administration.domains:
            continue
        administrator = find_officer_by_id(connection, administration.officer)
        if administrator is None or not administrator.active or Role.ADMINISTER not in administrator.roles:
            continue
        held = find_certificate(connection, administrator.certificate) if administrator.certificate else None
        if administrator.removed_at is None and administrator.enrolled and held is not None and held.valid_at(now):
            found.append(administrator)
    return found


def _invited(invitation: Invitation, address: str, party: str) -> Officer:
    return Officer(
        id=0,
        address=address,
        party=party,
        language=invitation.language,
        roles=invitation.roles,
        active=True,
        certificate=None,
        password_hash=invitation.password_hash,
        kind=invitation.kind,
        enrolled=False,
    )


def _waiting(
    connection: Connection, actor: Actor, enrolment_id: str, fingerprint: str, now: datetime
) -> tuple[Enrolment, Officer]:
    enrolment = find_enrolment(connection, enrolment_id)
    officer = find_officer_by_id(connection, enrolment.officer) if enrolment is not None else None
    if enrolment is None or officer is None or officer.removed_at is not None:
        raise EnrolmentError(EnrolmentRefusal.NOT_WAITING)
    domain = domain_of(officer.address)
    require_right(connection, actor, Act.OFFICER_ADMITTED, now=now, party=officer.party, domain=domain)
    if enrolment.state is not EnrolmentState.PROVED or not enrolment.open_at(now):
        raise EnrolmentError(EnrolmentRefusal.NOT_WAITING)
    if enrolment.fingerprint is None or not hmac.compare_digest(enrolment.fingerprint, fingerprint):
        raise EnrolmentError(EnrolmentRefusal.OTHER_FINGERPRINT)
    return enrolment, officer


def _certified(enrolment: Enrolment, certificate: bytes | None) -> bytes:
    own = enrolment.certificate or b""
    try:
        return merged(own, certificate) if certificate is not None else own
    except (RuntimeError, OSError):
        raise EnrolmentError(EnrolmentRefusal.OTHER_FINGERPRINT) from None
