"""What the programs say about themselves: one JSON line an event on standard error, from allow-listed fields only.

There is no field for an address, a Subject, a Message-ID, an IP address or a text somebody else wrote. A line that
cannot be written is lost: nothing else depends on it.
"""

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum

_LONGEST_VALUE = 256


class Event(StrEnum):
    """Everything that can be said."""

    STARTED = "started"
    STOPPED = "stopped"
    CHILD_EXITED = "child-exited"
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    PROCESSED = "processed"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    RETURNED = "returned"
    NOTICE_HELD = "notice-held"  # its holder has no certificate to encrypt to
    NOTICE_DROPPED = "notice-dropped"  # its holder has left, or it was held for 90 days
    SHUNTED = "shunted"
    FAILED = "failed"
    DATABASE_AWAY = "database-away"
    LIBRARY_LOADED = "library-loaded"
    LIBRARY_REFUSED = "library-refused"
    LIBRARY_UNSIGNED = "library-unsigned"  # no release keys are configured: development
    TLS_RELOADED = "tls-reloaded"
    KEY_ROTATED = "key-rotated"  # the gateway's; count: how many old secrets were destroyed
    ACCESS_DERIVED = "access-derived"  # count: certificates whose state time alone changed
    KEYS_RELOADED = "keys-reloaded"  # by the programs that open slips


def note(
    program: str,
    event: Event,
    *,
    queue_id: str | None = None,
    rule: str | None = None,
    code: str | None = None,
    count: int | None = None,
    error: type[BaseException] | None = None,
) -> None:
    """Write one line, whatever the values are (CWE-117). error: only the name of the type is told, never its text."""
    line = {
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "program": program,
        "event": event.value,
        "queue_id": queue_id,
        "rule": rule,
        "code": code,
        "count": count,
        "error": error.__name__ if error is not None else None,
    }
    told = {key: value[:_LONGEST_VALUE] if isinstance(value, str) else value for key, value in line.items()}
    with suppress(OSError):  # a full disk behind the journal, or a reader that has gone, stops no mail
        print(json.dumps({key: value for key, value in told.items() if value is not None}), file=sys.stderr, flush=True)
