"""A Party's duty to replace its reading certificate after somebody who held its key left (DESIGN §8)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from keyring_admin.administration_schema import reading_rotations
from keyring_admin.certificate_store import reading_certificates


@dataclass(frozen=True, slots=True)
class Rotation:
    """certificate: fingerprint of the reading certificate that has to go. done_at: None while it is owed."""

    party: str
    certificate: str
    reason: str
    due_at: datetime
    done_at: datetime | None


def open_rotation(
    connection: Connection, party: str, *, reason: str, due_at: datetime, now: datetime
) -> tuple[str, ...]:
    """Note for every reading certificate in force that it has to go; return their fingerprints.

    What is owed already stays owed from its first day.
    """
    owed = {rotation.certificate for rotation in rotations(connection, party) if rotation.done_at is None}
    in_force = [one.fingerprint for one in reading_certificates(connection, party) if one.valid_at(now)]
    for fingerprint in in_force:
        if fingerprint not in owed:
            connection.execute(
                insert(reading_rotations).values(party=party, certificate=fingerprint, reason=reason, due_at=due_at)
            )
    return tuple(in_force)


def close_rotations(connection: Connection, *, now: datetime) -> int:
    """Note as done what a Party owed and has done: that certificate is out of force, and another is in force."""
    closed = 0
    owed = select(reading_rotations).where(reading_rotations.c.done_at.is_(None))
    for row in connection.execute(owed).mappings().all():
        certificates = reading_certificates(connection, row["party"])
        gone = not any(one.valid_at(now) for one in certificates if one.fingerprint == row["certificate"])
        others = [one for one in certificates if one.fingerprint != row["certificate"]]
        if gone and any(one.encryption_key_ids(now) for one in others):
            done = update(reading_rotations).where(reading_rotations.c.id == row["id"])
            connection.execute(done.values(done_at=now))
            closed += 1
    return closed


def rotations(connection: Connection, party: str) -> list[Rotation]:
    """What the Party owes and has done, in the order of its days."""
    query = select(reading_rotations).where(reading_rotations.c.party == party)
    rows = connection.execute(query.order_by(reading_rotations.c.due_at, reading_rotations.c.id)).mappings()
    return [Rotation(row["party"], row["certificate"], row["reason"], row["due_at"], row["done_at"]) for row in rows]
