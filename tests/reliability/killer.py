"""SIGKILLs processes of a running gateway, chosen at random, at random times."""

import random
import time
from collections import Counter
from collections.abc import Callable

from .processes import children_of, kill, programs
from .running_world import ReliabilityWorld

# Like a service manager that starts it again at once.
SUPERVISOR = "supervisor"


class Killer:
    """seed: repeats the choices, if not the moments."""

    def __init__(self, world: ReliabilityWorld, seed: int) -> None:
        self._world = world
        self._random = random.Random(seed)  # noqa: S311 - a test's choices
        self.kills: Counter[str] = Counter()
        self._targets: dict[str, Callable[[], list[int]]] = {
            "edge": lambda: self._program("edge"),
            "worker": lambda: [pid for edge in self._program("edge") for pid in children_of(edge)],
            "process": lambda: self._program("process"),
            "deliver": lambda: self._program("deliver"),
            "dovecot": lambda: self._program("dovecot"),
            "dovecot child": lambda: [pid for master in self._program("dovecot") for pid in children_of(master)],
            SUPERVISOR: lambda: [world.pid],
        }

    def run(self, number: int, *, shortest: float, longest: float) -> None:
        """Kill so often, `shortest` to `longest` seconds apart; every kind of process at least once."""
        names = list(self._targets)
        plan = names + [self._random.choice(names) for _ in range(number)]
        self._random.shuffle(plan)
        while self.kills.total() < number or (set(names) - set(self.kills) and plan):
            time.sleep(self._random.uniform(shortest, longest))
            name = plan.pop() if plan else self._random.choice(names)
            pids = self._targets[name]()
            if not pids or not kill(self._random.choice(pids)):
                plan.insert(0, name)  # not there just now
                continue
            self.kills[name] += 1
            if name == SUPERVISOR:
                self._world.start()

    def _program(self, name: str) -> list[int]:
        found = programs(self._world.pid).get(name)
        return [found] if found is not None else []
