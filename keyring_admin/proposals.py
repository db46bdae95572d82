"""Proposals and approvals in the database: acts that need people's signatures. The caller owns the transaction."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, insert, select, update

from keyring_admin.administration_schema import approvals, proposals
from keyring_admin.directory_error import DirectoryError

_ID_OCTETS = 8  # unique at one gateway; statements name the gateway too


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    DONE = "done"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Proposal:
    """payload: canonical JSON, what would be done. public_until: it is not done before then; None: no such wait."""

    id: str
    act: str
    party: str | None
    payload: str
    state: ProposalState
    proposed_at: datetime
    expires_at: datetime
    public_until: datetime | None
    closed_at: datetime | None = None

    @property
    def payload_sha256(self) -> str:
        """What an approval names, lower-case hex."""
        return hashlib.sha256(self.payload.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredApproval:
    """One person's word. statement: as it came, signature included."""

    proposal: str
    person: int
    certificate: str
    approves: bool
    at: datetime
    statement: bytes = field(repr=False)


def new_proposal_id() -> str:
    """Sixteen hexadecimal digits."""
    return secrets.token_hex(_ID_OCTETS)


def store_proposal(connection: Connection, proposal: Proposal) -> None:
    """Keep a new proposal."""
    connection.execute(
        insert(proposals).values(
            id=proposal.id,
            act=proposal.act,
            party=proposal.party,
            payload=proposal.payload,
            state=proposal.state.value,
            proposed_at=proposal.proposed_at,
            expires_at=proposal.expires_at,
            public_until=proposal.public_until,
        )
    )


def close_proposal(connection: Connection, proposal_id: str, state: ProposalState, *, now: datetime) -> None:
    """Note that a proposal was done, rejected, or has expired."""
    connection.execute(update(proposals).where(proposals.c.id == proposal_id).values(state=state.value, closed_at=now))


def require_proposal(connection: Connection, proposal_id: str) -> Proposal:
    """The proposal of this number. Raises DirectoryError."""
    row = connection.execute(select(proposals).where(proposals.c.id == proposal_id)).mappings().first()
    if row is None:
        raise DirectoryError("no proposal has this number; `gsp keys proposals` lists them")
    return _proposal(row)


def list_proposals(connection: Connection, *, state: ProposalState | None = None) -> list[Proposal]:
    """Proposals, the oldest first."""
    query = select(proposals).order_by(proposals.c.proposed_at, proposals.c.id)
    if state is not None:
        query = query.where(proposals.c.state == state.value)
    return [_proposal(row) for row in connection.execute(query).mappings()]


def store_approval(connection: Connection, approval: StoredApproval) -> None:
    """Keep one person's word."""
    connection.execute(
        insert(approvals).values(
            proposal=approval.proposal,
            person=approval.person,
            certificate=approval.certificate,
            approves=approval.approves,
            at=approval.at,
            statement=approval.statement,
        )
    )


def approvals_of(connection: Connection, proposal_id: str) -> list[StoredApproval]:
    """Who has said what, the first word first."""
    rows = connection.execute(
        select(approvals).where(approvals.c.proposal == proposal_id).order_by(approvals.c.at, approvals.c.person)
    )
    return [
        StoredApproval(row["proposal"], row["person"], row["certificate"], row["approves"], row["at"], row["statement"])
        for row in rows.mappings()
    ]


def _proposal(row: RowMapping) -> Proposal:
    return Proposal(
        id=row["id"],
        act=row["act"],
        party=row["party"],
        payload=row["payload"],
        state=ProposalState(row["state"]),
        proposed_at=row["proposed_at"],
        expires_at=row["expires_at"],
        public_until=row["public_until"],
        closed_at=row["closed_at"],
    )
