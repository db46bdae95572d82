"""Four eyes: an act that the custodian may not do alone is proposed, signed by people, and done. All raise
DirectoryError.

An approval is a statement signed offline that names gateway, proposal and the payload's SHA-256. Two signatures are
two humans: a second key, name or address of the same one does not count (KEY-23). Nobody approves twice; one
rejection by somebody whose approval would count ends the proposal.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from keyring_admin.acts.actor import Actor, Approved
from keyring_admin.acts.proposable import PERFORM, Case, Payload, read_payload
from keyring_admin.acts.rights import RIGHTS, Act, Right, eligible, standing
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.acts.signers import open_signed, this_gateway
from keyring_admin.acts.statements import Approval, read_approval
from keyring_admin.addresses import domain_of
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.chain import canonical_json
from keyring_admin.key_log.log import record
from keyring_admin.people import same_human
from keyring_admin.proposals import (
    Proposal,
    ProposalState,
    StoredApproval,
    approvals_of,
    close_proposal,
    list_proposals,
    new_proposal_id,
    require_proposal,
    store_approval,
    store_proposal,
)

_SUMMARY_LIMIT = 300  # characters of one value in the text people sign


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a proposal stands. missing: how many people have still to sign. done: whether it has just been done."""

    proposal: Proposal
    missing: int
    done: bool = False


def propose(
    connection: Connection,
    actor: Actor,
    act: Act,
    *,
    party: str | None,
    payload: Payload,
    rules: DirectoryRules,
    now: datetime,
) -> Proposal:
    """Open a proposal. Whether it can be done is found out when it is done; what people sign is fixed now."""
    if act not in PERFORM:
        raise DirectoryError(f"{act.value} is not done by proposal")
    right = RIGHTS[act]
    public = now + timedelta(days=right.public_days) if right.public_days else None
    proposal = Proposal(
        id=new_proposal_id(),
        act=act.value,
        party=party,
        payload=canonical_json(payload),
        state=ProposalState.OPEN,
        proposed_at=now,
        expires_at=(public or now) + rules.proposal_life,
        public_until=public,
    )
    store_proposal(connection, proposal)
    _record(connection, "proposal-opened", actor, proposal, now)
    return proposal


def approval_to_sign(connection: Connection, proposal: Proposal, *, approves: bool) -> Approval:
    """The statement for one person to sign."""
    summary = [f"Party {proposal.party}"] if proposal.party is not None else []
    summary += [f"{key}: {_short(value)}" for key, value in sorted(read_payload(proposal.payload).items())]
    if proposal.public_until is not None:
        summary.append(f"not done before {proposal.public_until:%Y-%m-%d %H:%M} UTC")
    return Approval(
        gateway=this_gateway(connection),
        proposal=proposal.id,
        act=proposal.act,
        payload_sha256=proposal.payload_sha256,
        approves=approves,
        summary=tuple(summary),
    )


def approve(
    connection: Connection, statement: bytes, *, rules: DirectoryRules, now: datetime, expected: str | None = None
) -> Progress:
    """Take one person's signed approval or rejection; do the act when the last one is here.

    expected: the proposal it has to be about, if the caller knows.
    """
    signed = open_signed(connection, statement, now=now)
    said = read_approval(signed.document)
    if said.gateway != this_gateway(connection):
        raise DirectoryError("this statement is for another gateway")
    if expected is not None and said.proposal != expected:
        raise DirectoryError("this statement is about another proposal")
    proposal = require_proposal(connection, said.proposal)
    if (said.act, said.payload_sha256) != (proposal.act, proposal.payload_sha256):
        raise DirectoryError("this statement is about something else than the proposal of this number")
    _require_open(proposal, now)
    actor = signed.actor()
    _require_eligible(connection, actor, proposal, now)
    for earlier in approvals_of(connection, proposal.id):
        if actor.person is not None and same_human(connection, earlier.person, actor.person):
            raise DirectoryError("four eyes: this person has signed here already, with this key or another")
    store_approval(
        connection,
        StoredApproval(
            proposal.id, actor.person or 0, signed.certificate.fingerprint, said.approves, now, signed.octets
        ),
    )
    _record(connection, "proposal-approved" if said.approves else "proposal-rejected", actor, proposal, now)
    if not said.approves:
        close_proposal(connection, proposal.id, ProposalState.REJECTED, now=now)
        return Progress(require_proposal(connection, proposal.id), 0)
    return complete(connection, proposal.id, rules=rules, now=now)


