"""What one call may cost: a second of processor time and 64 MiB of resident memory (security cases §5)."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 1.0
OCTETS = 64 << 20
_RESIDENT, _PEAK = re.compile(r"VmRSS:\s+(\d+) kB"), re.compile(r"VmHWM:\s+(\d+) kB")


class BudgetExceededError(AssertionError):
    """A call cost too much."""


def memory(pid: str = "self") -> tuple[int, int]:
    """Resident octets of a process, now and at its peak (proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    resident, peak = _RESIDENT.search(status), _PEAK.search(status)
    assert resident is not None
    assert peak is not None
    return int(resident[1]) << 10, int(peak[1]) << 10


@contextmanager
def budget(seconds: float = SECONDS, octets: int = OCTETS) -> Iterator[None]:
    """Processor time and not the clock's: the machine may be busy. Raises BudgetExceededError."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): the peak starts again
    before, started = memory()[0], time.process_time()
    yield
    spent, grown = time.process_time() - started, memory()[1] - before
    if spent > seconds or grown > octets:
        raise BudgetExceededError(f"{spent:.2f} s, {grown >> 20} MiB")
