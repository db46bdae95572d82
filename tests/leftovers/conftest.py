"""One running gateway for these tests. Started by root, they are run as the unprivileged account."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.demo.people import stop_agents
from gateway.demo.running import free_ports

from .world import LeftoverWorld

_RUNNING = ("test_canaries.py", "test_controls.py")
collect_ignore = list(_RUNNING) if os.geteuid() == 0 else ["test_unprivileged.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` one gateway is started for all; any other way, one in each process."""
    for item in items:
        if item.path.name in _RUNNING and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("leftovers"))


@pytest.fixture(scope="session")
def world() -> Iterator[LeftoverWorld]:
    """The gateway: logs of every level, faults to be had, temporary files in a folder of their own."""
    folder = Path(tempfile.mkdtemp(prefix="gspl-", dir="/tmp"))
    (folder / "tmp").mkdir()
    world = LeftoverWorld(folder, free_ports(), lambda _line: None)
    world.prepare()
    try:
        with _environment(TMPDIR=str(folder / "tmp"), PYTHONPATH=str(world.faults), PYTHONASYNCIODEBUG="1"):
            world.set_up()
        yield world
    finally:
        if world.gateway is not None:
            world.gateway.stop()
        stop_agents(list(world.parties.values()))
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """For what is started meanwhile only: other tests of this process start programs too."""
    before = {name: os.environ.get(name) for name in values}
    os.environ |= values
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
