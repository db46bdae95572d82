"""How long a program that has died waits until it is started again. Pure."""

from dataclasses import dataclass

STABLE_SECONDS = 10.0  # who lived that long did not die of its start
LONGEST_SECONDS = 30.0
_FIRST_SECONDS = 0.2
_ENOUGH_DOUBLINGS = 8  # reach the longest wait; a float could not hold those of a whole night


@dataclass(slots=True)
class Restarts:
    """One program's. early_deaths: in a row, each sooner than STABLE_SECONDS after its start."""

    early_deaths: int = 0

    def wait_after(self, lived: float) -> float:
        """Seconds to wait, the program having lived so many seconds.

        None after a good while; 0.2 after an early death, doubled with each further one up to LONGEST_SECONDS.
        """
        if lived >= STABLE_SECONDS:
            self.early_deaths = 0
            return 0.0
        self.early_deaths += 1
        return min(LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(self.early_deaths - 1, _ENOUGH_DOUBLINGS))
