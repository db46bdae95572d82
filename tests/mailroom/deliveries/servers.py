"""A PostgreSQL of the tests' own, and an LMTP server that does what a test tells it."""

import os
import shutil
import socketserver
import subprocess
import tempfile
import threading
from collections import defaultdict, deque
from enum import Enum
from pathlib import Path

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"))


class Postgresql:
    """A server in one folder, run by an unprivileged account, without TCP."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gsppg-", dir="/tmp"))
        account = "nobody" if os.geteuid() == 0 else ""
        if account:
            shutil.chown(self.folder, account)
        self._as = ["setpriv", "--reuid", account, "--regid", "nogroup", "--clear-groups", "--"] if account else []
        self.url = f"postgresql+psycopg://gsp@/postgres?host={self.folder}"

    def start(self) -> None:
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "gsp", "-A", "trust", "-N", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-D", data, "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self.folder / "data"))
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as, str(PROGRAMS / program), *arguments],
            check=True,
            cwd="/",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


class Answer(Enum):
    """What the server does after the end of data."""

    STORE = "stores the mail and says so"
    STORE_SILENTLY = "stores the mail and hangs up"
    LOSE = "hangs up"
    LATER = "451"
    NEVER = "550"


class LmtpServer:
    """Stores mails by recipient. answers: for each recipient what to do next; without one it stores."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, deque[Answer]] = defaultdict(deque)
        self.stored: list[tuple[str, bytes]] = []
        self.at_once = 0
        self.most_at_once: dict[str, int] = defaultdict(int)
        self.hold = threading.Event()
        self.hold.set()
        self._now: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        lmtp = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                lmtp.converse(self)

        self._server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def mails_of(self, mailbox: str) -> list[bytes]:
        return [mail for recipient, mail in self.stored if recipient == mailbox]

    def holds(self, mailbox: str, message_id: str) -> bool:
        return any(message_id.encode() in mail for mail in self.mails_of(mailbox))

    def converse(self, handler: socketserver.StreamRequestHandler) -> None:
        handler.wfile.write(b"220 mailbox server\r\n")
        recipient = ""
        while line := handler.rfile.readline():
            command = line.strip().upper()
            if command.startswith(b"RCPT"):
                recipient = line.decode().partition("<")[2].partition(">")[0]
            if command == b"DATA":
                handler.wfile.write(b"354 go on\r\n")
                if not self._take(handler, recipient):
                    return
            elif command == b"QUIT":
                handler.wfile.write(b"221 2.0.0 bye\r\n")
                return
            else:
                handler.wfile.write(b"250 2.0.0 ok\r\n")

    def _take(self, handler: socketserver.StreamRequestHandler, recipient: str) -> bool:
        lines = []
        while (line := handler.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        with self._lock:
            self._now[recipient] += 1
            self.most_at_once[recipient] = max(self.most_at_once[recipient], self._now[recipient])
            answer = self.answers[recipient].popleft() if self.answers[recipient] else Answer.STORE
        self.hold.wait(10)
        with self._lock:
            self._now[recipient] -= 1
            if answer in {Answer.STORE, Answer.STORE_SILENTLY}:
                self.stored.append((recipient, b"".join(lines)))
        replies = {
            Answer.STORE: b"250 2.0.0 saved\r\n",
            Answer.LATER: b"451 4.3.0 later\r\n",
            Answer.NEVER: b"550 5.1.1 never\r\n",
        }
        if answer not in replies:
            return False
        handler.wfile.write(replies[answer])
        return True
