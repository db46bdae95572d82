"""What a proposal can hold, and how it is done once everybody has signed: one row per act. Payloads are plain JSON."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from keyring_admin.acts.actor import Approved
from keyring_admin.acts.officers import change_roles, resume_officer
from keyring_admin.acts.parties import add_domain, admit_party, agree_protection, change_membership, resume_party
from keyring_admin.acts.reading import admit_reading_certificate
from keyring_admin.acts.rights import Act
from keyring_admin.acts.root import replace_root
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import Role
from keyring_admin.parties import Party

Payload = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Case:
    """A proposal that everybody has signed. party: its code, "" if it is about none."""

    connection: Connection
    actor: Approved
    party: str
    payload: Payload = field(repr=False)
    rules: DirectoryRules
    now: datetime


Perform = Callable[[Case], None]


def day_text(day: date | None) -> str | None:
    """A day in a payload."""
    return day.isoformat() if day is not None else None


def octets_text(octets: bytes) -> str:
    """A certificate in a payload."""
    return base64.b64encode(octets).decode("ascii")


def read_payload(payload: str) -> Payload:
    """The payload of a stored proposal."""
    values = json.loads(payload)
    if not isinstance(values, dict):
        raise DirectoryError("the proposal cannot be read")
    return values


def _admit(case: Case) -> None:
    party = Party(
        code=str(case.payload["code"]),
        name=str(case.payload["name"]),
        member_from=_day(case, "member-from") or case.now.date(),
        member_until=_day(case, "member-until"),
        active=True,
        domains=tuple(_texts(case, "domains")),
    )
    admit_party(case.connection, case.actor, party, rules=case.rules, now=case.now)


def _membership(case: Case) -> None:
    begins, ends = _day(case, "member-from"), _day(case, "member-until")
    change_membership(
        case.connection, case.actor, case.party, member_from=begins, member_until=ends, rules=case.rules, now=case.now
    )


def _domain(case: Case) -> None:
    add_domain(case.connection, case.actor, case.party, str(case.payload["domain"]), rules=case.rules, now=case.now)


def _protection(case: Case) -> None:
    agree_protection(case.connection, case.actor, case.party, agreed_on=_day(case, "on"), now=case.now)


def _resume_party(case: Case) -> None:
    resume_party(case.connection, case.actor, case.party, rules=case.rules, now=case.now)


def _resume_officer(case: Case) -> None:
    resume_officer(case.connection, case.actor, str(case.payload["address"]), rules=case.rules, now=case.now)


def _roles(case: Case) -> None:
    roles = frozenset(Role(role) for role in _texts(case, "roles"))
    change_roles(case.connection, case.actor, str(case.payload["address"]), roles, now=case.now)


def _reading(case: Case) -> None:
    octets = base64.b64decode(str(case.payload["certificate"]))
    admit_reading_certificate(
        case.connection,
        case.actor,
        case.party,
        octets,
        replaces=_texts(case, "replaces"),
        rules=case.rules,
        now=case.now,
    )


def _root(case: Case) -> None:
    octets = base64.b64decode(str(case.payload["certificate"]))
    replace_root(case.connection, case.actor, octets, rules=case.rules, now=case.now)


PERFORM: Mapping[Act, Perform] = {
    Act.PARTY_ADMITTED: _admit,
    Act.MEMBERSHIP_EXTENDED: _membership,
    Act.DOMAIN_ADDED: _domain,
    Act.PROTECTION_AGREED: _protection,
    Act.PARTY_RESUMED: _resume_party,
    Act.OFFICER_RESUMED: _resume_officer,
    Act.ROLES_WIDENED: _roles,
    Act.READING_REPLACED: _reading,
    Act.ROOT_REPLACED: _root,
}


def _day(case: Case, key: str) -> date | None:
    value = case.payload.get(key)
    return date.fromisoformat(str(value)) if value is not None else None


def _texts(case: Case, key: str) -> list[str]:
    value = case.payload.get(key, [])
    return [str(one) for one in value] if isinstance(value, list) else []
