"""Taking responsibility for a mail, or refusing it: what is written, in one transaction.

The envelope log gets a row either way; the queue only when every rule has let the mail pass.
"""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection

from forms.identifiers import new_identifier, new_token
from gateway.envelope_log import EnvelopeEntry, EnvelopeOutcome, append_entry, size_class
from gateway.policy.facts import Facts, Refusal
from mailroom.exchanges import Exchange, Mode, open_exchange
from mailroom.intake import AcceptedMail, Presentation, remember_slip, store_mail
from mailroom.notice_requests import NoticeRequest, request_notice


class NotJudgedError(RuntimeError):
    """A mail was to be stored whose facts no rule can have passed."""


def new_queue_id() -> str:
    """Names a mail in replies and in the journal; says nothing else."""
    return secrets.token_hex(8).upper()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A mail that passed every rule.

    size: octets as submitted; body: the sealed body's packets; receipt: its sender wants to be told of its delivery.
    """

    facts: Facts
    size: int
    presentation: Presentation
    rules_passed: tuple[str, ...]
    unmatched_reply: bool
    pilot: bool
    receipt: bool
    body: bytes = field(repr=False)

    def store(self, connection: Connection) -> str:
        """Write exchange, envelope log, queue and slip; return the queue id."""
        facts, sender, party = self.facts, self.facts.sender, self.facts.party
        if sender.officer is None or sender.party is None or party is None:
            raise NotJudgedError("a mail without sender or Party was to be accepted")
        slip = facts.slip.slip if facts.slip is not None else None
        mode = Mode.SEALED if slip is not None else Mode.DIRECT
        exchange = facts.exchange
        if exchange is None:
            exchange = Exchange(
                id=slip.id if slip is not None else new_identifier(),
                token=new_token(),
                mode=mode,
                requesting_party=sender.party.code,
                requested_party=party.code,
                created_at=facts.gateway.now,
            )
            open_exchange(connection, exchange)
        position = append_entry(
            connection,
            EnvelopeEntry(
                at=facts.gateway.now,
                outcome=EnvelopeOutcome.ACCEPTED,
                test=self.pilot,
                message_class=facts.message_class.value,
                exchange=exchange.id,
                sending_party=sender.party.code,
                receiving_party=party.code,
                form_pack=slip.form_pack if slip is not None else None,
                form_version=slip.form_version if slip is not None else None,
                size_class=size_class(self.size),
                mode=mode.value,
                uid_count=slip.uid_count if slip is not None else None,
            ),
        )
        mail = AcceptedMail(
            id=0,
            queue_id=new_queue_id(),
            accepted_at=facts.gateway.now,
            exchange=exchange.id,
            message_class=facts.message_class.value,
            mode=mode,
            presentation=self.presentation,
            sender=sender.officer.id,
            sending_party=sender.party.code,
            receiving_party=party.code,
            body_sha256=facts.body_sha256,
            library_version=facts.library.version,
            log_position=position,
            rules_passed=self.rules_passed,
            unmatched_reply=self.unmatched_reply,
            receipt=self.receipt,
        )
        store_mail(connection, mail, self.body)
        if slip is not None:
            # The signature may be older than the tolerance allows a clock to be: remember a little longer.
            expires_at = slip.expires + facts.gateway.clock_tolerance
            remember_slip(connection, sender.officer.id, slip.id, facts.body_sha256, expires_at)
        return mail.queue_id


def log_refusal(
    connection: Connection,
    refusal: Refusal,
    facts: Facts | None,
    *,
    party: str,
    officer: int,
    size: int,
    pilot: bool,
) -> None:
    """Write a refusal into the envelope log, and ask for the notice that explains it, if there is one."""
    slip = facts.slip.slip if facts is not None and facts.slip is not None else None
    now = datetime.now(UTC)
    append_entry(
        connection,
        EnvelopeEntry(
            at=now,
            outcome=EnvelopeOutcome.REFUSED,
            test=pilot,
            message_class=slip.message_class.value if slip is not None else None,
            sending_party=party,
            size_class=size_class(size),
            rule=refusal.text_key,
        ),
    )
    if refusal.notice is not None and facts is not None:
        request_notice(
            connection,
            NoticeRequest(
                id=0,
                requested_at=now,
                officer=officer,
                kind=refusal.notice.value,
                queue_id=slip.id if slip is not None else new_queue_id(),  # what the officer's tool printed
                parties=tuple(sorted(facts.library.pattern_parties)),
                library_version=facts.library.version,
            ),
        )
