"""`forms@` (DESIGN §4): an officer writes there, and gets the signed pattern library in force by mail.

Contract: nothing of the mail is opened; all it says is that an officer of a Party asks. What is sent carries the
signatures of two release keys, which the officer's tool checks; the gateway's own adds nothing to them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from gateway.acceptance import new_queue_id
from gateway.edge.ports import Submission
from gateway.envelope_log import EnvelopeEntry, EnvelopeOutcome, append_entry, size_class
from gateway.fact_finding import facts_of_sender
from gateway.gate import Accepted, Shape
from gateway.library import archive
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.release import ReleaseKeys, read_release
from gateway.library_in_force import LibraryInForce
from gateway.notices import Attachment
from gateway.policy.facts import GatewayFacts, NoticeKind, Refusal, SenderFacts
from gateway.policy.table import SENDER_RULES, judge_facts
from gateway.replies import MALFORMED, POLICY, RATE_LIMITED, SENDER_NOT_ACTIVE
from gateway.resolve.allowance import Allowance
from gateway.resolve.rules import encrypted_to_gateway
from gateway.settings import Settings
from keyring_admin.officers import Officer
from mailroom.notice_requests import NoticeRequest, request_notice

FORMS_ADDRESS = "forms"
MESSAGE_CLASS = "forms"
MAILED_AT_MOST = 4 * 1024 * 1024  # octets of library in one mail: beyond, an officer fetches it by HTTP
_VERSIONS_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class LibraryRequest:
    """An officer asks for the library. version: in force now. size: octets of the mail as submitted."""

    officer: Officer
    now: datetime
    pilot: bool
    size: int
    version: int
    kind: NoticeKind

    def store(self, connection: Connection) -> str:
        """Write the envelope log and ask for the notice; return its queue id."""
        queue_id = new_queue_id()
        append_entry(
            connection,
            EnvelopeEntry(
                at=self.now,
                outcome=EnvelopeOutcome.ACCEPTED,
                test=self.pilot,
                message_class=MESSAGE_CLASS,
                sending_party=self.officer.party,
                size_class=size_class(self.size),
            ),
        )
        request = NoticeRequest(
            id=0,
            requested_at=self.now,
            officer=self.officer.id,
            kind=self.kind.value,
            queue_id=queue_id,
            library_version=self.version,
        )
        request_notice(connection, request)
        return queue_id


class FormsDesk:
    """The edge's part: may this officer ask."""

    def __init__(self, settings: Settings, library: LibraryInForce) -> None:
        self._settings = settings
        self._library = library
        self._allowance = Allowance(settings.forms.requests_per_hour)

    @property
    def open(self) -> bool:
        """Whether `forms@` is an address of this deployment: there must be something signed to send."""
        return self._settings.forms.enabled and bool(self._settings.library.release_keys)

    def answer(
        self, submission: Submission, found: Accepted, gateway: GatewayFacts, sender: SenderFacts
    ) -> LibraryRequest | Refusal:
        """The request, to be stored, or why there is none."""
        if found.shape is Shape.SEALED:
            return Refusal(MALFORMED, "request-has-a-shape")
        refusal = judge_facts(SENDER_RULES, facts_of_sender(gateway, sender, self._library)).refusal
        officer = sender.officer
        if refusal is not None or officer is None:
            return refusal or Refusal(SENDER_NOT_ACTIVE, "sender")
        if not encrypted_to_gateway(found.messages[0].recipients, gateway, sender):
            return Refusal(POLICY, "request-is-for-gateway")
        if not self._allowance.take(officer.id):
            return Refusal(RATE_LIMITED, "request-within-rate")
        small = len(self._library.octets) <= MAILED_AT_MOST
        return LibraryRequest(
            officer=officer,
            now=gateway.now,
            pilot=self._settings.gateway.pilot,
            size=len(submission.octets),
            version=self._library.library.version,
            kind=NoticeKind.LIBRARY if small else NoticeKind.LIBRARY_TOO_LARGE,
        )


@dataclass(frozen=True, slots=True)
class LibraryFiles:
    """The processing program's part: the files to attach. file: the library in force.

    keys: asked for when needed; that they are missing parks a notice, and stops no other mail.
    """

    file: Path
    keys: Callable[[], ReleaseKeys | None]

    def attachments(self, connection: Connection) -> tuple[Attachment, ...]:
        """The library in force, and the versions before it, so that an older copy can follow step by step.

        Raises LibraryLifeError or LibraryError: what an officer would refuse is not sent.
        """
        keys = self.keys()
        if keys is None:
            raise LibraryLifeError(Problem.NO_RELEASE_KEYS)
        octets = self.file.read_bytes()
        newest = read_release(octets, keys).library.version
        files, total = [_attachment(newest, octets)], len(octets)
        for number, released in archive.released_before(connection, newest, at_most=_VERSIONS_AT_MOST - 1):
            total += len(released)
            if total > MAILED_AT_MOST:
                break
            files.append(_attachment(number, released))
        return tuple(reversed(files))


def _attachment(number: int, octets: bytes) -> Attachment:
    return Attachment(f"library-{number}.gsp", octets)
