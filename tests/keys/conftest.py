"""GnuPG homes for the people of all key tests: short paths (an agent's socket must fit), gone afterwards."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .people import Person, make_person, stop_agent


class Homes:
    """Makes GnuPG homes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Path] = []

    def new(self) -> Path:
        """A fresh empty home."""
        home = self._folder / str(len(self._made))
        home.mkdir(mode=0o700)
        self._made.append(home)
        return home

    def close(self) -> None:
        for home in self._made:
            stop_agent(home)
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture(scope="session")
def homes() -> Iterator[Homes]:
    """Homes that live as long as the session."""
    made = Homes(Path(tempfile.mkdtemp(prefix="gsp-k-", dir="/tmp")))
    yield made
    made.close()


@pytest.fixture(scope="session")
def someone(homes: Homes) -> Callable[[str], Person]:
    """`someone("Alice <alice@customs.ke.test>")`: the same person each time; do not revoke or renew them."""
    known: dict[str, Person] = {}

    def find(user_id: str) -> Person:
        if user_id not in known:
            known[user_id] = make_person(homes.new(), user_id)
        return known[user_id]

    return find
