"""What the rules judge: values gathered before, so that each rule is a pure function."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from forms.slip import MessageClass, Slip
from gateway.opener.frames import Outcome
from gateway.replies import Reply
from keyring_admin.certificate_store import Certificate
from keyring_admin.officers import Officer
from keyring_admin.parties import Party
from mailroom.exchanges import Exchange


class NoticeKind(StrEnum):
    """Notices the gateway writes to an officer; docs/states.md tells when."""

    PATTERN_MOVED = "pattern-moved"
    RETURNED = "returned"
    NEW_QUERY = "new-query"
    RECEIPT = "receipt"
    DELAYED = "delayed"
    CERTIFICATE_ENDS = "certificate-ends"
    OFFICERS_CERTIFICATE_ENDS = "officers-certificate-ends"
    READING_CERTIFICATE_ENDS = "reading-certificate-ends"
    GATEWAY_CERTIFICATE = "gateway-certificate"
    MAIL_NOT_READABLE = "mail-not-readable"
    PARTY_CANNOT_READ = "party-cannot-read"
    NO_READING_CERTIFICATE = "no-reading-certificate"
    LIBRARY = "library"
    LIBRARY_TOO_LARGE = "library-too-large"
    KEY_CHALLENGE = "key-challenge"
    KEY_PROVED = "key-proved"
    KEY_APPROVAL = "key-approval"
    KEY_ENROLLED = "key-enrolled"
    KEY_REPLACED = "key-replaced"
    KEY_REJECTED = "key-rejected"
    KEY_DONE = "key-done"
    KEY_RENEWED = "key-renewed"
    KEY_REFUSED = "key-refused"
    KEY_INVITED = "key-invited"
    KEY_PASSWORD = "key-password"  # noqa: S105 - the name of a notice
    KEY_LIST = "key-list"
    KEY_REVOKED = "key-revoked"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a mail is not accepted. text_key: stable name of the explanation in docs and statistics."""

    reply: Reply
    text_key: str
    notice: NoticeKind | None = None


@dataclass(frozen=True, slots=True)
class GatewayFacts:
    """The gateway itself, its clock and its limits."""

    now: datetime
    fingerprint: str
    key_ids: frozenset[str]  # of its encryption subkeys in force
    slip_life: timedelta
    clock_tolerance: timedelta
    refuse_readable_subject: bool = False


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """Who sends, as the directory knows it at this moment."""

    officer: Officer | None
    party: Party | None
    certificate: Certificate | None
    header_address: str  # the one address in From
    party_key_ids: frozenset[str]  # encryption subkeys of the sender's Party's reading certificates
    readable_subject: bool = False  # whether the Subject of the mail says something
    previous: Certificate | None = None  # replaced, in its overlap: what it signed is still the officer's

    def encryption_key_ids(self, now: datetime) -> frozenset[str]:
        """The key IDs under which the officer can read what the officer wrote."""
        return frozenset[str]().union(*(one.encryption_key_ids(now) for one in self.certificates))

    def signing_fingerprints(self, now: datetime) -> frozenset[str]:
        """The keys with which the officer may sign."""
        return frozenset[str]().union(*(one.signing_fingerprints(now) for one in self.certificates))

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The officer's, the one in use first."""
        return tuple(one for one in (self.certificate, self.previous) if one is not None)


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """What the worker found in the routing slip."""

    outcome: Outcome
    recipients: tuple[str, ...]  # key IDs the slip, or the mail around it, is encrypted to
    slip: Slip | None
    signer: str | None
    signed_at: datetime | None
    seen_body_sha256: str | None  # with which body this officer used this slip id before


@dataclass(frozen=True, slots=True)
class LibraryFacts:
    """The pattern library in force, as far as the slip asks about it."""

    version: int
    expires: datetime
    pattern_parties: frozenset[str]  # Parties the slip's pattern may route to; empty if unknown or without a Party


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the rules may look at."""

    gateway: GatewayFacts
    sender: SenderFacts
    party: Party | None  # the Party the mail is for
    party_key_ids: frozenset[str]  # its encryption subkeys in force
    message_class: MessageClass
    body_recipients: tuple[str, ...]
    body_sha256: str
    exchange: Exchange | None  # the exchange it belongs to already
    slip: SlipFacts | None  # None: direct mail
    library: LibraryFacts
