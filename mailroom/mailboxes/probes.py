"""Whether the mailbox server answers on its sockets."""

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
