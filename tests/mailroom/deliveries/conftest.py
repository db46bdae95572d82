"""The queue on SQLite and on PostgreSQL, with the directory's and the queue's own tables."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

import mailroom.notice_requests
import mailroom.schema
from keyring_admin.database import metadata, open_database

from .queue_world import QueueWorld
from .servers import PROGRAMS, LmtpServer, Postgresql

assert mailroom.notice_requests
assert mailroom.schema


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    if not (PROGRAMS / "initdb").exists():
        warnings.warn("PostgreSQL is not installed: the queue is NOT tested on it", stacklevel=1)
        pytest.skip("needs the package postgresql")
    server = Postgresql()
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'queue.db'}"
    else:
        url = request.getfixturevalue("postgresql").url
    engine = open_database(url)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def lmtp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LmtpServer]:
    server = LmtpServer(tmp_path_factory.mktemp("s") / "lmtp")
    yield server
    server.hold.set()
    server.stop()


@pytest.fixture
def queue(engine: Engine, lmtp: LmtpServer) -> Iterator[QueueWorld]:
    world = QueueWorld(engine, lmtp)
    yield world
    world.stop()
