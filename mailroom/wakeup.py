"""Tell another program on this machine that there is work, so that it need not ask the database all the time.

A lost datagram costs a little time, never a mail: every program also looks by itself.
"""

import socket
from pathlib import Path


class Wakeup:
    """The receiving side: a UNIX datagram socket at `path`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._inode = path.stat().st_ino

    def wait(self, seconds: float) -> None:
        """Return when somebody rang, or after `seconds`; several rings count as one."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            self._socket.recv(1)
            self._socket.setblocking(False)
            while True:
                self._socket.recv(1)
        except (TimeoutError, BlockingIOError):
            return

    def close(self) -> None:
        """Take the socket away, unless a successor has put its own in the place."""
        self._socket.close()
        try:
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        except FileNotFoundError:
            return


def ring(path: Path) -> None:
    """Wake the program that listens at `path`, if one does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        try:
            bell.sendto(b"!", str(path))
        except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
            return  # nobody listens, or it has been rung already: it will look by itself
