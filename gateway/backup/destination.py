"""Where a backup goes: a file that appears whole or not at all, for the account only, in the clear or encrypted.

GnuPG encrypts as a stream, because a backup may be larger than the memory; in-process libraries want it whole.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from gateway.backup.problem import BackupError

_EXISTS = "exists already: choose another name"


@contextmanager
def whole_file(file: Path, certificate: Path | None) -> Iterator[IO[bytes]]:
    """A sink; `file` is there after the block ended well, and was synced to disk.

    certificate: an OpenPGP certificate to encrypt to, armored or not; None: in the clear. Raises BackupError.
    """
    if file.exists():
        raise BackupError(f"{file} {_EXISTS}")
    part = file.with_name(file.name + ".part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise BackupError(f"{part} exists: another backup is being made, or was interrupted; then remove it") from None
    except OSError as error:
        raise BackupError(f"{part} cannot be written: {error.strerror}") from None
    try:
        with ExitStack() as stack:
            plain = stack.enter_context(os.fdopen(descriptor, "wb"))
            yield plain if certificate is None else stack.enter_context(_encrypted(plain, certificate))
            stack.pop_all().close()
        _appear(part, file)
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _encrypted(plain: IO[bytes], certificate: Path) -> Iterator[IO[bytes]]:
    home = Path(tempfile.mkdtemp(prefix="gsp-backup-"))  # gpg wants a home, even for a certificate in a file
    command = [
        "gpg",
        "--batch",
        "--no-tty",
        "--quiet",
        "--homedir",
        str(home),
        "--no-keyring",
        "--trust-model",
        "always",
    ]
    command += ["--compress-algo", "none", "--recipient-file", str(certificate), "--output", "-", "--encrypt"]
    try:
        gpg = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=plain, stderr=subprocess.DEVNULL)
        if gpg.stdin is None:
            raise BackupError("GnuPG cannot be started")
        try:
            with gpg.stdin:
                yield gpg.stdin
        except BrokenPipeError:
            raise _unusable(certificate) from None
        finally:
            status = gpg.wait()
        if status != 0:
            raise _unusable(certificate)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _unusable(certificate: Path) -> BackupError:
    return BackupError(f"{certificate}: GnuPG cannot encrypt to it: is it a valid OpenPGP certificate?")


def _appear(part: Path, file: Path) -> None:
    """Sync, then give the name; never over a file that came meanwhile."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
    try:
        os.link(part, file)
    except FileExistsError:
        raise BackupError(f"{file} {_EXISTS}") from None
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
