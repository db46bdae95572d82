"""Processor time of everything that takes part in a run, and of whatever else the machine does meanwhile."""

import os
import time
from pathlib import Path

from bench.measurement import Costs
from bench.processes import milliseconds_a_mail, usage_of

CLIENT = "client"
_IDLE_FIELDS = (3, 4)  # proc(5), /proc/stat: idle, iowait


class Watch:
    """Started by its making. gateway, postfix: process ids; what they started counts with them."""

    def __init__(self, gateway: int, postfix: int | None) -> None:
        self._roots = gateway, postfix
        self._before = usage_of(gateway, postfix)
        self._client = _own_seconds()
        self._machine = _machine_seconds()
        self._started = time.monotonic()

    def costs(self, mails: int) -> Costs:
        """Since then; this process and the children it has waited for are the client."""
        seconds = time.monotonic() - self._started
        milliseconds = milliseconds_a_mail(self._before, usage_of(*self._roots), mails)
        milliseconds[CLIENT] = (_own_seconds() - self._client) * 1e3 / mails
        ours = sum(milliseconds.values()) * mails / 1e3
        capacity = seconds * len(os.sched_getaffinity(0))
        others = max(0.0, _machine_seconds() - self._machine - ours)
        spent = {name: value for name, value in sorted(milliseconds.items()) if value >= 0.005}
        return Costs(spent, seconds, ours / capacity, others / capacity)


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _machine_seconds() -> float:
    """Of all processors together, not idle; what the hypervisor took away counts as well."""
    line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()[1:9]
    ticks = [int(value) for value in line]
    return (sum(ticks) - sum(ticks[number] for number in _IDLE_FIELDS)) / os.sysconf("SC_CLK_TCK")
