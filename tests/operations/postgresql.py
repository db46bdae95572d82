"""A PostgreSQL server of a test's own, reached by TCP on loopback with a password."""

import os
import secrets
import socket
import subprocess
from pathlib import Path

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"))


class Postgresql:
    """One server in one folder, run by whoever runs the tests. It waits for the disk, as a real one does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._password = secrets.token_hex(8)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def url(self, database: str = "gsp") -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://gsp:{self._password}@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        """The server's files."""
        secret = self._folder / "password"
        secret.write_text(self._password, encoding="ascii")
        words = ("-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8", "--locale=C.UTF-8")
        self._run("initdb", "-D", str(self._folder / "pg"), "-U", "gsp", "-N", *words)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self._folder}"
        self._run(
            "pg_ctl", "start", "-w", "-D", str(self._folder / "pg"), "-l", str(self._folder / "log"), "-o", options
        )

    def stop(self) -> None:
        """Stop it at once."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self._folder / "pg"))

    def create(self, database: str) -> None:
        """An empty database."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "gsp", "-T", "template0", database)

    def drop(self, database: str) -> None:
        """Away with a database, and with whoever still talks to it."""
        self._run("dropdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "gsp", "--force", database)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(PROGRAMS / program), *arguments],
            check=True,
            cwd="/",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGPASSWORD": self._password},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
