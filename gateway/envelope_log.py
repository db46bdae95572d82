"""The envelope log: one row for each mail accepted, refused, delivered or returned; only allow-listed columns."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert

from gateway.schema import envelope_log

_APPEND = insert(envelope_log).returning(envelope_log.c.sequence)


class EnvelopeOutcome(StrEnum):
    """What became of a mail."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DELIVERED = "delivered"
    RETURNED = "returned"
    RESTORED = "restored"  # no mail: the deployment came out of a backup, positions before it may have been given away


@dataclass(frozen=True, slots=True)
class EnvelopeEntry:
    """One row. None: not known, or not to be known."""

    at: datetime
    outcome: EnvelopeOutcome
    test: bool
    message_class: str | None = None
    exchange: str | None = None
    sending_party: str | None = None
    receiving_party: str | None = None
    form_pack: str | None = None
    form_version: str | None = None
    size_class: int | None = None
    mode: str | None = None
    uid_count: int | None = None
    rule: str | None = None


def append_entry(connection: Connection, entry: EnvelopeEntry) -> int:
    """Append a row and return its position."""
    position: int = connection.execute(
        _APPEND,
        {
            "at": entry.at,
            "outcome": entry.outcome.value,
            "message_class": entry.message_class,
            "exchange": entry.exchange,
            "sending_party": entry.sending_party,
            "receiving_party": entry.receiving_party,
            "form_pack": entry.form_pack,
            "form_version": entry.form_version,
            "size_class": entry.size_class,
            "mode": entry.mode,
            "uid_count": entry.uid_count,
            "rule": entry.rule,
            "test": entry.test,
        },
    ).scalar_one()
    return position


def size_class(octets: int) -> int:
    """The size of a mail as the next power of two, at least 1024: an exact size would tell mails apart."""
    return max(1024, 1 << (octets - 1).bit_length())
