"""Whether the mailbox server answers on its sockets, and whether anything of it still runs."""

import socket
import ssl
from pathlib import Path

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


def lmtp_greets(path: Path) -> bool:
    """Whether LMTP answers (RFC 5321 §4.2: 220)."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(path))
            return connection.recv(4) == b"220 "
    except OSError:
        return False


def imap_greets(host: str, port: int) -> bool:
    """Whether IMAP answers over TLS (RFC 9051 §7.1.1: OK)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Only liveness is asked for, of our own child; a certificate that has expired is the clients' to refuse.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((_ANY_ADDRESS.get(host, host), port), timeout=2) as connection,
            context.wrap_socket(connection) as tls,
        ):
            return tls.recv(4) == b"* OK"
    except OSError:
        return False


def alive_in_group(group: int) -> bool:
    """Whether a process of the group still runs; those that wait to be reaped do not (proc_pid_stat(5))."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                state, _, process_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
            if int(process_group) == group and state != "Z":
                return True
    return False
