"""Faults on demand, in every program of a gateway under test, and every library's log on standard error.

Python imports this at its start when its folder is in PYTHONPATH. A file `MODULE:NAME` in the folder `armed` beside it
makes the next call of that function fail as the file says: with an exception that quotes its arguments, or by a signal.
"""

import functools
import importlib.abc
import importlib.machinery
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ARMED = Path(__file__).parent / "armed"
POINTS = [line for line in (Path(__file__).parent / "points.txt").read_text(encoding="ascii").splitlines() if line]


class _Finder(importlib.abc.MetaPathFinder):
    """Loads modules as ever, and then puts faults in."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        names = [point.partition(":")[2] for point in POINTS if point.partition(":")[0] == fullname]
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target) if names else None
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            for name in names:
                _put(module, name)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _put(module: ModuleType, name: str) -> None:
    owner: Any = module
    *outer, last = name.split(".")
    for each in outer:
        owner = getattr(owner, each)
    setattr(owner, last, _faulty(getattr(owner, last), ARMED / f"{module.__name__}:{name}"))


def _faulty(function: Callable[..., Any], file: Path) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        try:
            fault = file.read_text(encoding="ascii")
            file.unlink()
        except FileNotFoundError:
            return function(*arguments, **named)
        if fault.startswith("SIG"):
            os.kill(os.getpid(), signal.Signals[fault])
        raise RuntimeError(fault, arguments, named)

    return wrapper


# The search looks into the programs' open files and environments, which they hide from their own account. Only here:
# it is Python that lets itself be changed, for whoever writes its environment, and no setting of the gateway.
import gateway.private_memory  # noqa: E402

gateway.private_memory.keep_memory_private = lambda: None

sys.meta_path.insert(0, _Finder())
logging.basicConfig(level=1, stream=sys.stderr)
logging.getLogger("leftovers").debug("every level is on")
