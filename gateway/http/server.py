"""The sockets of the HTTP server: bounded connections, a deadline for each, TLS if configured, nothing logged.

The standard library's server does what little is needed (RFC 9112); a front-end server may stand before it.
"""

import socket
import ssl
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from gateway.http.site import Answer, answer, refused
from gateway.journal import Event, note

PROGRAM = "http"
DEADLINE_SECONDS = 30.0
_IDLE_SECONDS = 10.0


class LibraryServer(ThreadingHTTPServer):
    """Serves one public folder. Connections beyond the limit are closed at once."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        folder: Path,
        *,
        connections: int,
        tls: ssl.SSLContext | None = None,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        """deadline: seconds a connection may last in all."""
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.folder = folder
        self.deadline = deadline
        self._tls = tls
        self._free = threading.BoundedSemaphore(connections)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind; the name of the host is not looked up."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "", self.server_address[1]

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether there is room for one more connection."""
        return self._free.acquire(blocking=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for the connection; without one there is room again."""
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One connection in its own thread; after the deadline its socket is shut, whatever it is doing."""
        try:
            self._serve(request, client_address)
        except OSError:
            self.shutdown_request(request)  # it ended before TLS began
        finally:
            self._free.release()

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        request.settimeout(_IDLE_SECONDS)
        connection = request
        if self._tls is not None:
            connection = self._tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        end = threading.Timer(self.deadline, _shut, [connection])
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(connection, client_address)
        finally:
            end.cancel()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """TLS is agreed on in the connection's thread, so that nobody waits for it."""
        if isinstance(request, ssl.SSLSocket):
            request.do_handshake()
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks off is nobody's concern; of a fault only the type is told."""
        error = sys.exc_info()[0]
        if error is not None and not issubclass(error, OSError):
            note(PROGRAM, Event.FAILED, error=error)


def server_tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate chain and key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


class _Handler(BaseHTTPRequestHandler):
    server: LibraryServer
    timeout = _IDLE_SECONDS
    protocol_version = "HTTP/1.0"  # one request a connection
    server_version = "gsp"
    sys_version = ""

    def do_GET(self) -> None:
        self._send(answer(self.server.folder, self.command, self.path, self.headers.get("If-None-Match", "")))

    do_HEAD = do_GET  # noqa: N815 - the name the base class looks for

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Constant: the base class would repeat the request. It calls this also for methods it does not know."""
        known = refused(HTTPStatus(code)) if code != HTTPStatus.NOT_IMPLEMENTED else answer(self.server.folder, "", "")
        self._send(known)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """No addresses, no requests."""

    def _send(self, response: Answer) -> None:
        self.send_response(response.status)
        for name, value in response.fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if getattr(self, "command", None) != "HEAD":
            self.wfile.write(response.body)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it ended by itself
