"""One writer at a time for each GnuPG home: concurrent writers lose imports (measured: 2.5 to 9 of 100).

The lock is on a file beside the keyring. The kernel gives it back when its process ends, however it ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def keyring_locked(home: Path) -> Iterator[None]:
    """Wait until no other program of the gateway writes to this GnuPG home. home: it exists.

    Not to be entered twice by one thread for one home: it would wait for itself.
    """
    with (home / "gsp.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def gnupg_home(chosen: Path | None) -> Path:
    """The GnuPG home that is meant: the one chosen, else GnuPG's own default."""
    return chosen if chosen is not None else Path(os.environ.get("GNUPGHOME") or Path.home() / ".gnupg")
