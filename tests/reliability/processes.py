"""The processes of a running gateway, found through /proc."""

import os
import signal
from contextlib import suppress
from pathlib import Path


def children_of(pid: int) -> list[int]:
    """The living children of a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def command_of(pid: int) -> list[str]:
    """The words of its command line; none if it has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []


def programs(supervisor: int) -> dict[str, int]:
    """The supervisor's children by name: edge, process, deliver, dovecot."""
    found = {}
    for pid in children_of(supervisor):
        words = command_of(pid)
        if words[-2:-1] == ["run"]:
            found[words[-1]] = pid
        elif words and words[0].endswith("dovecot"):
            found["dovecot"] = pid
    return found


def kill(pid: int) -> bool:
    """SIGKILL; whether there was something to kill."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
