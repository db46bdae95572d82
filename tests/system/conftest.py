"""One running gateway for each process of the tests; what it left behind is searched at the end.

Nothing of a gateway runs as root. Started by root, only test_unprivileged.py is collected: it runs all the others as
an unprivileged account.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.leftovers import find_leftovers
from gateway.demo.people import stop_agents
from gateway.demo.running import free_ports

from .running_world import System, SystemWorld, descendants, is_alive

collect_ignore_glob = (
    [str(file) for file in Path(__file__).parent.glob("test_*.py") if file.name != "test_unprivileged.py"]
    if os.geteuid() == 0
    else ["test_unprivileged.py"]
)


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    """The running gateway. Afterwards: it stops cleanly, and no word of content is left anywhere."""
    folder = Path(tempfile.mkdtemp(prefix="gsps-", dir="/tmp"))
    temporary = folder / "tmp"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = None
    world = SystemWorld(folder, free_ports(), lambda _line: None)
    try:
        system = System(world, temporary, time.time())
        world.set_up()
        system.connect()
        try:
            yield system
            system.settle()
            system.engine.dispose()
        finally:
            programs = stop(system)
        assert not [name for name, pid in programs.items() if is_alive(pid)]
        assert leftovers(system) == []
    finally:
        del os.environ["TMPDIR"]
        tempfile.tempdir = None
        stop_agents(list(world.parties.values()))
        shutil.rmtree(folder, ignore_errors=True)


def stop(system: System) -> dict[str, int]:
    """SIGTERM, and wait; the process ids it had."""
    gateway = system.world.gateway
    if gateway is None:
        return {}
    programs = {str(pid): pid for pid in descendants(gateway.pid)}
    gateway.stop()
    return programs


def leftovers(system: System) -> list[str]:
    """Content in the deployment, its log, its temporary files, or new files of ours in the common folders."""
    folder, words = system.world.folder, system.canaries.secrets
    found = [str(each) for where in (folder / "gw", system.temporary) for each in find_leftovers(where, words)]
    for file in (folder / "gateway.log", *new_common_files(system)):
        octets = file.read_bytes()
        found += [str(file) for word in words if word in octets]
    return found


def new_common_files(system: System) -> list[Path]:
    files = [file for common in ("/tmp", "/var/tmp", "/dev/shm") for file in Path(common).iterdir()]
    return [file for file in files if file.is_file() and is_new_and_ours(file, system.started)]


def is_new_and_ours(file: Path, started: float) -> bool:
    status = file.lstat()
    return status.st_mtime > started and status.st_uid == os.geteuid()
