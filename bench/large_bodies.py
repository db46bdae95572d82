"""What one large mail costs everybody else: for how long the database's one write lock is held for its body.

Measured alone, with the tables, settings and disk of the gateway: once to store the body, once to delete it.
"""

import os
import statistics
import time
from pathlib import Path

from sqlalchemy import Engine, delete, insert

import gateway.schema  # noqa: F401 - its table belongs to the database
import keyring_admin.schema  # noqa: F401
from keyring_admin.database import metadata, open_database, write_transaction
from mailroom.schema import bodies

_ROUNDS = 5


def lock_held_ms(folder: Path, octets: int) -> tuple[float, float]:
    """Median milliseconds of the transactions that store and delete a body of so many octets."""
    engine = open_database(f"sqlite:///{folder / 'large.db'}")
    metadata.create_all(engine)
    body = os.urandom(octets)
    stored, deleted = zip(*(_once(engine, body) for _ in range(_ROUNDS)), strict=True)
    engine.dispose()
    return statistics.median(stored), statistics.median(deleted)


def _once(engine: Engine, body: bytes) -> tuple[float, float]:
    started = time.perf_counter()
    with write_transaction(engine) as connection:
        made = connection.execute(insert(bodies).values(octets=body)).inserted_primary_key
    between = time.perf_counter()
    with write_transaction(engine) as connection:
        connection.execute(delete(bodies).where(bodies.c.id == (made[0] if made else 0)))
    return (between - started) * 1000, (time.perf_counter() - between) * 1000