def complete(connection: Connection, proposal_id: str, *, rules: DirectoryRules, now: datetime) -> Progress:
    """Do what a proposal holds if enough people have signed, still may, and its public days are over."""
    proposal = require_proposal(connection, proposal_id)
    _require_open(proposal, now)
    act = Act(proposal.act)
    counting = _counting(connection, proposal, now)
    missing = max(0, RIGHTS[act].eyes - len(counting))
    if missing or (proposal.public_until is not None and now < proposal.public_until):
        return Progress(proposal, missing)
    last = counting[-1]
    actor = Approved(last.person, last.certificate, last.statement, proposal=proposal.id, act=act.value)
    payload = read_payload(proposal.payload)
    PERFORM[act](Case(connection, actor, proposal.party or "", payload, rules, now))
    close_proposal(connection, proposal.id, ProposalState.DONE, now=now)
    return Progress(require_proposal(connection, proposal.id), 0, done=True)


def expire_proposals(connection: Connection, actor: Actor, *, now: datetime) -> int:
    """Close what nobody has signed in time; return how many."""
    late = [one for one in list_proposals(connection, state=ProposalState.OPEN) if now >= one.expires_at]
    for proposal in late:
        close_proposal(connection, proposal.id, ProposalState.EXPIRED, now=now)
        _record(connection, "proposal-expired", actor, proposal, now)
    return len(late)


def due_proposals(connection: Connection, *, now: datetime) -> list[Proposal]:
    """Proposals that everybody has signed and whose public days are over: `complete` does them."""
    return [
        one
        for one in list_proposals(connection, state=ProposalState.OPEN)
        if one.public_until is not None
        and one.public_until <= now < one.expires_at
        and len(_counting(connection, one, now)) >= RIGHTS[Act(one.act)].eyes
    ]


def right_for(proposal: Proposal) -> Right:
    """Who has to sign it."""
    return RIGHTS[Act(proposal.act)]


def _counting(connection: Connection, proposal: Proposal, now: datetime) -> list[StoredApproval]:
    """The approvals that count now: of people whose certificate is still in force and who still hold the office."""
    return [
        one
        for one in approvals_of(connection, proposal.id)
        if one.approves and _is_eligible(connection, Actor(one.person, one.certificate), proposal, now)
    ]


def _is_eligible(connection: Connection, actor: Actor, proposal: Proposal, now: datetime) -> bool:
    payload = read_payload(proposal.payload)
    domain = domain_of(str(payload["address"])) if "address" in payload else None
    own = standing(connection, actor, now)
    return eligible(own, Act(proposal.act), party=proposal.party, domain=domain)


def _require_eligible(connection: Connection, actor: Actor, proposal: Proposal, now: datetime) -> None:
    if not _is_eligible(connection, actor, proposal, now):
        signers = " or ".join(sorted(kind.value for kind in right_for(proposal).people))
        raise DirectoryError(f"this signature does not count here; needed: {signers}")


def _require_open(proposal: Proposal, now: datetime) -> None:
    if proposal.state is not ProposalState.OPEN:
        raise DirectoryError(f"the proposal is {proposal.state.value} already")
    if now >= proposal.expires_at:
        raise DirectoryError("the proposal has expired; propose it again")


def _record(connection: Connection, what: str, actor: Actor, proposal: Proposal, now: datetime) -> None:
    details = {"proposal": proposal.id, "act": proposal.act, "payload-sha256": proposal.payload_sha256}
    record(connection, what, actor, now=now, party=proposal.party, details=details)


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _SUMMARY_LIMIT else f"{text[:60]}… ({len(text)} characters)"
