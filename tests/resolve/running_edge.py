"""A deployment with its edge running as an unprivileged account, and officers who write to `resolve@`."""

import os
import re
import shutil
import smtplib
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.demo.running import Ports, free_ports
from gnupg_keys import Key, gpg, make_key, seal
from keyring_admin.openpgp.armor import enarmor

ACCOUNT = "gsp"
QUESTIONS_PER_HOUR = 40


@dataclass
class RunningEdge:
    """folder: everything; gw below it: the deployment, the only place the gateway writes to."""

    folder: Path
    ports: Ports
    officers: dict[str, Key] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    gateway: str = ""
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0
    said_at_init: str = ""
    reply_while_off: tuple[int, str] = (0, "")
    rows_while_off: int = -1

    @property
    def gw(self) -> Path:
        return self.folder / "gw"

    @property
    def log(self) -> Path:
        return self.folder / "edge.log"

    def gsp(self, *arguments: str) -> str:
        done = subprocess.run(self._command(*arguments), capture_output=True, check=False, env=self._environment())
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def _command(self, *arguments: str) -> list[str]:
        become = ["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups"] if os.geteuid() == 0 else []
        return [*become, sys.executable, "-m", "gateway", "--config", str(self.gw / "gsp.toml"), *arguments]

    def _environment(self) -> dict[str, str]:
        home, temporary = str(self.folder), str(self.folder / "tmp")
        python = {"PYTHONPATH": str(Path(__file__).parent / "looked_into"), "RUST_BACKTRACE": "0"}
        return {**os.environ, **python, "HOME": home, "TMPDIR": temporary, "COLUMNS": "200"}

    def make(self) -> None:
        """`gsp init`, three Parties, officers of Kenya and of the Union, keys by GnuPG."""
        (self.folder / "tmp").mkdir()
        self.hand_over(self.folder, self.folder / "tmp")
        self.said_at_init = self.gsp(
            *("init", str(self.gw), "--domain", "gsp.test", "--pilot"),
            *("--submission-port", str(self.ports.submission), "--starttls-port", str(self.ports.starttls)),
        )
        config = self.gw / "gsp.toml"
        home = self.folder / "keys"
        for code, domain in (("KE", "customs.ke.test"), ("EU", "olaf.eu.test"), ("PK", "fbr.pk.test")):
            reading = make_key(home, f"{code.lower()}@gsp.test")
            self.gsp(
                *("parties", "admit", code, code, "--domain", domain),
                *("--reading-certificate", str(self.export(reading))),
            )
        gpg(home, "--import", stdin=(self.gw / "gateway-certificate.asc").read_bytes())
        self.gateway = re.findall(r'fingerprint = "([0-9A-F]{40})"', config.read_text())[0]
        self.admit("alice@customs.ke.test", "KE", home)
        self.admit("mallory@customs.ke.test", "KE", home)
        self.admit("bob@olaf.eu.test", "EU", home, role="reply")

    def switch_on(self) -> None:
        """As an operator does it."""
        with (self.gw / "gsp.toml").open("a") as config:
            config.write(f"\n[resolve]\nenabled = true\nquestions_per_hour = {QUESTIONS_PER_HOUR}\n")

    def admit(self, address: str, party: str, home: Path, *, role: str = "query") -> None:
        key = make_key(home, address)
        said = self.gsp(
            *("officers", "admit", address, "--party", party, "--certificate", str(self.export(key))),
            *("--role", role, "--language", "en"),
        )
        name = address.partition("@")[0]
        self.officers[name], self.passwords[name] = key, said.rpartition("password")[2].strip()

    def export(self, key: Key) -> Path:
        file = self.folder / f"{key.fingerprint}.asc"
        file.write_bytes(key.armored_certificate)
        return file

    def hand_over(self, *paths: Path) -> None:
        """Started by root: the account owns what the gateway works in."""
        if os.geteuid() == 0:
            for path in paths:
                shutil.chown(path, ACCOUNT, ACCOUNT)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command("run", "edge"), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment()
            )
        deadline = time.monotonic() + 30
        while self.log.read_bytes().count(b'"started"') <= self.starts:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.starts += 1

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            assert self.process.wait(30) == 0
            self.process = None

    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def workers(self) -> list[int]:
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.pid())], capture_output=True, check=False
        ).stdout
        return [int(word) for word in listed.split()]

    def question(self, author: str, lines: str, *, media: str = "text/plain", sign: bool = True) -> bytes:
        return self.mail(author, self.sealed(author, f"Content-Type: {media}\n\n{lines}\n".encode(), sign=sign))

    def sealed(self, author: str, octets: bytes, *, sign: bool = True, signer: str = "", to: str = "") -> bytes:
        """Encrypted to the gateway and, as clients do, to the author."""
        key = self.officers[signer or author]
        return seal(key, [to or self.gateway, self.officers[author].fingerprint], octets, sign=sign)

    def mail(self, author: str, message: bytes) -> bytes:
        head = (
            f"From: {self.officers[author].address}\r\nTo: resolve@gsp.test\r\nSubject: ...\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n"
            "--b\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        return head.encode() + enarmor(message) + b"\r\n--b--\r\n"

    def send(self, author: str, mail: bytes, *, recipient: str = "resolve@gsp.test") -> tuple[int, str]:
        """The reply to the last command, of a client that submits one mail."""
        context = ssl.create_default_context(cafile=str(self.gw / "tls" / "authority.pem"))
        with smtplib.SMTP_SSL("localhost", self.ports.submission, context=context, timeout=60) as client:
            client.login(self.officers[author].address, self.passwords[author])
            for code, text in (client.mail(self.officers[author].address), client.rcpt(recipient)):
                if code >= 400:
                    return code, text.decode()
            code, text = client.data(mail)
            return code, text.decode()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.gw / 'gateway.db'}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()

    def answers(self, queue_id: str) -> list[tuple[str, bytes]]:
        rows = self.rows("select queue_id, mailbox, head, tail from deliveries")
        return [(str(row[1]), bytes(row[2]) + bytes(row[3])) for row in rows if row[0] == queue_id]


@contextmanager
def running_edge(folder: Path) -> Iterator[RunningEdge]:
    """First as it is by default, to see what is said then; afterwards with `resolve@`."""
    edge = RunningEdge(folder, free_ports())
    try:
        edge.make()
        edge.start()
        edge.reply_while_off = edge.send("alice", edge.question("alice", "KE24T00012345674"))
        edge.rows_while_off = len(edge.rows("select 1 from envelope_log"))
        edge.stop()
        edge.switch_on()
        edge.start()
        yield edge
    finally:
        edge.stop()
        subprocess.run(["gpgconf", "--homedir", str(folder / "keys"), "--kill", "all"], check=False)
        shutil.rmtree(folder, ignore_errors=True)
