"""Reads a backup as a stream, once, and believes nothing in it: bounded sizes, plain files below one folder only.

Contract: the caller gets every file with its octets, and afterwards a manifest that agrees with all of them, or
BackupError. Links, devices, other folders, repeated names and extended headers are refused before they are read.
"""

import tarfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import PurePosixPath
from typing import IO, Self

from gateway.backup.manifest import MANIFEST, MANIFEST_LIMIT, Manifest, ManifestEntry, decode_manifest
from gateway.backup.problem import BackupError

FILES_LIMIT = 1_000_000
_BLOCK = 1024 * 1024
_DAMAGED = "this is no backup of a gateway, or it is damaged"

# Gets the path of a file and its size; returns where its octets go. None: nowhere, they are only checked.
Opener = Callable[[PurePosixPath, int], IO[bytes] | None]


def read_backup(source: IO[bytes], opener: Opener, *, octets_limit: int) -> Manifest:
    """Read all of a backup and check it against its manifest.

    octets_limit: for all files together. Raises BackupError; what was written until then is the caller's to remove.
    """
    found: dict[str, ManifestEntry] = {}
    try:
        with tarfile.open(fileobj=source, mode="r|", tarinfo=_PlainMember, errorlevel=2) as archive:
            for member in archive:
                archive.members = []  # type: ignore[attr-defined]  # it would remember each; a stream never goes back
                if member.name == MANIFEST:
                    return _agreed(_manifest(archive, member), found)
                _admit(member, found, octets_limit)
                found[member.name] = _read_file(archive, member, opener)
                octets_limit -= member.size
    except tarfile.TarError:
        raise BackupError(_DAMAGED) from None
    raise BackupError("the backup has no manifest: it ends too early")


class _PlainMember(tarfile.TarInfo):
    """A member whose header is the plain one: an extended header may claim any size, and is read into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """One header. Raises BackupError unless it is a plain file's."""
        member = super().frombuf(buf, encoding, errors)
        if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE}:
            raise BackupError("the backup holds something else than files")
        return member


def _admit(member: tarfile.TarInfo, found: dict[str, ManifestEntry], octets_limit: int) -> None:
    path = PurePosixPath(member.name)
    plain = member.name.isprintable() and str(path) == member.name and "\\" not in member.name
    if not plain or path.is_absolute() or not path.parts or {"..", "."} & set(path.parts):
        raise BackupError("the backup holds a file with an unusable path")
    if member.name in found or any(str(parent) in found for parent in path.parents):
        raise BackupError("the backup holds two files of one name")
    if len(found) >= FILES_LIMIT or not 0 <= member.size <= octets_limit:
        raise BackupError("the backup is larger than the free space, or has too many files")


def _read_file(archive: tarfile.TarFile, member: tarfile.TarInfo, opener: Opener) -> ManifestEntry:
    content = archive.extractfile(member)
    if content is None:
        raise BackupError(_DAMAGED)
    digest, left = sha256(), member.size
    sink = opener(PurePosixPath(member.name), member.size)
    try:
        while left:
            octets = content.read(min(_BLOCK, left))
            if not octets:
                raise BackupError("the backup ends too early")
            left -= len(octets)
            digest.update(octets)
            if sink is not None:
                sink.write(octets)
    finally:
        if sink is not None:
            sink.close()
    return ManifestEntry(member.name, member.size, digest.hexdigest())


def _manifest(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Manifest:
    content = archive.extractfile(member)
    if content is None or member.size > MANIFEST_LIMIT:
        raise BackupError(_DAMAGED)
    return decode_manifest(content.read())


def _agreed(manifest: Manifest, found: dict[str, ManifestEntry]) -> Manifest:
    named = {entry.path: entry for entry in manifest.files}
    if named != found or len(named) != len(manifest.files):
        wrong = sorted(path for path in named.keys() | found.keys() if named.get(path) != found.get(path))
        raise BackupError(f"the backup is damaged: {len(wrong)} of its files are not what the manifest says")
    if manifest.database not in named:
        raise BackupError("the backup holds no database")
    return manifest
