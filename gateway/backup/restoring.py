"""Makes a deployment out of a backup: checked first, complete or not at all, and careful with what was delivered since.

A mail that waited in the copy of the database may be in the copy of its mailbox, which was made a little later. So all
that waits is marked as tried before: the mailbox is asked for the Message-ID before anything is delivered.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from sqlalchemy import ColumnElement, Table, func, insert, select, text, update

from gateway.backup.database_copy import load_postgresql, require_empty_postgresql
from gateway.backup.manifest import Manifest
from gateway.backup.problem import BackupError
from gateway.backup.reading import read_backup
from gateway.envelope_log import EnvelopeOutcome
from gateway.schema import envelope_log
from gateway.settings import Settings, SettingsError, load_settings
from gateway.state import current_schema, is_known_schema
from keyring_admin.database import open_database, write_transaction
from mailroom.intake import MailState
from mailroom.notice_requests import notice_requests
from mailroom.schema import accepted_mails, deliveries

CONFIGURATION = "gsp.toml"
# No position that a seal named after the backup was made is given to another mail.
_POSITIONS_LEFT_FREE = 1_000_000
_CHECKED_OCTETS_LIMIT = 1 << 50  # nothing is written in a dry run: the disk sets no limit


@dataclass(frozen=True, slots=True)
class Restored:
    """What came out of a backup. uncertain: what waited then, and will be looked for in the mailboxes first."""

    manifest: Manifest
    uncertain: int
    upgrade_needed: bool


def check_backup(source: IO[bytes]) -> Manifest:
    """Read all of a backup and write nothing. Raises BackupError."""
    manifest = read_backup(source, lambda _path, _size: None, octets_limit=_CHECKED_OCTETS_LIMIT)
    _require_known_schema(manifest)
    return manifest


def restore_backup(source: IO[bytes], folder: Path) -> Restored:
    """Make the deployment in `folder`, which is empty or not there. Raises BackupError; then it is empty again."""
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{folder} is not empty: choose another folder, or empty it yourself")
    made = not folder.exists()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        staging = Path(tempfile.mkdtemp(prefix=".restoring-", dir=folder))
        try:
            restored = _restore(source, staging)
            for each in sorted(staging.iterdir()):
                each.rename(folder / each.name)
        finally:
            shutil.rmtree(staging)
    except BaseException as error:
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise BackupError(f"{folder} cannot be written: {error.strerror}") from None
        raise
    return restored


def _restore(source: IO[bytes], staging: Path) -> Restored:
    def place(path: PurePosixPath, _size: int) -> IO[bytes]:
        target = staging.joinpath(*path.parts)
        for parent in reversed(target.relative_to(staging).parents):
            (staging / parent).mkdir(mode=0o700, exist_ok=True)  # each: `parents=True` would leave them to the umask
        return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    manifest = read_backup(source, place, octets_limit=shutil.disk_usage(staging).free)
    _require_known_schema(manifest)
    try:
        settings = load_settings(staging / CONFIGURATION)
    except SettingsError as error:
        raise BackupError(f"the backup's configuration cannot be used: {error}") from None
    if manifest.postgresql:
        require_empty_postgresql(settings)
        load_postgresql(settings, staging / manifest.database)
        (staging / manifest.database).unlink()
    url = settings.database_url if manifest.postgresql else f"sqlite:///{staging / manifest.database}"
    uncertain = _be_careful(url, settings)
    return Restored(manifest, uncertain, manifest.schema != current_schema())


def _be_careful(url: str, settings: Settings) -> int:
    """Mark what may have been delivered since, and the restore itself in the envelope log."""
    engine = open_database(url)
    try:
        with write_transaction(engine) as connection:
            marked = connection.execute(update(deliveries).values(uncertain=True)).rowcount
            for table in (accepted_mails, notice_requests):  # what was tried once makes uncertain deliveries, too
                marked += connection.execute(update(table).where(_waits(table)).values(attempts=1)).rowcount
            newest = connection.execute(select(func.max(envelope_log.c.sequence))).scalar_one() or 0
            position = newest + _POSITIONS_LEFT_FREE
            connection.execute(
                insert(envelope_log).values(
                    sequence=position,
                    at=datetime.now(UTC),
                    outcome=EnvelopeOutcome.RESTORED.value,
                    test=settings.gateway.pilot,
                )
            )
            if engine.dialect.name == "postgresql":
                sequence = text("SELECT setval(pg_get_serial_sequence('envelope_log', 'sequence'), :position)")
                connection.execute(sequence, {"position": position})
    finally:
        engine.dispose()
    return int(marked)


def _waits(table: Table) -> ColumnElement[bool]:
    untouched = table.c.attempts == 0
    return untouched & (table.c.state == MailState.ACCEPTED.value) if "state" in table.c else untouched


def _require_known_schema(manifest: Manifest) -> None:
    if not is_known_schema(manifest.schema):
        raise BackupError(f"the backup was made by version {manifest.version}, which is newer: install that one first")
