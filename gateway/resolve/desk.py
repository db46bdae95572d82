"""The edge's part of `resolve@`: may this officer ask, have a worker answer, and is what comes back safe to keep.

Nothing of a question is in this process but its ciphertext.
"""

import asyncio
from datetime import date

from sqlalchemy import Connection, Engine

from gateway.edge.ports import Submission
from gateway.fact_finding import facts_of_sender
from gateway.gate import Accepted, Shape
from gateway.library_in_force import LibraryInForce
from gateway.opener.frames import Job, JobKind, JobResult
from gateway.opener.pool import OpenerPool
from gateway.policy.facts import GatewayFacts, Refusal, SenderFacts
from gateway.policy.table import judge_facts
from gateway.replies import MALFORMED, RATE_LIMITED, SENDER_NOT_ACTIVE, TRY_AGAIN
from gateway.resolve.allowance import Allowance
from gateway.resolve.answer_mail import Answer
from gateway.resolve.request import PartyHere, ResolveRequest, encode_request
from gateway.resolve.rules import (
    ASKER_RULES,
    RATE_RULE,
    answer_is_encrypted,
    question_has_uids,
    question_is_for_gateway,
    question_is_signed,
    question_opens,
)
from gateway.settings import Settings
from keyring_admin.certificate_store import reading_certificates
from keyring_admin.officers import Officer
from keyring_admin.parties import list_parties


class ResolveDesk:
    """Answers the mails to `resolve@`, if this deployment serves it."""

    def __init__(self, settings: Settings, engine: Engine, pool: OpenerPool, library: LibraryInForce) -> None:
        self._settings = settings
        self._engine = engine
        self._pool = pool
        self._library = library
        self._allowance = Allowance(settings.resolve.questions_per_hour)

    @property
    def open(self) -> bool:
        """Whether `resolve@` is an address of this deployment."""
        return self._settings.resolve.enabled

    async def answer(
        self, submission: Submission, found: Accepted, gateway: GatewayFacts, sender: SenderFacts
    ) -> Answer | Refusal:
        """The answer, to be stored, or why there is none. Raises OpenerUnavailableError, SQLAlchemyError."""
        if found.shape is Shape.SEALED:
            return Refusal(MALFORMED, "question-has-a-shape")
        refusal = self._admitted(found, gateway, sender)
        officer, certificate = sender.officer, sender.certificate
        if refusal is not None or officer is None or certificate is None:
            return refusal or Refusal(SENDER_NOT_ACTIVE, "sender")
        library = self._library.octets
        request = await asyncio.to_thread(self._request, found, gateway, officer)
        result = await self._pool.open(
            Job(
                kind=JobKind.RESOLVE,
                gateway_key_ids=tuple(sorted(gateway.key_ids)),
                size_limit=self._settings.submission.size_limit,
                message=found.messages[0].octets,
                certificate=certificate.octets,
                request=encode_request(request),
                library=library,
            )
        )
        refusal = _judged(result, gateway, sender)
        if refusal is not None:
            return refusal
        return Answer(
            officer=officer,
            domain=self._settings.gateway.domain,
            pilot=self._settings.gateway.pilot,
            now=gateway.now,
            asked_size=len(submission.octets),
            octets=result.body,
        )

    def _admitted(self, found: Accepted, gateway: GatewayFacts, sender: SenderFacts) -> Refusal | None:
        """Before anything is opened."""
        facts = facts_of_sender(gateway, sender, self._library)
        refusal = judge_facts(ASKER_RULES, facts).refusal
        if refusal is None and facts.library.expires <= gateway.now:
            refusal = Refusal(TRY_AGAIN, "library-is-current")
        if refusal is None:
            refusal = question_is_for_gateway(found.messages[0].recipients, gateway, sender)
        if refusal is None and sender.officer is not None and not self._allowance.take(sender.officer.id):
            refusal = Refusal(RATE_LIMITED, RATE_RULE)
        return refusal

    def _request(self, found: Accepted, gateway: GatewayFacts, officer: Officer) -> ResolveRequest:
        settings = self._settings.gateway
        with self._engine.connect() as connection:
            parties = _parties_here(connection, gateway, settings.domain)
        return ResolveRequest(
            now=gateway.now,
            domain=settings.domain,
            pilot=settings.pilot,
            mime=found.shape is Shape.DIRECT,
            officer=officer.address,
            language=officer.language,
            own_party=officer.party,
            parties=parties,
        )


def _judged(result: JobResult, gateway: GatewayFacts, sender: SenderFacts) -> Refusal | None:
    return (
        question_opens(result)
        or question_is_signed(result, gateway, sender)
        or question_has_uids(result)
        or answer_is_encrypted(result.body, gateway, sender)
    )


def _parties_here(connection: Connection, gateway: GatewayFacts, domain: str) -> tuple[PartyHere, ...]:
    """All of them, so that not even this process learns whose the UIDs are."""
    today: date = gateway.now.date()
    return tuple(
        PartyHere(
            code=party.code,
            name=party.name,
            address=f"{party.mailbox}@{domain}",
            certificates=tuple(
                certificate.octets
                for certificate in reading_certificates(connection, party.code)
                if certificate.encryption_key_ids(gateway.now)
            ),
        )
        for party in list_parties(connection)
        if party.member_on(today)
    )
