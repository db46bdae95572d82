"""Acts on the registers: competent authorities, experts. They give no access. All raise DirectoryError."""

from datetime import date, datetime

from sqlalchemy import Connection, select

from keyring_admin.acts.actor import Actor
from keyring_admin.acts.recording import record_act
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.addresses import canonical_address
from keyring_admin.administration_schema import experts
from keyring_admin.authorities import Authority, store_authority
from keyring_admin.directory_error import DirectoryError
from keyring_admin.experts import Expert, end_expert, store_expert
from keyring_admin.parties import require_party


def notify_authority(
    connection: Connection, actor: Actor, authority: Authority, *, rules: DirectoryRules, now: datetime
) -> None:
    """Note whom a Party has designated for an Article, or that it has designated nobody. Raises AddressError too."""
    require_party(connection, authority.party)
    require_right(connection, actor, Act.AUTHORITY_NOTIFIED, now=now, party=authority.party)
    if authority.contact_address is not None:
        canonical_address(authority.contact_address, special_use_domains=rules.special_use_domains)
    store_authority(connection, authority)
    record_act(
        connection,
        Act.AUTHORITY_NOTIFIED,
        actor,
        now=now,
        party=authority.party,
        details={
            "article": authority.article,
            "designated": authority.designated,
            "governmental": authority.governmental,
        },
    )


def list_expert(connection: Connection, actor: Actor, expert: Expert, *, rules: DirectoryRules, now: datetime) -> int:
    """Put an expert on the register; return the number. Raises AddressError too."""
    if expert.party is not None:
        require_party(connection, expert.party)
    require_right(connection, actor, Act.EXPERT_LISTED, now=now, party=expert.party)
    if expert.contact_address is not None:
        canonical_address(expert.contact_address, special_use_domains=rules.special_use_domains)
    number = store_expert(connection, expert)
    details = {"expert": number, "listed": True}
    record_act(connection, Act.EXPERT_LISTED, actor, now=now, party=expert.party, details=details)
    return number


def unlist_expert(connection: Connection, actor: Actor, number: int, *, on: date, now: datetime) -> None:
    """Take an expert off the register from a day on."""
    row = connection.execute(select(experts.c.party).where(experts.c.id == number)).one_or_none()
    if row is None:
        raise DirectoryError("no expert on the register has this number; `gsp experts list` shows them")
    require_right(connection, actor, Act.EXPERT_LISTED, now=now, party=row.party)
    end_expert(connection, number, on=on)
    details = {"expert": number, "listed": False}
    record_act(connection, Act.EXPERT_LISTED, actor, now=now, party=row.party, details=details)
