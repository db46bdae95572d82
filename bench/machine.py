"""Facts of the machine, so that a figure can be read: processor, disk, versions, other load."""

import os
import platform
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_DISK_OCTETS = b"\x5a" * 8192
_LIBRARIES = ("aiosmtpd", "sqlalchemy", "pysequoia", "rpgp-py", "lxml", "imapclient")


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """fsyncs: 8 KiB files created and synced in a second. appends: 8 KiB appended to one file and synced, a second.

    load: of the last minute, before anything here had run. versions: of the programs and libraries on the way.
    """

    measured_at: str
    processor: str
    cores: int
    memory_gib: float
    system: str
    file_system: str
    fsyncs: float
    appends: float
    load: float
    versions: tuple[str, ...]
    commit: str


def look_at_machine(folder: Path, seconds: float = 1.0) -> MachineFacts:
    """Gather the facts. folder: on the disk the benchmarks write to."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return MachineFacts(
        measured_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(pages / 2**30, 1),
        system=f"{_system()}, Linux {platform.release()}, Python {platform.python_version()}",
        file_system=_first_line("stat", "-f", "-c", "%T", str(folder)),
        fsyncs=_created_files(folder, seconds),
        appends=_appended_blocks(folder, seconds),
        load=os.getloadavg()[0],
        versions=(
            *(f"{name} {version(name)}" for name in _LIBRARIES),
            f"Dovecot {_first_line('dovecot', '--version').partition(' ')[0]}",
            f"Postfix {_first_line('postconf', '-d', '-h', 'mail_version')}",
            _first_line("gpg", "--version"),
        ),
        commit=_commit(),
    )


def _created_files(folder: Path, seconds: float) -> float:
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        file = folder / f"disk-{count}"
        with file.open("wb", buffering=0) as stream:
            stream.write(_DISK_OCTETS)
            os.fsync(stream.fileno())
        count += 1
    rate = count / (time.perf_counter() - start)
    for number in range(count):
        (folder / f"disk-{number}").unlink()
    return round(rate)


def _appended_blocks(folder: Path, seconds: float) -> float:
    count, start = 0, time.perf_counter()
    file = folder / "disk-append"
    with file.open("ab", buffering=0) as stream:
        while time.perf_counter() - start < seconds:
            stream.write(_DISK_OCTETS)
            os.fdatasync(stream.fileno())
            count += 1
    rate = count / (time.perf_counter() - start)
    file.unlink()
    return round(rate)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown system")


def _commit() -> str:
    """The version measured, with a mark if the files are not those of the commit."""
    folder = Path(__file__).parent.parent
    git = ("git", "-c", f"safe.directory={folder}", "-C", str(folder))
    head = _first_line(*git, "rev-parse", "--short", "HEAD")
    changed = _first_line(*git, "status", "--porcelain", "--untracked-files=no")
    return f"{head} with uncommitted changes" if changed not in {"", "unknown"} else head


def _first_line(*command: str) -> str:
    program = shutil.which(command[0]) or shutil.which(command[0], path="/usr/sbin:/sbin")
    if program is None:
        return "not installed"
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False, timeout=10)
    lines = done.stdout.splitlines()
    if done.returncode != 0:
        return "unknown"
    return lines[0].strip() if lines else ""
