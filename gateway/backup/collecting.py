"""Which files of a running deployment go into a backup, and in which order.

The order is what makes the copy of the mailboxes usable while mail comes in. Of each mailbox first the index, then
its log, then the storage they speak of: Dovecot writes in the opposite order, so whatever a copied index names was
copied too. What came into the storage meanwhile is as after a crash: not yet in any index.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.settings import Settings

# Sockets, generated configuration, and copies under way: made again at each start.
_LEFT_OUT_FOLDERS = ("run",)
_LOCKS = (".#lk", "random_seed", "S.gpg-agent", "gnupg_spawn_agent_sentinel")
_CACHES = ("dovecot.index.cache", "dovecot.autoexpunge.lock", "dovecot.list.index.lock")
_STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class Collected:
    """A file to copy. path: where it is. name: relative to the deployment's folder, as in the archive."""

    path: Path
    name: str


def deployment_files(settings: Settings, database: str) -> Iterator[Collected]:
    """Everything but mailboxes and the live database: configuration, keys, TLS, libraries."""
    live_database = {database, f"{database}-wal", f"{database}-shm", f"{database}-journal"}
    for file in _walk(settings.folder, settings.folder, skip={*_LEFT_OUT_FOLDERS, "mail"}):
        if file.name not in live_database:
            yield file


def mailbox_files(settings: Settings) -> Iterator[Collected]:
    """The mailboxes: indexes of mailboxes, then those of storages, then the storages."""
    for stage in range(3):
        found = [file for file in _walk(settings.folder / "mail", settings.folder) if _stage(file) == stage]
        yield from sorted(found, key=_rank)


def files_elsewhere(settings: Settings) -> list[Path]:
    """Files the configuration names that lie outside of the folder: they are not in a backup."""
    named = [
        settings.submission.certificate,
        settings.submission.key,
        settings.library.file,
        settings.library.release_certificates,
        settings.library.secretariat,
        settings.http.certificate,
        settings.http.key,
    ]
    paths = [settings.path(each) for each in named if each is not None]
    return sorted({path for path in paths if path.exists() and not path.is_relative_to(settings.folder)})


def _stage(file: Collected) -> int:
    """When a file of a mailbox is copied."""
    if file.path.parent.name != _STORAGE:
        return 0
    return 1 if file.path.name.startswith("dovecot") else 2


def _rank(file: Collected) -> tuple[str, int, str]:
    """Index before its log, log before the one that was rotated away, folder by folder."""
    name = file.path.name
    order = 2 if name.endswith(".log.2") else 1 if name.endswith(".log") else 0
    return str(file.path.parent), order, name


def _walk(folder: Path, base: Path, skip: frozenset[str] | set[str] = frozenset()) -> Iterator[Collected]:
    """Regular files, and what links to files lead to; a folder behind a link is not entered."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return  # the folder went away while we looked
    for entry in entries:
        path = Path(entry.path)
        name = str(path.relative_to(base))
        if name in skip or entry.name.startswith(_LOCKS) or entry.name in _CACHES:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path, base, skip)
            continue
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            continue
        if stat.S_ISREG(mode):
            yield Collected(path, name)
