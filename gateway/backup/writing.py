"""Writes a backup: one tar, the database first, the mailboxes last, then the manifest.

The database first: a mail that is delivered meanwhile is then in the copy twice, as a delivery that still waits and as
a mail in a mailbox, and is recognised when it is restored. The other way round it would be in neither.
"""

import tarfile
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import IO

from gateway.backup.collecting import Collected, deployment_files, mailbox_files
from gateway.backup.database_copy import copy_database, database_member, database_schema
from gateway.backup.manifest import MANIFEST, MANIFEST_LIMIT, Manifest, ManifestEntry, encode_manifest
from gateway.backup.problem import BackupError
from gateway.settings import Settings
from keyring_admin.database import is_sqlite

_AT_ONCE = 64 * 1024 * 1024  # octets: smaller files are read whole, so that they may grow meanwhile
_BLOCK = 1024 * 1024
_LONGEST_PLAIN_NAME = 100  # of a tar header without extension

# Is told after each part: its name, files and octets in it.
Progress = Callable[[str, int, int], None]


def write_backup(settings: Settings, sink: IO[bytes], progress: Progress) -> Manifest:
    """Copy a deployment, running or not, into `sink`; what was written. Raises BackupError, OSError."""
    database = database_member(settings)
    schema = database_schema(settings.database_url)
    entries: list[ManifestEntry] = []
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.USTAR_FORMAT) as archive:
        writer = _Writer(archive, entries, progress)
        made_at = datetime.now(UTC)
        # Beside the database: the copy may not fit into a /tmp that is in memory.
        with tempfile.TemporaryDirectory(prefix="backup-", dir=_scratch(settings)) as scratch:
            copy = Path(scratch) / "database"
            copy_database(settings, copy)
            writer.add("database", [Collected(copy, database)])
        writer.add("configuration and keys", deployment_files(settings, database))
        writer.add("mailboxes", mailbox_files(settings))
        manifest = Manifest(
            made_at=made_at,
            version=version("gsp-gateway"),
            domain=settings.gateway.domain,
            fingerprint=settings.gateway.fingerprint,
            pilot=settings.gateway.pilot,
            database=database,
            postgresql=not is_sqlite(settings.database_url),
            schema=schema,
            files=tuple(entries),
        )
        octets = encode_manifest(manifest)
        if len(octets) > MANIFEST_LIMIT:
            raise BackupError("there are too many files for one backup")
        archive.addfile(_header(MANIFEST, len(octets)), BytesIO(octets))
    return manifest


def _scratch(settings: Settings) -> Path:
    settings.run_folder.mkdir(mode=0o700, exist_ok=True)
    return settings.run_folder


@dataclass(slots=True)
class _Writer:
    archive: tarfile.TarFile
    entries: list[ManifestEntry]
    progress: Progress
    octets: int = field(default=0)

    def add(self, part: str, files: Iterable[Collected]) -> None:
        """Add the files of one part, then tell of it."""
        count, octets = len(self.entries), self.octets
        for file in files:
            self._add_file(file)
        self.progress(part, len(self.entries) - count, self.octets - octets)

    def _add_file(self, file: Collected) -> None:
        try:
            with file.path.open("rb") as source:
                size = file.path.stat().st_size
                if size <= _AT_ONCE:
                    octets = source.read(2 * _AT_ONCE)
                    self._add(file.name, len(octets), BytesIO(octets))
                else:
                    self._add(file.name, size, source)
        except FileNotFoundError:
            return  # a lock or a purged storage file: gone since it was listed

    def _add(self, name: str, size: int, source: IO[bytes]) -> None:
        reader = _HashingReader(source)
        header = _header(name, size)
        # tar(5): only the GNU header has room for a size of 8 GiB and more; short names need no extension in it.
        self.archive.format = tarfile.GNU_FORMAT if len(name) <= _LONGEST_PLAIN_NAME else tarfile.USTAR_FORMAT
        try:
            self.archive.addfile(header, reader)
        except ValueError:
            raise BackupError(f"{name}: the path is too long, or the file too large, for a backup") from None
        except OSError as error:
            if error.errno is not None:
                raise
            raise BackupError(f"{name} became shorter while it was read: try again") from None  # tarfile's own
        self.entries.append(ManifestEntry(name, size, reader.digest.hexdigest()))
        self.octets += size


class _HashingReader(BytesIO):
    """Reads from another file and hashes what was read."""

    def __init__(self, source: IO[bytes]) -> None:
        super().__init__()
        self._source = source
        self.digest = sha256()

    def read(self, size: int | None = -1, /) -> bytes:
        """The next octets."""
        octets = self._source.read(_BLOCK if size is None or size < 0 else size)
        self.digest.update(octets)
        return octets


def _header(name: str, size: int) -> tarfile.TarInfo:
    """A member that says nothing but its name, size and that it is for its owner only."""
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    return header
