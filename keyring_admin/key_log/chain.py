"""One entry of the key log, and the hash that binds it to all before it. Pure: Parties run the same code."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

FORMAT = "gsp-key-log-1"
BEGINNING = "0" * 64  # what the first entry names as its predecessor
DETAILS_LIMIT = 16 * 1024  # octets of canonical JSON

Detail = str | int | bool | None | list[str]


class KeyLogError(ValueError):
    """The log is not what it says: an entry was changed, removed, or put in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. at: UTC, whole seconds. subject: fingerprint. details: canonical JSON. hashes: lower-case hex."""

    sequence: int
    at: datetime
    act: str
    party: str | None
    subject: str | None
    details: str
    actor: str
    signed_by: str | None
    evidence_sha256: str | None
    previous: str
    hash: str = field(default="")

    def computed_hash(self) -> str:
        """SHA-256 over the canonical octets of everything but the hash itself."""
        values = asdict(self)
        del values["hash"]
        values["at"] = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return hashlib.sha256(f"{FORMAT}\n{canonical_json(values)}".encode()).hexdigest()


def canonical_json(values: Mapping[str, object]) -> str:
    """The one spelling: sorted keys, no spaces, UTF-8 (RFC 8785 for the values used here: no fractions)."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def verify_entries(entries: Iterable[Entry], *, after: Entry | None = None) -> Entry | None:
    """Check that each entry follows the one before it; return the last. after: the last entry already trusted.

    Raises KeyLogError naming the entry that does not fit.
    """
    last = after
    for entry in entries:
        previous, expected = (last.hash, last.sequence + 1) if last is not None else (BEGINNING, 1)
        if entry.sequence != expected:
            raise KeyLogError(f"key log: entry {expected} is missing")
        if entry.previous != previous or entry.hash != entry.computed_hash():
            raise KeyLogError(f"key log: entry {entry.sequence} was changed, or one before it")
        last = entry
    return last
