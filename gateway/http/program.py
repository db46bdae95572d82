"""The program `http`: serves the signed library until SIGTERM. It holds no key but its TLS key, and no database."""

import threading

from gateway.http.server import PROGRAM, LibraryServer, server_tls
from gateway.journal import Event, note
from gateway.programs.stopping import stop_on_signals
from gateway.settings import Settings


def run_http(settings: Settings) -> None:
    """Serve until told to stop."""
    stopping = stop_on_signals()
    http = settings.http
    tls = None
    if http.certificate is not None and http.key is not None:
        tls = server_tls(settings.path(http.certificate), settings.path(http.key))
    server = LibraryServer(
        (http.host, http.port), settings.path(settings.library.public), connections=http.connections, tls=tls
    )
    thread = threading.Thread(target=server.serve_forever, name="http", daemon=True)
    thread.start()
    note(PROGRAM, Event.STARTED)
    stopping.wait()
    server.shutdown()
    server.server_close()
    note(PROGRAM, Event.STOPPED)
