"""The programs hide what they hold from everything else that runs as their account, such as Dovecot."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import OperationsWorld, running_world


@pytest.fixture(scope="module")
def world() -> Iterator[OperationsWorld]:
    with running_world() as world:
        yield world


def readable(pid: int, name: str) -> bool:
    try:
        (Path("/proc") / str(pid) / name).open("rb").close()
    except PermissionError:
        return False
    return True


@pytest.mark.timeout(180)
def test_no_other_process_of_the_account_reads_a_programs_memory(world: OperationsWorld) -> None:
    assert world.gateway is not None
    programs = {name: world.program(name) for name in ("edge", "process", "deliver")} | {"serve": world.gateway.pid}
    for pid in programs.values():
        assert Path(f"/proc/{pid}").exists()
        for name in ("mem", "environ", "maps"):
            assert not readable(pid, name)
        with pytest.raises(PermissionError):
            list(Path(f"/proc/{pid}/fd").iterdir())


def test_a_process_that_hides_nothing_can_be_read() -> None:
    for name in ("mem", "environ", "maps"):
        assert readable(os.getpid(), name)
