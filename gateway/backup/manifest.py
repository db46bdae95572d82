"""The manifest: the last member of a backup, which says what the others are.

It shows damage. It is no signature: whoever can write the file can write another manifest.
"""

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime

from gateway.backup.problem import BackupError

MANIFEST = "manifest.json"
MANIFEST_LIMIT = 64 * 1024 * 1024  # octets: some 300,000 files
FORMAT = 1
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One file. path: relative to the folder of the deployment. size: octets. sha256: hexadecimal."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup.

    made_at: when the database was copied, in UTC; what was accepted later is not in it. database: path of the copy of
    an SQLite database or of pg_dump's archive. schema: revision of its tables. fingerprint: the gateway's.
    """

    made_at: datetime
    version: str
    domain: str
    fingerprint: str
    pilot: bool
    database: str
    postgresql: bool
    schema: str
    files: tuple[ManifestEntry, ...]


def encode_manifest(manifest: Manifest) -> bytes:
    """The member of the archive."""
    values = {"format": FORMAT, **asdict(manifest), "made_at": manifest.made_at.isoformat()}
    return json.dumps(values, indent=1).encode()


def decode_manifest(octets: bytes) -> Manifest:
    """Read the member. Raises BackupError."""
    try:
        values = json.loads(octets)
        if values.pop("format") != FORMAT:
            raise BackupError("the backup was made by a newer version: restore it with that one")
        entries = values.pop("files")
        made_at = datetime.fromisoformat(values.pop("made_at"))
        files = tuple(ManifestEntry(str(each["path"]), int(each["size"]), str(each["sha256"])) for each in entries)
        manifest = Manifest(made_at=made_at, files=files, **values)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise BackupError("the manifest cannot be read: the backup is damaged") from None
    texts = (manifest.version, manifest.domain, manifest.fingerprint, manifest.database, manifest.schema)
    if not all(isinstance(text, str) for text in texts) or made_at.tzinfo is None:
        raise BackupError("the manifest cannot be read: the backup is damaged")
    if not all(_SHA256.fullmatch(entry.sha256) for entry in files):
        raise BackupError("the manifest cannot be read: the backup is damaged")
    return manifest
