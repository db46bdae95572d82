"""The key log in the database: append, read. The caller owns the transaction, in which the change itself is made."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, text

from keyring_admin.acts.actor import Actor
from keyring_admin.administration_schema import key_log, key_log_evidence
from keyring_admin.key_log.chain import BEGINNING, DETAILS_LIMIT, Detail, Entry, KeyLogError, canonical_json

_PAGE = 1000


def record(
    connection: Connection,
    act: str,
    actor: Actor,
    *,
    now: datetime,
    party: str | None = None,
    subject: str | None = None,
    details: Mapping[str, Detail] | None = None,
) -> Entry:
    """Append one entry and return it.

    act: what was done, such as `officer-admitted`; party: whose entry changed; subject: a full fingerprint.
    Raises KeyLogError if the details are too long.
    """
    written = canonical_json(details or {})
    if len(written.encode()) > DETAILS_LIMIT:
        raise KeyLogError("key log: the details of an entry are too long")
    if connection.dialect.name != "sqlite":  # there, the write lock is held already
        connection.execute(text("LOCK TABLE key_log IN SHARE ROW EXCLUSIVE MODE"))
    last = last_entry(connection)
    evidence = hashlib.sha256(actor.evidence).hexdigest() if actor.evidence else None
    entry = Entry(
        sequence=last.sequence + 1 if last is not None else 1,
        at=now.astimezone(UTC).replace(microsecond=0),
        act=act,
        party=party,
        subject=subject,
        details=written,
        actor=actor.name,
        signed_by=actor.certificate,
        evidence_sha256=evidence,
        previous=last.hash if last is not None else BEGINNING,
    )
    entry = replace(entry, hash=entry.computed_hash())
    if evidence is not None and connection.scalar(_evidence(evidence)) is None:
        connection.execute(insert(key_log_evidence).values(sha256=evidence, octets=actor.evidence))
    connection.execute(insert(key_log).values({column.name: getattr(entry, column.name) for column in key_log.columns}))
    return entry


def last_entry(connection: Connection) -> Entry | None:
    """The head of the log."""
    row = connection.execute(select(key_log).order_by(key_log.c.sequence.desc()).limit(1)).mappings().first()
    return _entry(row) if row is not None else None


def entries(connection: Connection, *, after: int = 0, party: str | None = None) -> Iterator[Entry]:
    """The entries in their order, those of one Party only if it is named. after: sequence of the last one known."""
    while True:
        query = select(key_log).where(key_log.c.sequence > after).order_by(key_log.c.sequence).limit(_PAGE)
        if party is not None:
            query = query.where(key_log.c.party == party)
        page = [_entry(row) for row in connection.execute(query).mappings()]
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].sequence


def evidence_of(connection: Connection, entry: Entry) -> bytes | None:
    """What the entry rests on, as it came."""
    if entry.evidence_sha256 is None:
        return None
    octets: bytes | None = connection.scalar(_evidence(entry.evidence_sha256))
    return octets


def _evidence(sha256: str) -> Select[Any]:
    return select(key_log_evidence.c.octets).where(key_log_evidence.c.sha256 == sha256)


def _entry(row: RowMapping) -> Entry:
    return Entry(**row)
