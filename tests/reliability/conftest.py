"""One running gateway for each process of the tests, as an unprivileged account.

Nothing of a gateway runs as root. Started by root, only test_unprivileged.py is collected: it runs all the others as
an unprivileged account.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .running_world import ReliabilityWorld, running_world

collect_ignore_glob = (
    [str(file) for file in Path(__file__).parent.glob("test_*.py") if file.name != "test_unprivileged.py"]
    if os.geteuid() == 0
    else ["test_unprivileged.py"]
)


@pytest.fixture(scope="session")
def world() -> Iterator[ReliabilityWorld]:
    """The running gateway; every test leaves it running."""
    with running_world() as made:
        yield made
