"""An LMTP server that does with each mailbox what a test wants: store, refuse, hang up."""

import socketserver
import threading
from collections import defaultdict
from enum import Enum
from pathlib import Path


class Answer(Enum):
    """What becomes of a mail."""

    STORE = b"250 2.0.0 saved\r\n"
    LATER = b"451 4.3.0 later\r\n"
    NEVER = b"550 5.1.1 never\r\n"
    STORE_AND_HANG_UP = b""
    STORE_AND_SHUT_DOWN = b"421 4.3.2 shutting down\r\n"  # what Dovecot does


class LmtpServer:
    """Serves on a UNIX socket at `path`. answer: for every mail from now on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answer = Answer.STORE
        self.stored: dict[str, list[bytes]] = defaultdict(list)
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                server.converse(self)

        self._server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def holds(self, mailbox: str, message_id: str) -> bool:
        """What `doveadm search` would find."""
        return any(message_id.encode() in mail for mail in self.stored[mailbox])

    def converse(self, handler: socketserver.StreamRequestHandler) -> None:
        """One session."""
        handler.wfile.write(b"220 mailbox server\r\n")
        recipient = ""
        while line := handler.rfile.readline():
            command = line.strip().upper()
            if command == b"QUIT":
                handler.wfile.write(b"221 2.0.0 bye\r\n")
                return
            if command == b"DATA":
                handler.wfile.write(b"354 go on\r\n")
                mail = b"".join(iter(handler.rfile.readline, b".\r\n"))
                if self.answer in {Answer.STORE, Answer.STORE_AND_HANG_UP, Answer.STORE_AND_SHUT_DOWN}:
                    self.stored[recipient].append(mail)
                if not self.answer.value:
                    return
                handler.wfile.write(self.answer.value)
                continue
            if command.startswith(b"RCPT"):
                recipient = line.decode().partition("<")[2].partition(">")[0]
            handler.wfile.write(b"250 2.0.0 ok\r\n")
