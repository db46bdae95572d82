"""Files are replaced whole and durably: whoever reads sees the old one or the new one."""

import os
import tempfile
from pathlib import Path


def replace_file(file: Path, octets: bytes, *, mode: int = 0o600) -> None:
    """Write a file beside the old one, make it durable, and put it in the old one's place."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(octets)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
