"""One kept SMTP session of a client that costs little, so that the server is what is measured.

No pipelining, like Postfix's smtp-source: MAIL, RCPT and DATA each wait for their reply.
"""

import base64
import socket
import ssl
import time
from pathlib import Path

_SECONDS = 120


class UnexpectedReplyError(RuntimeError):
    """The server did not answer as the benchmark needs; the text is its reply."""


class SmtpSession:
    """Connects, with TLS and AUTH if `authority` and `password` are given, and sends mails."""

    def __init__(self, port: int, *, authority: Path | None, login: str, password: str) -> None:
        raw = socket.create_connection(("127.0.0.1", port), _SECONDS)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if authority is not None:
            context = ssl.create_default_context(cafile=authority)
            self._socket: socket.socket = context.wrap_socket(raw, server_hostname="localhost")
        else:
            self._socket = raw
        self._rest = b""
        self._expect(b"220")
        self._say(b"EHLO bench.test", b"250")
        if authority is not None:
            secret = base64.b64encode(f"\0{login}\0{password}".encode())
            self._say(b"AUTH PLAIN " + secret, b"235")

    def send(self, sender: str, recipient: str, stuffed: bytes) -> float:
        """Send a mail; seconds from its first octet to the reply after its end. Raises UnexpectedReplyError.

        stuffed: CR LF lines with transparency dots (RFC 5321 §4.5.2) and the final dot.
        """
        self._say(f"MAIL FROM:<{sender}>".encode("ascii"), b"250")
        self._say(f"RCPT TO:<{recipient}>".encode("ascii"), b"250")
        self._say(b"DATA", b"354")
        start = time.perf_counter()
        self._socket.sendall(stuffed)
        self._expect(b"250")
        return time.perf_counter() - start

    def close(self) -> None:
        """Say goodbye."""
        self._say(b"QUIT", b"221")
        self._socket.close()

    def _say(self, line: bytes, expected: bytes) -> None:
        self._socket.sendall(line + b"\r\n")
        self._expect(expected)

    def _expect(self, expected: bytes) -> None:
        while True:
            while b"\n" not in self._rest:
                received = self._socket.recv(4096)
                if not received:
                    raise UnexpectedReplyError("the server closed the connection")
                self._rest += received
            line, _, self._rest = self._rest.partition(b"\n")
            if line[3:4] != b"-":
                break
        if not line.startswith(expected):
            raise UnexpectedReplyError(line.decode("ascii", "replace").strip())


def stuff(mail: bytes) -> bytes:
    """The mail as it goes over the wire: transparency dots, and the dot that ends it."""
    dotted = mail.replace(b"\r\n.", b"\r\n..")
    return (b"." + dotted if dotted.startswith(b".") else dotted) + b".\r\n"
