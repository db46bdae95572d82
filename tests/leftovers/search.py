"""Where to look, and the search itself: files, logs, temporary folders, open deleted files, environments."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from gateway.demo.leftovers import find_disguises, find_leftovers

from .world import LeftoverWorld

COMMON_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
_DELETED = re.compile(r"\(deleted\)$|^/memfd:")


def search_all(world: LeftoverWorld, started: float) -> list[str]:
    """Every place in which a canary stands, and its disguise. started: files older than that are somebody else's."""
    return [
        *search_folders([world.folder / "gw", world.folder / "tmp"], world.secrets),
        *search_files([world.log, *new_common_files(started)], world.secrets),
        *search_processes(processes(world), world.secrets),
    ]


def search_folders(folders: Iterable[Path], secrets: list[bytes]) -> list[str]:
    return [f"{found.file}: {found.disguise}" for folder in folders for found in find_leftovers(folder, secrets)]


def search_files(files: Iterable[Path], secrets: list[bytes]) -> list[str]:
    return [f"{file}: {found}" for file in files for found in find_disguises(_read(file), secrets)]


def search_processes(pids: Iterable[int], secrets: list[bytes]) -> list[str]:
    """Arguments, environments, and deleted files still open. What only root may read is not searched."""
    return [
        f"{file}: {found}"
        for pid in pids
        for file in (Path(f"/proc/{pid}/cmdline"), Path(f"/proc/{pid}/environ"), *deleted_files(pid))
        for found in find_disguises(_read(file), secrets)
    ]


def deleted_files(pid: int) -> Iterator[Path]:
    """Open files without a name (proc(5))."""
    try:
        descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return  # ended, or not to be looked into (a worker)
    for descriptor in descriptors:
        try:
            if _DELETED.search(str(descriptor.readlink())) and descriptor.is_file():
                yield descriptor
        except OSError:
            continue  # closed meanwhile


def new_common_files(started: float) -> list[Path]:
    files = [file for common in COMMON_FOLDERS for file in Path(common).iterdir() if file.is_file()]
    return [file for file in files if file.stat().st_mtime > started and file.stat().st_uid == os.geteuid()]


def processes(world: LeftoverWorld) -> list[int]:
    """The supervisor and everything below it."""
    assert world.gateway is not None
    found, queue = [], [world.gateway.pid]
    while queue:
        found.append(queue.pop())
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(found[-1])], capture_output=True, check=False)
        queue += [int(word) for word in listed.stdout.split()]
    return found


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return b""  # not readable by the account itself, or gone
