"""What the programs of a running system cost: processor time and memory of a process and all it started (proc(5))."""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TICK = 1.0 / os.sysconf("SC_CLK_TCK")
_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20
_PROC = Path("/proc")
# Fields of proc(5)'s stat after the name in parentheses: state, ppid, ...
_PARENT, _USER, _SYSTEM, _CHILDREN_USER, _CHILDREN_SYSTEM, _RESIDENT = 1, 11, 12, 13, 14, 21


@dataclass(frozen=True, slots=True)
class Usage:
    """Of every program with this name together. seconds: of processor, ended children included. mib: resident."""

    seconds: float
    mib: float


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    seconds: float
    mib: float


def usage_of(gateway: int, postfix: int | None = None) -> dict[str, Usage]:
    """Usage of these processes and their descendants: of the gateway by program, of Postfix altogether."""
    processes = dict(_all_processes())
    children: dict[int, list[int]] = defaultdict(list)
    for pid, process in processes.items():
        children[process.parent].append(pid)
    seconds: dict[str, float] = defaultdict(float)
    mib: dict[str, float] = defaultdict(float)
    waiting = [(pid, name) for pid, name in ((gateway, ""), (postfix, "Postfix")) if pid in processes]
    while waiting:
        pid, system = waiting.pop()
        name = system or _program(pid)
        seconds[name] += processes[pid].seconds
        mib[name] += processes[pid].mib
        waiting += [(child, system) for child in children[pid]]
    return {name: Usage(seconds[name], mib[name]) for name in sorted(seconds)}


def milliseconds_a_mail(before: dict[str, Usage], after: dict[str, Usage], mails: int) -> dict[str, float]:
    """Processor milliseconds that each program spent on a mail."""
    nothing = Usage(0.0, 0.0)
    return {name: (used.seconds - before.get(name, nothing).seconds) * 1e3 / mails for name, used in after.items()}


def _all_processes() -> Iterator[tuple[int, _Process]]:
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        ticks = sum(int(fields[number]) for number in (_USER, _SYSTEM, _CHILDREN_USER, _CHILDREN_SYSTEM))
        yield int(folder.name), _Process(int(fields[_PARENT]), ticks * _TICK, int(fields[_RESIDENT]) * _PAGE_MIB)


def _program(pid: int) -> str:
    """A name a reader knows: the gateway's programs by their own, all of Dovecot by that."""
    words = _read(_PROC / str(pid) / "cmdline").decode(errors="replace").split("\0")
    if "gateway.opener.worker" in words:
        return "slip openers"
    if "run" in words and "gateway" in words:
        return words[words.index("run") + 1]
    return "Dovecot" if "dovecot" in words[0] else "supervisor"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # it has ended meanwhile
