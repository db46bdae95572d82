"""The edge's part of `keys@`: may this account ask, have a worker open the request, judge it, and have it served.

Nothing of a request is in this process in the clear but what the worker made of it.
"""

import asyncio
from datetime import timedelta

from sqlalchemy import Engine

from gateway.acceptance import new_queue_id
from gateway.directory_rules import directory_rules
from gateway.edge.ports import Submission
from gateway.fact_finding import facts_of_sender
from gateway.gate import Accepted, Shape
from gateway.keys.asked import Asked, Served
from gateway.keys.opened import OpenedRequest, Opening, decode_opened, encode_opening
from gateway.keys.request import KeyAct
from gateway.keys.serving import ReplayedRequestError, serve
from gateway.library_in_force import LibraryInForce
from gateway.opener.frames import Job, JobKind, JobResult, Outcome
from gateway.opener.pool import OpenerPool
from gateway.policy.facts import GatewayFacts, Refusal, SenderFacts
from gateway.policy.rules import sender_has_certificate
from gateway.policy.table import SENDER_RULES, judge_facts
from gateway.replies import MALFORMED, POLICY, RATE_LIMITED, SECRET_KEY_SENT, SENDER_NOT_ACTIVE
from gateway.resolve.allowance import Allowance
from gateway.settings import Settings
from keyring_admin.certificate_refusal import CertificateError, CertificateRefusal
from keyring_admin.certificates import CertificateFacts, examine_certificate
from keyring_admin.database import write_transaction
from keyring_admin.enrolments import open_enrolment_of
from keyring_admin.officers import Officer

MESSAGE_LIMIT = 512 * 1024  # octets of the OpenPGP message
# Whoever enrols, or renews an expired certificate, has none in force.
REQUEST_RULES = tuple(rule for rule in SENDER_RULES if rule.name != sender_has_certificate.NAME)
# These bring the certificate that has to have signed them; the act judges it.
_OTHERWISE_SIGNED = frozenset({KeyAct.ENROL, KeyAct.PROVE, KeyAct.RENEW})


