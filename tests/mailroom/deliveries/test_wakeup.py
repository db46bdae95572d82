"""The bell between programs on one machine."""

import threading
import time
from pathlib import Path

import pytest

from mailroom.wakeup import Wakeup, ring


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "bell"


def waited(bell: Wakeup, seconds: float) -> float:
    began = time.monotonic()
    bell.wait(seconds)
    return time.monotonic() - began


def test_a_ring_wakes_at_once_and_several_count_as_one(path: Path) -> None:
    bell = Wakeup(path)
    for moment in (0.05, 0.06, 0.07):
        threading.Timer(moment, ring, [path]).start()
    assert waited(bell, 10) < 2
    time.sleep(0.1)
    ring(path)
    ring(path)
    assert waited(bell, 10) < 0.5
    assert waited(bell, 0.05) >= 0.04
    bell.close()


def test_nobody_listens_and_nothing_happens(path: Path) -> None:
    ring(path)
    bell = Wakeup(path)
    for _ in range(5000):
        ring(path)  # a full socket is as good as one ring
    assert waited(bell, 5) < 1
    bell.close()
    assert not path.exists()
    ring(path)


def test_the_socket_of_a_program_that_was_killed_is_replaced(path: Path) -> None:
    Wakeup(path)
    bell = Wakeup(path)
    ring(path)
    assert waited(bell, 5) < 1
    bell.close()
