"""How often somebody may ask: a limit on guessing, since an answer tells what the library knows.

In memory only: a restart forgets, and each process counts for itself.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

_HOUR = 3600.0


class Allowance:
    """So many in every hour, for each key. Any 60 minutes count, not the hour of the clock."""

    def __init__(self, per_hour: int, *, remembered: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        """remembered: keys held at most; the one that asked longest ago is forgotten first."""
        self._per_hour = per_hour
        self._remembered = remembered
        self._clock = clock
        self._taken: OrderedDict[int, deque[float]] = OrderedDict()

    def take(self, key: int) -> bool:
        """Take one; False if there is none left. What is refused does not count."""
        now = self._clock()
        taken = self._taken.pop(key, deque())
        while taken and now - taken[0] >= _HOUR:
            taken.popleft()
        granted = len(taken) < self._per_hour
        if granted:
            taken.append(now)
        self._taken[key] = taken
        if len(self._taken) > self._remembered:
            self._taken.popitem(last=False)
        return granted
