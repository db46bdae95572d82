"""Access derived from the chain: each certificate's state is judged anew and kept beside it, each change is logged.

Called by every act that may change access, and by the gateway once an hour: certifications begin and end by themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, or_, select

from keyring_admin.administration_schema import root_certificates
from keyring_admin.certificate_store import Purpose
from keyring_admin.chain.derivation import Derivation
from keyring_admin.chain.directory import appointments, members, root_octets
from keyring_admin.chain_state import ChainState
from keyring_admin.database import write_transaction
from keyring_admin.schema import certificates

_BATCH = 200  # certificates in one run of GnuPG


@dataclass(frozen=True, slots=True)
class AccessChange:
    """What was derived anew. until: the first moment at which the chain no longer holds, if it is known."""

    fingerprint: str
    purpose: Purpose
    party: str | None
    before: ChainState
    after: ChainState
    until: datetime | None


def derive_access(
    connection: Connection,
    *,
    now: datetime,
    special_use_domains: bool,
    party: str | None = None,
    certificate: str | None = None,
    due_only: bool = False,
    keep: bool = True,
) -> tuple[AccessChange, ...]:
    """Judge the certificates of a Party, or the one with this fingerprint, or all; return what changed.

    Without a root that was ever installed nothing is judged. An administrator's certificate takes all of the Party
    with it. due_only: only those on which time alone may have changed something. keep: False only tells what would
    change. Raises GnuPGError.
    """
    root = root_octets(connection)
    if root is None and connection.scalar(select(root_certificates.c.fingerprint).limit(1)) is None:
        return ()
    if certificate is not None:
        row = connection.execute(select(certificates).where(certificates.c.fingerprint == certificate)).mappings().one()
        party = row["party"]
        if party and certificate in {each.fingerprint for each in appointments(connection, party, now)}:
            certificate = None
    derivation = Derivation(connection, root, now, special_use_domains)
    changes: list[AccessChange] = []
    for code, rows in _pages(connection, party, certificate, now if due_only else None):
        for row, verdict in derivation.judge_all(code, rows):
            if keep:
                derivation.keep(row, verdict)
            before, purpose = ChainState(row["chain"]), Purpose(row["purpose"])
            changes.append(AccessChange(row["fingerprint"], purpose, code, before, verdict.state, verdict.until))
    return tuple(changes)


def derive_due_access(
    engine: Engine, *, now: datetime, special_use_domains: bool, due_only: bool = True
) -> tuple[AccessChange, ...]:
    """What time alone changed, or anything. GnuPG runs before the transaction that writes, which is therefore short."""
    with engine.connect() as connection:
        due = derive_access(connection, now=now, special_use_domains=special_use_domains, due_only=due_only, keep=False)
    if not due:
        return ()
    changes: list[AccessChange] = []
    with write_transaction(engine) as connection:
        for fingerprint in [change.fingerprint for change in due]:
            changes += derive_access(
                connection, now=now, special_use_domains=special_use_domains, certificate=fingerprint
            )
    return tuple(changes)


def _pages(
    connection: Connection, party: str | None, certificate: str | None, due_at: datetime | None
) -> Iterator[tuple[str | None, list[RowMapping]]]:
    """Certificates that can be in force, some at a time, those of one Party together."""
    query = (
        select(certificates)
        .where(certificates.c.purpose != Purpose.GATEWAY.value, certificates.c.withdrawn_at.is_(None))
        .order_by(certificates.c.fingerprint)
        .limit(_BATCH)
    )
    if certificate is not None:
        query = query.where(certificates.c.fingerprint == certificate)
    if due_at is not None:
        # What is in force ends at its moment, which every mail compares; it is judged anew only to say why.
        not_yet = certificates.c.chain != ChainState.IN_FORCE.value
        query = query.where(or_(not_yet, certificates.c.chain_until <= due_at))
    codes = [party] if party is not None or certificate is not None else [*members(connection), None]
    for code in codes:
        last = ""
        while True:
            page = query.where(certificates.c.party == code, certificates.c.fingerprint > last)
            rows = list(connection.execute(page).mappings())
            if rows:
                yield code, rows
            if len(rows) < _BATCH:
                break
            last = rows[-1]["fingerprint"]