class KeysDesk:
    """Serves the mails to `keys@`."""

    def __init__(self, settings: Settings, engine: Engine, pool: OpenerPool, library: LibraryInForce) -> None:
        self._settings = settings
        self._engine = engine
        self._pool = pool
        self._library = library
        self._rules = directory_rules(settings)
        self._allowance = Allowance(settings.keys.requests_per_hour)

    async def answer(
        self, submission: Submission, found: Accepted, gateway: GatewayFacts, sender: SenderFacts
    ) -> Served | Refusal:
        """What was served, or why not. Raises OpenerUnavailableError, SQLAlchemyError, GnuPGError."""
        refusal = self._admitted(found, gateway, sender)
        officer = sender.officer
        if refusal is not None or officer is None:
            return refusal or Refusal(SENDER_NOT_ACTIVE, "sender")
        opening = await asyncio.to_thread(self._opening, found, officer, sender)
        result = await self._pool.open(
            Job(
                kind=JobKind.KEYS,
                gateway_key_ids=tuple(sorted(gateway.key_ids)),
                size_limit=self._settings.submission.size_limit,
                message=found.messages[0].octets,
                certificate=b"",
                request=encode_opening(opening),
            )
        )
        judged = _judged(result, gateway, sender)
        if isinstance(judged, Refusal):
            return judged
        return await asyncio.to_thread(self._serve, judged, result.signer, officer, gateway, len(submission.octets))

    def _admitted(self, found: Accepted, gateway: GatewayFacts, sender: SenderFacts) -> Refusal | None:
        """Before anything is opened."""
        if found.shape is Shape.SEALED:
            return Refusal(MALFORMED, "key-request-has-a-shape")
        refusal = judge_facts(REQUEST_RULES, facts_of_sender(gateway, sender, self._library)).refusal
        if refusal is not None:
            return refusal
        message = found.messages[0]
        # Whom else the sender encrypts it to is not known: a certificate that comes to be admitted is in no directory.
        if not gateway.key_ids & frozenset(message.recipients) or len(message.octets) > MESSAGE_LIMIT:
            return Refusal(POLICY, "key-request-is-for-gateway")
        if sender.officer is not None and not self._allowance.take(sender.officer.id):
            return Refusal(RATE_LIMITED, "key-request-within-rate")
        return None

    def _opening(self, found: Accepted, officer: Officer, sender: SenderFacts) -> Opening:
        with self._engine.connect() as connection:
            enrolment = open_enrolment_of(connection, officer.id)
        return Opening(
            mime=found.shape is Shape.DIRECT,
            own=sender.certificate.octets if sender.certificate is not None else None,
            candidate=enrolment.certificate if enrolment is not None else None,
        )

    def _serve(
        self, opened: OpenedRequest, signer: str | None, officer: Officer, gateway: GatewayFacts, size: int
    ) -> Served | Refusal:
        """On a thread: GnuPG judges certificates, before the transaction where that can be."""
        asked = Asked(
            officer=officer,
            opened=opened,
            signer=signer,
            examined=self._examine(opened, officer, gateway),
            rules=self._rules,
            gateway=gateway.fingerprint,
            now=gateway.now,
            remembered_until=opened.request.created
            + gateway.slip_life
            + 2 * gateway.clock_tolerance
            + timedelta(days=1),
            size=size,
            pilot=self._settings.gateway.pilot,
            queue_id=new_queue_id(),
        )
        try:
            with write_transaction(self._engine) as connection:
                return serve(connection, asked)
        except ReplayedRequestError:
            return Refusal(POLICY, "key-request-is-unseen")

    def _examine(
        self, opened: OpenedRequest, officer: Officer, gateway: GatewayFacts
    ) -> CertificateFacts | CertificateRefusal | None:
        if opened.request.act not in {KeyAct.ENROL, KeyAct.REPLACE} or opened.certificate is None:
            return None
        special = self._rules.special_use_domains
        try:
            return examine_certificate(
                opened.certificate, officer.address, now=gateway.now, special_use_domains=special
            )
        except CertificateError as error:
            return error.reason


def _judged(result: JobResult, gateway: GatewayFacts, sender: SenderFacts) -> OpenedRequest | Refusal:
    """The request, if it opened, is signed by who may ask, is for this gateway, and fresh."""
    if result.outcome is Outcome.SECRET_KEY:
        return Refusal(SECRET_KEY_SENT, "key-request-holds-no-secret-key")
    if result.outcome is Outcome.BAD_REQUEST:
        return Refusal(MALFORMED, "key-request-is-one")
    if result.outcome not in {Outcome.OPENED, Outcome.BAD_SIGNATURE}:
        return Refusal(POLICY, "key-request-opens")
    if result.outcome is Outcome.BAD_SIGNATURE:
        return Refusal(POLICY, "key-request-is-signed")
    opened = decode_opened(result.slip)
    request = opened.request
    if request.gateway != gateway.fingerprint:
        return Refusal(POLICY, "key-request-names-gateway")
    oldest, newest = gateway.now - gateway.slip_life, gateway.now + gateway.clock_tolerance
    if not oldest <= request.created <= newest:
        return Refusal(POLICY, "key-request-is-fresh")
    if not _signed_well(result, opened, sender, gateway):
        return Refusal(POLICY, "key-request-is-signed")
    return opened


def _signed_well(result: JobResult, opened: OpenedRequest, sender: SenderFacts, gateway: GatewayFacts) -> bool:
    act, certificate, signed_at = opened.request.act, sender.certificate, result.signed_at
    if result.signer is None:
        # The worker lets only a revocation through without a signature: it is one itself.
        return act is KeyAct.REVOKE
    if signed_at is None or not gateway.now - gateway.slip_life <= signed_at <= gateway.now + gateway.clock_tolerance:
        return False
    if act in _OTHERWISE_SIGNED:
        return True
    return certificate is not None and result.signer in certificate.signing_fingerprints(gateway.now)
