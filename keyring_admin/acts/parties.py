"""Acts on Parties: admit, membership, mail domains, names, protection, suspend and let in again.

Each checks the actor's right (acts/rights.py), changes the directory and writes the key log, in the caller's
transaction; access that depends on it is derived again. All raise DirectoryError.
"""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection, select

from keyring_admin.acts.actor import Actor
from keyring_admin.acts.deriving import derive_again
from keyring_admin.acts.recording import record_act
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.addresses import canonical_domain
from keyring_admin.administration_schema import key_log
from keyring_admin.directory_error import DirectoryError
from keyring_admin.parties import (
    Party,
    add_party_domain,
    remove_party_domain,
    require_party,
    set_membership,
    set_party_active,
    set_party_names,
    set_protection,
)
from keyring_admin.parties import admit_party as store_party

RESERVED_MAILBOXES = frozenset({"query", "resolve", "keys", "forms", "reports", "secretariat", "postmaster", "gateway"})


def admit_party(connection: Connection, actor: Actor, party: Party, *, rules: DirectoryRules, now: datetime) -> Party:
    """Admit a Party; its mail domains are canonicalised. Four eyes of the Secretariat once a root is installed."""
    code = party.code
    if not (2 <= len(code) <= 8 and code.isascii() and code.isalpha() and code == code.upper()):
        raise DirectoryError("expected two to eight capital letters as the code of a Party, such as KE")
    if code.lower() in RESERVED_MAILBOXES:
        raise DirectoryError("this code is an address of the gateway itself")
    admitted = Party(
        code=code,
        name=party.name,
        member_from=party.member_from,
        member_until=party.member_until,
        active=True,
        domains=tuple(party_domain(domain, rules) for domain in party.domains),
        protection_agreed_on=party.protection_agreed_on,
    )
    require_right(connection, actor, Act.PARTY_ADMITTED, now=now, party=code)
    store_party(connection, admitted)
    set_party_names(connection, code, {"en": party.name})
    record_act(
        connection,
        Act.PARTY_ADMITTED,
        actor,
        now=now,
        party=code,
        details={
            "name": party.name,
            "member-from": str(party.member_from),
            "member-until": str(party.member_until) if party.member_until else None,
            "domains": list(admitted.domains),
        },
    )
    derive_again(connection, rules, now=now, party=code)
    return admitted


def change_membership(
    connection: Connection,
    actor: Actor,
    code: str,
    *,
    member_from: date | None = None,
    member_until: date | None,
    rules: DirectoryRules,
    now: datetime,
) -> None:
    """Set the days of membership. member_from: the first day; None: as it was. member_until: the first day the Party
    no longer is a member: its officers and its mail are refused from then on; None: it stays one."""
    party = require_party(connection, code)
    begins = member_from or party.member_from
    ends_earlier = party.member_until is None or (member_until is not None and member_until <= party.member_until)
    narrower = begins >= party.member_from and member_until is not None and ends_earlier
    act = Act.MEMBERSHIP_SHORTENED if narrower else Act.MEMBERSHIP_EXTENDED
    require_right(connection, actor, act, now=now, party=code)
    set_membership(connection, code, member_from=begins, member_until=member_until)
    until = str(member_until) if member_until is not None else None
    days = {"member-from": str(begins), "member-until": until}
    record_act(connection, act, actor, now=now, party=code, details=days)
    derive_again(connection, rules, now=now, party=code)


def add_domain(
    connection: Connection, actor: Actor, code: str, domain: str, *, rules: DirectoryRules, now: datetime
) -> str:
    """Give a Party another mail domain; return its canonical spelling. The administrators' scope does not grow by it:
    the root certifies them anew, and `gsp administrators appoint` names the domain."""
    require_party(connection, code)
    canonical = party_domain(domain, rules)
    require_right(connection, actor, Act.DOMAIN_ADDED, now=now, party=code)
    add_party_domain(connection, code, canonical)
    record_act(connection, Act.DOMAIN_ADDED, actor, now=now, party=code, details={"domain": canonical})
    derive_again(connection, rules, now=now, party=code)
    return canonical


def remove_domain(
    connection: Connection, actor: Actor, code: str, domain: str, *, rules: DirectoryRules, now: datetime
) -> None:
    """Take a mail domain from a Party and from the scope of its administrators."""
    require_party(connection, code)
    canonical = party_domain(domain, rules)
    require_right(connection, actor, Act.DOMAIN_REMOVED, now=now, party=code)
    remove_party_domain(connection, code, canonical)
    record_act(connection, Act.DOMAIN_REMOVED, actor, now=now, party=code, details={"domain": canonical})
    derive_again(connection, rules, now=now, party=code)


def agree_protection(connection: Connection, actor: Actor, code: str, *, agreed_on: date | None, now: datetime) -> None:
    """Note since when the "mutually agreed" protection of confidentiality is (Protocol, Article 8.9 and 20 to 21)."""
    require_party(connection, code)
    require_right(connection, actor, Act.PROTECTION_AGREED, now=now, party=code, alone=agreed_on is None)
    set_protection(connection, code, agreed_on)
    record_act(
        connection,
        Act.PROTECTION_AGREED,
        actor,
        now=now,
        party=code,
        details={"on": str(agreed_on) if agreed_on else None},
    )


def name_party(connection: Connection, actor: Actor, code: str, names: Mapping[str, str], *, now: datetime) -> None:
    """Set a Party's names by language (ar, zh, en, fr, ru, es)."""
    require_party(connection, code)
    require_right(connection, actor, Act.PARTY_NAMED, now=now, party=code)
    set_party_names(connection, code, names)
    record_act(connection, Act.PARTY_NAMED, actor, now=now, party=code, details=dict(names))


def suspend_party(connection: Connection, actor: Actor, code: str, *, now: datetime) -> None:
    """Nothing from the Party or to it is accepted any more."""
    require_right(connection, actor, Act.PARTY_SUSPENDED, now=now, party=code)
    set_party_active(connection, code, active=False)
    record_act(connection, Act.PARTY_SUSPENDED, actor, now=now, party=code, details={})


def resume_party(connection: Connection, actor: Actor, code: str, *, rules: DirectoryRules, now: datetime) -> None:
    """Let a suspended Party in again. The custodian alone only if the custodian suspended it."""
    by_custodian = suspended_by_custodian(connection, Act.PARTY_SUSPENDED, party=code, subject=None)
    require_right(connection, actor, Act.PARTY_RESUMED, now=now, party=code, alone=by_custodian)
    set_party_active(connection, code, active=True)
    record_act(connection, Act.PARTY_RESUMED, actor, now=now, party=code, details={})
    derive_again(connection, rules, now=now, party=code)


def party_domain(domain: str, rules: DirectoryRules) -> str:
    """The canonical spelling of a Party's mail domain. Raises AddressError, DirectoryError."""
    canonical = canonical_domain(domain, special_use_domains=rules.special_use_domains)
    if canonical == rules.gateway_domain or canonical.endswith(f".{rules.gateway_domain}"):
        raise DirectoryError("the gateway's own domain cannot be a Party's mail domain")
    return canonical


def suspended_by_custodian(connection: Connection, act: Act, *, party: str, subject: str | None) -> bool:
    """Whether the last suspension, as the key log has it, was the custodian's."""
    query = select(key_log.c.actor).where(key_log.c.act == act.value, key_log.c.party == party)
    if subject is not None:
        query = query.where(key_log.c.subject == subject)
    return connection.scalar(query.order_by(key_log.c.sequence.desc()).limit(1)) in {None, "custodian"}
