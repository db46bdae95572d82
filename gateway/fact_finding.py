"""Gathers the facts the rules judge: from the directory, the queue and the library, in one read transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from forms.slip import MessageClass, Slip
from gateway.gate import Headers
from gateway.library_in_force import LibraryInForce
from gateway.opener.frames import JobResult
from gateway.policy.facts import Facts, GatewayFacts, SenderFacts, SlipFacts
from gateway.settings import Settings
from keyring_admin.certificate_store import Certificate
from keyring_admin.directory_cache import DirectoryView
from keyring_admin.officers import Officer
from keyring_admin.parties import Party
from mailroom.exchanges import (
    Exchange,
    find_exchange,
    find_exchange_by_token,
    find_exchanges_by_message_ids,
)
from mailroom.intake import seen_slip


@dataclass(frozen=True, slots=True)
class OpenedSlip:
    """A slip as a worker gave it back, parsed; `slip` is None when it could not be opened."""

    result: JobResult
    recipients: tuple[str, ...]
    slip: Slip | None


def gateway_facts(directory: DirectoryView, settings: Settings, now: datetime) -> GatewayFacts:
    """The gateway itself: its clock, its limits, its keys in force."""
    key_ids: frozenset[str] = frozenset()
    for certificate in directory.gateway_certificates():
        key_ids |= certificate.encryption_key_ids(now)
    return GatewayFacts(
        now=now,
        fingerprint=settings.gateway.fingerprint,
        key_ids=key_ids,
        slip_life=timedelta(days=settings.policy.slip_days),
        clock_tolerance=timedelta(minutes=settings.policy.clock_tolerance_minutes),
        refuse_readable_subject=settings.policy.refuse_readable_subject,
    )


def sender_facts(directory: DirectoryView, officer_id: int, headers: Headers, now: datetime) -> SenderFacts:
    """The sender, as the directory knows them now."""
    officer = directory.find_officer_by_id(officer_id)
    party = directory.find_party(officer.party) if officer is not None else None
    certificate = None
    if officer is not None and officer.certificate is not None:
        certificate = directory.find_certificate(officer.certificate)
    return SenderFacts(
        previous=_previous(directory, officer, now),
        officer=officer,
        party=party,
        certificate=certificate,
        header_address=headers.sender,
        party_key_ids=party_key_ids(directory, party, now),
        readable_subject=headers.readable_subject,
    )


def _previous(directory: DirectoryView, officer: Officer | None, now: datetime) -> Certificate | None:
    """The certificate that was replaced, until its overlap ends."""
    if officer is None or officer.previous_certificate is None or officer.previous_until is None:
        return None
    certificate = directory.find_certificate(officer.previous_certificate) if now < officer.previous_until else None
    return certificate if certificate is not None and certificate.valid_at(now) else None


def party_key_ids(directory: DirectoryView, party: Party | None, now: datetime) -> frozenset[str]:
    """The key IDs under which a Party can read at `now`."""
    key_ids: frozenset[str] = frozenset()
    for certificate in directory.reading_certificates(party.code) if party is not None else ():
        key_ids |= certificate.encryption_key_ids(now)
    return key_ids


def facts_of_sender(gateway: GatewayFacts, sender: SenderFacts, library: LibraryInForce) -> Facts:
    """As much as is known before anything is opened: enough for the rules about the sender."""
    return Facts(
        gateway=gateway,
        sender=sender,
        party=None,
        party_key_ids=frozenset(),
        message_class=MessageClass.QUERY,
        body_recipients=(),
        body_sha256="",
        exchange=None,
        slip=None,
        library=library.facts(None),
    )


def direct_facts(
    connection: Connection,
    directory: DirectoryView,
    *,
    gateway: GatewayFacts,
    sender: SenderFacts,
    recipient: str,
    headers: Headers,
    body_recipients: tuple[str, ...],
    body_sha256: str,
    library: LibraryInForce,
) -> Facts:
    """The facts of a mail to a Party's own address. What fits no exchange is a new query."""
    party = directory.find_party(recipient.partition("@")[0].upper())
    exchange = matching_exchange(connection, headers, sender.party, party)
    asked = exchange is not None and sender.party is not None and exchange.requested_party == sender.party.code
    return Facts(
        gateway=gateway,
        sender=sender,
        party=party,
        party_key_ids=party_key_ids(directory, party, gateway.now),
        message_class=MessageClass.REPLY if asked else MessageClass.QUERY,
        body_recipients=body_recipients,
        body_sha256=body_sha256,
        exchange=exchange,
        slip=None,
        library=library.facts(None),
    )


def matching_exchange(
    connection: Connection, headers: Headers, sender: Party | None, addressed: Party | None
) -> Exchange | None:
    """By In-Reply-To and References, else by the token in the Subject; only between just these two Parties."""
    if sender is None or addressed is None:
        return None
    named = (*headers.in_reply_to, *reversed(headers.references))
    for exchange in find_exchanges_by_message_ids(connection, named):
        if exchange.other_side(sender.code) == addressed.code:
            return exchange
    token = headers.subject_token
    by_token = find_exchange_by_token(connection, token) if token is not None else None
    return by_token if by_token is not None and by_token.other_side(sender.code) == addressed.code else None


def sealed_facts(
    connection: Connection,
    directory: DirectoryView,
    *,
    gateway: GatewayFacts,
    sender: SenderFacts,
    opened: OpenedSlip,
    body_recipients: tuple[str, ...],
    body_sha256: str,
    library: LibraryInForce,
) -> Facts:
    """The facts of a mail to `query@`: where it goes is what its slip says."""
    slip = opened.slip
    party, exchange, seen = None, None, None
    message_class = slip.message_class if slip is not None else MessageClass.QUERY
    if slip is not None:
        answers = message_class in {MessageClass.REPLY, MessageClass.ACKNOWLEDGEMENT}
        party = directory.find_party(slip.requesting_party if answers else slip.requested_party)
        exchange = find_exchange(connection, slip.exchange or slip.id)
        seen = seen_slip(connection, sender.officer.id, slip.id) if sender.officer is not None else None
    return Facts(
        gateway=gateway,
        sender=sender,
        party=party,
        party_key_ids=party_key_ids(directory, party, gateway.now),
        message_class=message_class,
        body_recipients=body_recipients,
        body_sha256=body_sha256,
        exchange=exchange,
        slip=SlipFacts(
            outcome=opened.result.outcome,
            recipients=opened.recipients,
            slip=slip,
            signer=opened.result.signer,
            signed_at=opened.result.signed_at,
            seen_body_sha256=seen,
        ),
        library=library.facts(slip.pattern_id if slip is not None else None),
    )
