"""Acts on administrators: appoint, end, and what an end would take from others. All raise DirectoryError."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from keyring_admin.acts.actor import Actor
from keyring_admin.acts.deriving import derive_again
from keyring_admin.acts.officers import require_officer
from keyring_admin.acts.recording import record_act
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.administrators import (
    Administration,
    administration_of,
    end_administration,
    store_administration,
)
from keyring_admin.certificate_store import Purpose
from keyring_admin.chain.derive import AccessChange
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import Officer, OfficerKind, Role, set_officer_roles
from keyring_admin.parties import require_party
from keyring_admin.schema import officers

_REGION_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Loss:
    """A certificate that is no longer in force once an administrator has gone. address: its officer's, if it is one."""

    fingerprint: str
    purpose: Purpose
    address: str | None


def appoint_administrator(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    region: str | None = None,
    domains: Sequence[str] = (),
    rules: DirectoryRules,
    now: datetime,
) -> Administration:
    """Make an officer an administrator, or change region and domains of one. In force once the root has certified.

    region: of a regional administrator, with the mail domains of the region; None: of the whole Party. domains: all
    of the Party's if none is given.
    """
    officer = require_officer(connection, address)
    party = require_party(connection, officer.party)
    require_right(connection, actor, Act.ADMINISTRATOR_APPOINTED, now=now, party=party.code)
    if officer.kind is OfficerKind.MACHINE:
        raise DirectoryError("a machine cannot be an administrator")
    if region is not None and not domains:
        raise DirectoryError("name the mail domains of the region: --domain, once for each")
    if region is not None and not (0 < len(region) <= _REGION_CHARACTERS and region.isprintable()):
        raise DirectoryError("expected the name of a region, at most 100 characters")
    chosen = sorted(set(domains or party.domains))
    foreign = [domain for domain in chosen if domain not in party.domains]
    if foreign:
        raise DirectoryError(f"{foreign[0]} is no mail domain of Party {party.code}")
    set_officer_roles(connection, officer.id, officer.roles | {Role.ADMINISTER})
    store_administration(connection, officer.id, party=party.code, region=region, domains=chosen, now=now)
    details = {"officer": officer.id, "region": region, "domains": chosen, "person": officer.person}
    record_act(
        connection,
        Act.ADMINISTRATOR_APPOINTED,
        actor,
        now=now,
        party=party.code,
        subject=officer.certificate,
        details=details,
    )
    derive_again(connection, rules, now=now, party=party.code)
    appointed = administration_of(connection, officer.id)
    if appointed is None:
        raise DirectoryError("the appointment was not kept")
    return appointed


def end_administrator(
    connection: Connection, actor: Actor, address: str, *, rules: DirectoryRules, now: datetime
) -> tuple[Loss, ...]:
    """An administrator leaves the office; the officer stays one. Returns who loses access: only this administrator
    had certified them. So the successor certifies them first."""
    officer = require_officer(connection, address)
    appointed = administration_of(connection, officer.id)
    if appointed is None:
        raise DirectoryError("no administrator in office has this address; `gsp administrators list` shows them")
    require_right(connection, actor, Act.ADMINISTRATOR_ENDED, now=now, party=officer.party)
    end_administration(connection, appointed.id, now=now)
    set_officer_roles(connection, officer.id, officer.roles - {Role.ADMINISTER})
    record_act(
        connection,
        Act.ADMINISTRATOR_ENDED,
        actor,
        now=now,
        party=officer.party,
        subject=officer.certificate,
        details={"officer": officer.id},
    )
    return _losses(connection, derive_again(connection, rules, now=now, party=officer.party), officer)


def who_would_lose_access(
    connection: Connection, actor: Actor, address: str, *, rules: DirectoryRules, now: datetime
) -> tuple[Loss, ...]:
    """What `end_administrator` would return, without doing it."""
    trial = connection.begin_nested()
    try:
        return end_administrator(connection, actor, address, rules=rules, now=now)
    finally:
        trial.rollback()


def _losses(connection: Connection, changes: Sequence[AccessChange], former: Officer) -> tuple[Loss, ...]:
    lost = [one for one in changes if one.before.grants and not one.after.grants]
    return tuple(
        Loss(
            one.fingerprint,
            one.purpose,
            connection.scalar(select(officers.c.address).where(officers.c.certificate == one.fingerprint)),
        )
        for one in lost
        if one.fingerprint != former.certificate
    )
