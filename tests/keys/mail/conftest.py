"""One running gateway for all tests of `keys@` in a process."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import World


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """Kenya with a national and a regional administrator, the Union with one; everything runs."""
    folder = Path(tempfile.mkdtemp(prefix="gsp-km-", dir="/tmp"))
    if os.geteuid() == 0:
        folder.chmod(0o755)
    made = World(folder)
    try:
        made.set_up()
        made.start()
        yield made
    finally:
        made.stop()
