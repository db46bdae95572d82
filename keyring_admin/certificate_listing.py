"""Many certificates at a glance: read page by page from the tables, no certificate is parsed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, or_, select

from keyring_admin.certificate_store import Purpose
from keyring_admin.chain_state import ChainState
from keyring_admin.schema import certificate_keys, certificates, officers, parties

_PAGE = 1000
_PRIMARY = and_(
    certificate_keys.c.certificate == certificates.c.fingerprint,
    certificate_keys.c.fingerprint == certificates.c.fingerprint,
)


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One certificate. address: of the officer who holds it, or "". ends_at: when key or chain end, the earlier."""

    fingerprint: str
    purpose: Purpose
    party: str
    address: str
    chain: ChainState
    revoked: bool
    withdrawn_at: datetime | None
    ends_at: datetime | None

    def state_at(self, now: datetime) -> str:
        """One word: withdrawn, revoked, ended, or what the chain says."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.revoked:
            return "revoked"
        if self.chain.grants and self.ends_at is not None and self.ends_at <= now:
            return "ended"
        return ChainState.IN_FORCE.value if self.purpose is Purpose.GATEWAY else self.chain.value


def list_rows(
    connection: Connection, *, party: str | None = None, ending_before: datetime | None = None
) -> Iterator[CertificateRow]:
    """All certificates but withdrawn ones, in the order of Party and fingerprint; read as they are asked for.

    ending_before: only those in force whose key or chain ends before this moment.
    """
    query = (
        select(certificates.c.fingerprint, certificates.c.purpose, certificates.c.chain, certificates.c.chain_until)
        .add_columns(certificates.c.party, certificates.c.withdrawn_at, officers.c.address)
        .add_columns(certificate_keys.c.revoked, certificate_keys.c.expires_at)
        .join(certificate_keys, _PRIMARY)
        .outerjoin(officers, officers.c.certificate == certificates.c.fingerprint)
        .where(certificates.c.withdrawn_at.is_(None))
        .order_by(certificates.c.fingerprint)
        .limit(_PAGE)
    )
    if ending_before is not None:
        ends = or_(certificate_keys.c.expires_at < ending_before, certificates.c.chain_until < ending_before)
        granting = certificates.c.chain.in_([state.value for state in ChainState if state.grants])
        query = query.where(and_(ends, granting, certificate_keys.c.revoked.is_(False)))
    every = select(parties.c.code).order_by(parties.c.code)
    codes = [party] if party is not None else [None, *connection.scalars(every)]
    for code in codes:
        last = ""
        while True:
            rows = query.where(certificates.c.party == code, certificates.c.fingerprint > last)
            page = [_row(row) for row in connection.execute(rows).mappings()]
            yield from page
            if len(page) < _PAGE:
                break
            last = page[-1].fingerprint


def _row(row: RowMapping) -> CertificateRow:
    ends = [moment for moment in (row["expires_at"], row["chain_until"]) if moment is not None]
    return CertificateRow(
        fingerprint=row["fingerprint"],
        purpose=Purpose(row["purpose"]),
        party=row["party"] or "",
        address=row["address"] or "",
        chain=ChainState(row["chain"]),
        revoked=row["revoked"],
        withdrawn_at=row["withdrawn_at"],
        ends_at=min(ends, default=None),
    )
