"""Between the edge and the queue: judge a mail, and take responsibility for it or refuse it.

The way of a mail: `receive` → the gate (`judge`) → for `query@`, a worker opens the slip → the rules (`judge_facts`)
→ `Acceptance` writes queue, exchange, slip and envelope log in one transaction → only then `250`.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from forms.slip import BodyKind, parse_slip
from gateway.acceptance import Acceptance, log_refusal
from gateway.edge.ports import Identity, Submission
from gateway.fact_finding import (
    OpenedSlip,
    direct_facts,
    facts_of_sender,
    gateway_facts,
    sealed_facts,
    sender_facts,
)
from gateway.gate import Accepted, Headers, Refused, Shape, judge
from gateway.journal import Event, note
from gateway.keys import KEYS_ADDRESS
from gateway.keys.desk import KeysDesk
from gateway.library.by_mail import FORMS_ADDRESS, FormsDesk
from gateway.library_in_force import LibraryInForce
from gateway.mailbox_server import disconnect
from gateway.opener.frames import Job, JobKind, JobResult, Outcome
from gateway.opener.pool import OpenerPool, OpenerUnavailableError
from gateway.policy.facts import Facts, GatewayFacts, Refusal, SenderFacts
from gateway.policy.table import DIRECT_TABLE, ROUTE_RULES, SENDER_RULES, SLIP_RULES, judge_facts
from gateway.replies import (
    ACCEPTED,
    MALFORMED,
    NO_SUCH_MAILBOX,
    NOT_ENROLLED,
    RECIPIENT_OK,
    SENDER_NOT_ACTIVE,
    SENDER_OK,
    STORAGE_FULL,
    TRY_AGAIN,
    Reply,
)
from gateway.resolve import RESOLVE_ADDRESS
from gateway.resolve.desk import ResolveDesk
from gateway.settings import Settings
from keyring_admin.directory_cache import DirectoryCache, DirectoryView
from keyring_admin.officers import Officer, find_officer_by_tls_key
from keyring_admin.openpgp.packets import EncryptedMessage, inspect_message
from mailroom.credentials import verify_password
from mailroom.group_commit import GroupCommitter
from mailroom.intake import Presentation
from mailroom.wakeup import ring

PROGRAM = "edge"
QUERY_ADDRESS = "query"
GATE_RULE = "mail-is-encrypted"
SHAPE_RULE = "mail-has-a-shape-for-this-address"
Result = TypeVar("Result")
_PASSWORD_CHECKS = 2  # at the same time: each takes 19 MiB and a core


@dataclass(frozen=True, slots=True)
class _Body:
    """The sealed body of a mail, and how its sender wants it shown."""

    message: EncryptedMessage
    presentation: Presentation

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.message.octets).hexdigest()


@dataclass(frozen=True, slots=True)
class _Judged:
    """A mail the gate has let pass, and who sends it to whom."""

    mail: Accepted
    gateway: GatewayFacts
    sender: SenderFacts


class Reception:
    """Decides for the edge (its `Gatekeeper`)."""

    def __init__(
        self, settings: Settings, engine: Engine, committer: GroupCommitter, pool: OpenerPool, library: LibraryInForce
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._directory = DirectoryCache(engine)
        self._committer = committer
        self._pool = pool
        self._library = library
        self._resolve = ResolveDesk(settings, engine, pool, library)
        self._forms = FormsDesk(settings, library)
        self._keys = KeysDesk(settings, engine, pool, library)
        self._password_checks = asyncio.Semaphore(_PASSWORD_CHECKS)

    async def authenticate(self, login: str, password: str) -> Identity | None:
        """The officer, after the same work for an unknown login and a wrong password."""
        officer, usable = await asyncio.to_thread(
            self._read, lambda _, directory: _may_send(directory, directory.find_officer(login.lower()))
        )
        async with self._password_checks:
            good = await asyncio.to_thread(verify_password, officer.password_hash if officer else None, password)
        if officer is None or not usable or not good:
            return None
        return Identity(officer_id=officer.id, address=officer.address, party=officer.party)

    async def authenticate_key(self, tls_key: str, acting_for: str) -> Identity | None:
        """The machine whose row names this key."""
        officer, usable = await asyncio.to_thread(
            self._read,
            lambda connection, directory: _may_send(directory, find_officer_by_tls_key(connection, tls_key)),
        )
        if officer is None or not usable or acting_for.lower() not in {"", officer.address}:
            return None
        return Identity(officer_id=officer.id, address=officer.address, party=officer.party, tls_key=tls_key)

    async def admit_sender(self, identity: Identity) -> Reply:
        """An officer or a Party may have been suspended since AUTH; a machine's TLS certificate taken away."""
        officer, may_send = await asyncio.to_thread(
            self._read, lambda _, directory: _may_send(directory, directory.find_officer_by_id(identity.officer_id))
        )
        if identity.tls_key is not None and (officer is None or officer.tls_certificate != identity.tls_key):
            return SENDER_NOT_ACTIVE
        return SENDER_OK if may_send else SENDER_NOT_ACTIVE

    async def admit_recipient(self, identity: Identity, recipient: str) -> Reply:
        """The addresses of DESIGN §4 served here: `query@`, `keys@`, every Party's, `resolve@` and `forms@` if on.

        An officer who is not enrolled yet may write to `keys@` only.
        """
        local, _, domain = recipient.partition("@")
        if domain != self._settings.gateway.domain:
            return NO_SUCH_MAILBOX
        if local == KEYS_ADDRESS:
            return RECIPIENT_OK
        if not await asyncio.to_thread(self._read, lambda _, directory: _enrolled(directory, identity.officer_id)):
            return NOT_ENROLLED
        if local == QUERY_ADDRESS or (local == RESOLVE_ADDRESS and self._resolve.open):
            return RECIPIENT_OK
        if local == FORMS_ADDRESS and self._forms.open:
            return RECIPIENT_OK
        party = await asyncio.to_thread(self._read, lambda _, directory: directory.find_party(local.upper()))
        return RECIPIENT_OK if party is not None and party.member_on(datetime.now(UTC).date()) else NO_SUCH_MAILBOX

    async def receive(self, submission: Submission) -> Reply:
        """Judge a mail; `250` once it is durable."""
        try:
            return await self._receive(submission)
        except OpenerUnavailableError as error:
            note(PROGRAM, Event.FAILED, error=type(error))
            return TRY_AGAIN
        except SQLAlchemyError as error:
            note(PROGRAM, Event.DATABASE_AWAY, error=type(error))
            return STORAGE_FULL if _storage_is_full(error) else TRY_AGAIN

    async def _receive(self, submission: Submission) -> Reply:
        judged = await asyncio.to_thread(self._judge, submission)
        if isinstance(judged, Refused):
            return await self._refuse(submission, Refusal(judged.reply, judged.rule), None)
        found, gateway, sender = judged.mail, judged.gateway, judged.sender
        submission = replace(submission, receipt=_wants_receipt(submission, found.headers))
        local = submission.recipient.partition("@")[0]
        if local == QUERY_ADDRESS:
            return await self._receive_sealed(submission, found, gateway, sender)
        if local == RESOLVE_ADDRESS and self._resolve.open:
            return await self._receive_question(submission, found, gateway, sender)
        if local == KEYS_ADDRESS:
            return await self._receive_key_request(submission, found, gateway, sender)
        if local == FORMS_ADDRESS and self._forms.open:
            return await self._receive_request(submission, found, gateway, sender)
        return await self._receive_direct(submission, found, gateway, sender)

    async def _receive_question(
        self, submission: Submission, found: Accepted, gateway: GatewayFacts, sender: SenderFacts
    ) -> Reply:
        answer = await self._resolve.answer(submission, found, gateway, sender)
        if isinstance(answer, Refusal):
            return await self._refuse(submission, answer, None)
        queue_id = await self._committer.commit(answer.store)
        ring(self._settings.run_folder / "deliver.bell")
        note(PROGRAM, Event.ACCEPTED, queue_id=queue_id)
        return Reply(ACCEPTED.code, ACCEPTED.enhanced, f"{ACCEPTED.text} {queue_id}")

    async def _receive_request(
        self, submission: Submission, found: Accepted, gateway: GatewayFacts, sender: SenderFacts
    ) -> Reply:
        request = self._forms.answer(submission, found, gateway, sender)
        if isinstance(request, Refusal):
            return await self._refuse(submission, request, None)
        queue_id = await self._committer.commit(request.store)
        ring(self._settings.run_folder / "process.bell")
        note(PROGRAM, Event.ACCEPTED, queue_id=queue_id)
        return Reply(ACCEPTED.code, ACCEPTED.enhanced, f"{ACCEPTED.text} {queue_id}")

    async def _receive_key_request(
        self, submission: Submission, found: Accepted, gateway: GatewayFacts, sender: SenderFacts
    ) -> Reply:
        served = await self._keys.answer(submission, found, gateway, sender)
        if isinstance(served, Refusal):
            return await self._refuse(submission, served, None)
        ring(self._settings.run_folder / "process.bell")
        for address in served.disconnect:
            await asyncio.to_thread(disconnect, self._settings, address)
        note(PROGRAM, Event.ACCEPTED, queue_id=served.queue_id)
        return Reply(ACCEPTED.code, ACCEPTED.enhanced, f"{ACCEPTED.text} {served.queue_id}")

    async def _receive_direct(
        self, submission: Submission, found: Accepted, gateway: GatewayFacts, sender: SenderFacts
    ) -> Reply:
        if found.shape is Shape.SEALED:
            return await self._refuse(submission, Refusal(MALFORMED, SHAPE_RULE), None)
        inline = found.shape is Shape.INLINE
        body = _Body(found.messages[0], Presentation.INLINE if inline else Presentation.MIME)
        facts = await asyncio.to_thread(
            self._read,
            lambda connection, directory: direct_facts(
                connection,
                directory,
                gateway=gateway,
                sender=sender,
                recipient=submission.recipient,
                headers=found.headers,
                body_recipients=body.message.recipients,
                body_sha256=body.sha256,
                library=self._library,
            ),
        )
        verdict = judge_facts(DIRECT_TABLE, facts)
        if verdict.refusal is not None:
            return await self._refuse(submission, verdict.refusal, facts)
        headers = found.headers
        claimed = bool(headers.in_reply_to or headers.references or headers.subject_token)
        return await self._accept(
            submission, facts, body, (GATE_RULE, *verdict.passed), unmatched_reply=claimed and facts.exchange is None
        )

    async def _receive_sealed(
        self, submission: Submission, found: Accepted, gateway: GatewayFacts, sender: SenderFacts
    ) -> Reply:
        early = judge_facts(SENDER_RULES, facts_of_sender(gateway, sender, self._library))
        if early.refusal is not None or sender.certificate is None:
            return await self._refuse(submission, early.refusal or Refusal(SENDER_NOT_ACTIVE, "sender"), None)
        opened, body_message = await self._open(found, gateway, sender)
        kind = opened.slip.body_kind if opened.slip is not None else BodyKind.MIME
        body = _Body(body_message, Presentation.FILE if kind is BodyKind.FILE else Presentation.MIME)
        facts = await asyncio.to_thread(
            self._read,
            lambda connection, directory: sealed_facts(
                connection,
                directory,
                gateway=gateway,
                sender=sender,
                opened=opened,
                body_recipients=body.message.recipients,
                body_sha256=body.sha256,
                library=self._library,
            ),
        )
        authentic = judge_facts(SENDER_RULES + SLIP_RULES, facts)
        if authentic.refusal is not None:
            return await self._refuse(submission, authentic.refusal, facts)
        if facts.slip is not None and facts.slip.seen_body_sha256 == body.sha256:
            note(PROGRAM, Event.DUPLICATE)  # an honest retry: it was accepted then, whatever changed since
            return ACCEPTED
        route = judge_facts(ROUTE_RULES, facts)
        if route.refusal is not None:
            return await self._refuse(submission, route.refusal, facts)
        passed = (GATE_RULE, *authentic.passed, *route.passed)
        return await self._accept(submission, facts, body, passed, unmatched_reply=False)

    async def _open(
        self, found: Accepted, gateway: GatewayFacts, sender: SenderFacts
    ) -> tuple[OpenedSlip, EncryptedMessage]:
        """Have a worker open the slip: beside the body, or in a mail around both."""
        cover = found.shape is not Shape.SEALED
        slip_message = body_message = found.messages[0]
        if not cover:
            ours = [bool(gateway.key_ids & frozenset(message.recipients)) for message in found.messages]
            if ours.count(True) != 1:
                failed = JobResult(Outcome.NO_SLIP)
                return OpenedSlip(failed, tuple(sorted(gateway.key_ids)), None), found.messages[1]
            slip_message, body_message = found.messages if ours[0] else reversed(found.messages)
        result = JobResult(Outcome.BAD_SIGNATURE)
        for certificate in sender.certificates:
            result = await self._pool.open(
                Job(
                    kind=JobKind.COVER if cover else JobKind.SLIP,
                    gateway_key_ids=tuple(sorted(gateway.key_ids)),
                    size_limit=self._settings.submission.size_limit,
                    message=slip_message.octets,
                    certificate=certificate.octets,
                )
            )
            if result.outcome is not Outcome.BAD_SIGNATURE:
                break  # else the one before may have signed, in its overlap
        slip = parse_slip(result.slip) if result.outcome is Outcome.OPENED else None
        if cover and slip is not None:
            body_message = inspect_message(result.body)
        return OpenedSlip(result, slip_message.recipients, slip), body_message

    async def _accept(
        self, submission: Submission, facts: Facts, body: _Body, passed: tuple[str, ...], *, unmatched_reply: bool
    ) -> Reply:
        acceptance = Acceptance(
            facts=facts,
            size=len(submission.octets),
            body=body.message.octets,
            presentation=body.presentation,
            rules_passed=passed,
            unmatched_reply=unmatched_reply,
            pilot=self._settings.gateway.pilot,
            receipt=submission.receipt,
        )
        queue_id = await self._committer.commit(acceptance.store)
        ring(self._settings.run_folder / "process.bell")
        note(PROGRAM, Event.ACCEPTED, queue_id=queue_id)
        return Reply(ACCEPTED.code, ACCEPTED.enhanced, f"{ACCEPTED.text} {queue_id}")

    async def _refuse(self, submission: Submission, refusal: Refusal, facts: Facts | None) -> Reply:
        await self._committer.commit(
            lambda connection: log_refusal(
                connection,
                refusal,
                facts,
                party=submission.identity.party,
                officer=submission.identity.officer_id,
                size=len(submission.octets),
                pilot=self._settings.gateway.pilot,
            )
        )
        if refusal.notice is not None:
            ring(self._settings.run_folder / "process.bell")
        note(PROGRAM, Event.REFUSED, rule=refusal.text_key, code=refusal.reply.enhanced)
        return refusal.reply

    def _judge(self, submission: Submission) -> Refused | _Judged:
        """The gate, and what is known of the gateway and the sender; on one thread, since each change of it costs."""
        found = judge(submission.octets, size_limit=self._settings.submission.size_limit)
        if isinstance(found, Refused):
            return found
        now = datetime.now(UTC)
        return self._read(
            lambda _, directory: _Judged(
                found,
                gateway_facts(directory, self._settings, now),
                sender_facts(directory, submission.identity.officer_id, found.headers, now),
            )
        )

    def _read(self, work: Callable[[Connection, DirectoryView], Result]) -> Result:
        with self._engine.connect() as connection:
            return work(connection, self._directory.view(connection))


def _may_send(directory: DirectoryView, officer: Officer | None) -> tuple[Officer | None, bool]:
    """The officer, and whether they and their Party are active."""
    if officer is None:
        return None, False
    party = directory.find_party(officer.party)
    return officer, officer.active and party is not None and party.member_on(datetime.now(UTC).date())


def _enrolled(directory: DirectoryView, officer_id: int) -> bool:
    """Whether the officer's certificate was approved."""
    officer = directory.find_officer_by_id(officer_id)
    return officer is not None and officer.enrolled


def _wants_receipt(submission: Submission, headers: Headers) -> bool:
    """Asked for at RCPT, or in the header for nobody else than the sender (RFC 8098 §2.1)."""
    receipt_to = headers.receipt_to
    return submission.receipt or (receipt_to is not None and receipt_to.lower() == submission.identity.address)


def _storage_is_full(error: SQLAlchemyError) -> bool:
    original = error.orig if isinstance(error, DBAPIError) else None
    return isinstance(original, sqlite3.Error) and original.sqlite_errorcode == sqlite3.SQLITE_FULL
