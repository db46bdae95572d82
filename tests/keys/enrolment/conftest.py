"""The directory after the ceremony: a root is installed, access is derived from the chain."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from keyring_admin.database import empty_write_ahead_log, metadata, open_database, write_transaction

from ..administration import LONG_AGO, World, make_world
from ..conftest import Homes
from ..people import Person, make_person


@pytest.fixture(scope="session")
def cast(homes: Homes) -> Callable[[str], Person]:
    """The same person each time, with a key that is 100 days old; do not revoke or renew them."""
    known: dict[str, Person] = {}

    def find(user_id: str) -> Person:
        if user_id not in known:
            known[user_id] = make_person(homes.new(), user_id, at=LONG_AGO, expire="2y")
        return known[user_id]

    return find


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, cast: Callable[[str], Person]) -> Path:
    """A database made once, copied for each test."""
    file = tmp_path_factory.mktemp("template") / "directory.db"
    engine = open_database(f"sqlite:///{file}")
    metadata.create_all(engine)
    with write_transaction(engine) as connection:
        make_world(connection, cast)
    empty_write_ahead_log(engine)
    engine.dispose()
    return file


@pytest.fixture
def world(tmp_path: Path, template: Path, cast: Callable[[str], Person]) -> Iterator[World]:
    """Root, two people of the Secretariat, two Parties with administrators and reading certificates."""
    file = tmp_path / "directory.db"
    shutil.copyfile(template, file)
    engine = open_database(f"sqlite:///{file}")
    with write_transaction(engine) as connection:
        yield World(connection, cast)
    engine.dispose()
