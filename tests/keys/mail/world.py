"""A gateway whose edge and processing run, and people who write to `keys@` with real gpg and read what is answered.

Nothing is delivered: what `process` has queued for a mailbox is read where it waits.
"""

import os
import re
import shutil
import smtplib
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, TypeVar

from gateway.demo.running import Ports, free_ports
from keyring_admin.openpgp.armor import enarmor

from ..people import Person, gpg, make_person, stop_agent

Value = TypeVar("Value")
ACCOUNT = "gsp"
ARRIVAL_SECONDS = 20
REPLY_ID = re.compile(r"accepted ([0-9A-F]{16})")


@dataclass
class Account:
    """Somebody who may log in. known: what was in the mailbox when it was last read."""

    person: Person
    password: str

    @property
    def address(self) -> str:
        return self.person.address


@dataclass
class World:
    """folder: everything; gw below it: the deployment."""

    folder: Path
    ports: Ports = field(default_factory=free_ports)
    accounts: dict[str, Account] = field(default_factory=dict)
    gateway: str = ""
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    made: int = 0

    @property
    def gw(self) -> Path:
        return self.folder / "gw"

    # The deployment

    def set_up(self, *, people: bool = True) -> None:
        (self.folder / "tmp").mkdir()
        self._hand_over(self.folder, self.folder / "tmp")
        self.gsp(
            *("init", str(self.gw), "--domain", "gsp.test", "--pilot"),
            *("--submission-port", str(self.ports.submission), "--starttls-port", str(self.ports.starttls)),
            *("--imap-port", str(self.ports.imap)),
        )
        with (self.gw / "gsp.toml").open("a") as config:
            config.write("\n[keys]\nrequests_per_hour = 1000\n")
        self.gateway = re.findall(r'fingerprint = "([0-9A-F]{40})"', (self.gw / "gsp.toml").read_text())[0]
        domains = {"KE": ("customs.ke.test", "coast.ke.test"), "EU": ("olaf.eu.test",)}
        for code, names in domains.items():
            reading = self.person(f"{code.lower()}@gsp.test")
            options = [word for name in names for word in ("--domain", name)]
            self.gsp("parties", "admit", code, code, *options, "--reading-certificate", str(self.file(reading)))
        if people:
            self._set_up_people()

    def _set_up_people(self) -> None:
        self.admit("ana", "Ana <ana@customs.ke.test>", "KE", "query")
        self.admit("rosa", "Rosa <rosa@coast.ke.test>", "KE", "query")
        self.admit("eva", "Eva <eva@olaf.eu.test>", "EU", "query")
        self.admit("otto", "Otto <otto@customs.ke.test>", "KE", "query")
        self.gsp("administrators", "appoint", "ana@customs.ke.test")
        self.gsp("administrators", "appoint", "rosa@coast.ke.test", "--region", "Coast", "--domain", "coast.ke.test")
        self.gsp("administrators", "appoint", "eva@olaf.eu.test")

    def start(self, *programs: str) -> None:
        for program in programs or ("edge", "process"):
            with (self.folder / f"{program}.log").open("ab") as log:
                self.processes.append(
                    subprocess.Popen(
                        self._command("run", program),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        env=self._environment(),
                    )
                )
            file = self.folder / f"{program}.log"
            self.wait(lambda file=file: b'"started"' in file.read_bytes() or None)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)
        for home in (self.folder / "people").glob("*"):
            stop_agent(home)
        shutil.rmtree(self.folder, ignore_errors=True)

    def gsp(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(self._command(*arguments), capture_output=True, check=False, env=self._environment())
        assert not check or done.returncode == 0, done.stderr.decode()
        return done.stdout.decode() if check else done.stdout.decode() + done.stderr.decode()

    def _command(self, *arguments: str) -> list[str]:
        become = ["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups"] if os.geteuid() == 0 else []
        return [*become, sys.executable, "-m", "gateway", "--config", str(self.gw / "gsp.toml"), *arguments]

    def _environment(self) -> dict[str, str]:
        home, temporary = str(self.folder), str(self.folder / "tmp")
        return {**os.environ, "HOME": home, "TMPDIR": temporary, "RUST_BACKTRACE": "0", "COLUMNS": "200"}

    def _hand_over(self, *paths: Path) -> None:
        if os.geteuid() == 0:
            for path in paths:
                shutil.chown(path, ACCOUNT, ACCOUNT)

    # People

    def person(self, address: str, *, name: str = "", **options: Any) -> Person:
        self.made += 1
        user_id = f"{name or address.partition('@')[0].capitalize()} <{address}>"
        person = make_person(self.folder / "people" / str(self.made), user_id, **options)
        person.know((self.gw / "gateway-certificate.asc").read_bytes())
        return person

    def file(self, person: Person) -> Path:
        file = self.folder / f"{person.fingerprint}.asc"
        file.write_bytes(person.armored)
        return file

    def admit(self, name: str, user_id: str, party: str, role: str) -> Account:
        person = self.person(user_id.partition("<")[2].rstrip(">"))
        arguments = ("--party", party, "--certificate", str(self.file(person)), "--role", role)
        said = self.gsp("officers", "admit", person.address, *arguments)
        self.accounts[name] = Account(person, said.rpartition("password")[2].strip())
        return self.accounts[name]

    def invite(self, address: str, *options: str) -> tuple[str, str]:
        """The one-time password and the code, as the command says them."""
        said = self.gsp("officers", "invite", address, "--role", "query", *options)
        return tuple(re.findall(rf"^{word}\s+(\S+)$", said, re.MULTILINE)[0] for word in ("password", "code"))  # type: ignore[return-value]

    # Requests

    def request(self, act: str, *lines: str, **changed: str) -> str:
        """The text of a request as a person types it."""
        self.made += 1
        fields = {
            "GSP-Key-Request": "1",
            "Act": act,
            "Id": f"test-request-{os.getpid()}-{self.made}",
            "Gateway": self.gateway,
            "Created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        fields |= {name.replace("_", "-"): value for name, value in changed.items()}
        return "\n".join([f"{name}: {value}" for name, value in fields.items()] + list(lines)) + "\n"

    def mail(
        self,
        person: Person,
        text: str,
        *files: bytes,
        sign: bool = True,
        sender: str = "",
        inline: bool = False,
        signer: Person | None = None,
        at: datetime | None = None,
    ) -> bytes:
        """What a mail client sends. files: attached as application/pgp-keys. signer: of the mail, if another person."""
        content = text.encode() if inline else entity(text, files)
        person = signer or person
        options = ("--sign", "--local-user", person.fingerprint) if sign else ()
        recipients = ("--recipient", self.gateway, "--recipient", person.fingerprint)
        message = gpg(person.home, *options, *recipients, "--encrypt", stdin=content, at=at)
        return wrapped(sender or person.address, message, inline=inline)

    def send(self, account: Account, mail: bytes, *, recipient: str = "keys@gsp.test") -> str:
        """The reply to the last command of a client that submits one mail."""
        with self.session(account) as client:
            for code, text in (client.mail(account.address), client.rcpt(recipient)):
                if code >= 400:
                    return f"{code} {text.decode()}"
            code, text = client.data(mail)
            return f"{code} {text.decode()}"

    def session(self, account: Account) -> smtplib.SMTP_SSL:
        context = ssl.create_default_context(cafile=str(self.gw / "tls" / "authority.pem"))
        client = smtplib.SMTP_SSL("localhost", self.ports.submission, context=context, timeout=60)
        client.login(account.address, account.password)
        return client

    def ask(self, account: Account, text: str, *files: bytes, **options: Any) -> str:
        """Send a request; the queue id."""
        reply = self.send(account, self.mail(account.person, text, *files, **options))
        found = REPLY_ID.search(reply)
        assert found, reply
        return found[1]

    # Answers

    def notice(self, reader: Person, queue_id: str, mailbox: str = "") -> EmailMessage:
        """The notice that names this queue id, for this mailbox, opened by the reader and signed by the gateway."""
        mail = self.wait(lambda: self.queued(queue_id, mailbox or reader.address))
        home = reader.home
        armor = mail[mail.index(b"-----BEGIN PGP MESSAGE") :]
        done = subprocess.run(
            ["gpg", "--homedir", str(home), "--batch", "--trust-model", "always", "--status-fd", "2", "--decrypt"],
            input=armor,
            capture_output=True,
            check=False,
        )
        assert b"VALIDSIG" in done.stderr, done.stderr.decode()
        assert self.gateway.encode() in done.stderr
        return message_from_bytes(done.stdout, policy=default)

    def text(self, reader: Person, queue_id: str) -> str:
        return text_of(self.notice(reader, queue_id))

    def queued(self, queue_id: str, mailbox: str) -> bytes | None:
        rows = self.rows("select mailbox, head, tail from deliveries where queue_id = ?", queue_id)
        return next((bytes(head) + bytes(tail) for to, head, tail in rows if to == mailbox), None)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.gw / 'gateway.db'}?mode=ro", uri=True, timeout=20)) as database:
            return database.execute(query, values).fetchall()

    def write(self, query: str, *values: object) -> None:
        with closing(sqlite3.connect(self.gw / "gateway.db", timeout=20)) as database, database:
            database.execute(query, values)

    def wait(self, look: Callable[[], Value | None]) -> Value:
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while time.monotonic() < deadline:
            with suppress(sqlite3.OperationalError):
                found = look()
                if found is not None:
                    return found
            time.sleep(0.05)
        logs = [(self.folder / f"{name}.log").read_text()[-1500:] for name in ("edge", "process")]
        raise AssertionError("\n".join(["it did not come", *logs]))

    # What officers do several times

    def enrolled(self, address: str, administrator: str = "ana", party: str = "KE", *options: str) -> Account:
        """Invited, enrolled, proved and approved: the whole way."""
        account, enrolment = self.proved(address, party, *options)
        approver = self.accounts[administrator]
        text = self.request("approve", Enrolment=enrolment, Fingerprint=account.person.fingerprint)
        queue_id = self.ask(approver, text)
        assert "admitted" in self.text(account.person, queue_id)
        return account

    def proved(self, address: str, party: str = "KE", *options: str) -> tuple[Account, str]:
        """The same, but nobody has decided yet; and the number of the enrolment."""
        account, enrolment, challenge = self.challenged(address, party, *options)
        own = "a password of my own"
        self.ask(account, self.request("prove", Enrolment=enrolment, Challenge=challenge, Password=own))
        account.password = own
        return account, enrolment

    def challenged(self, address: str, party: str = "KE", *options: str) -> tuple[Account, str, str]:
        password, code = self.invite(address, "--party", party, *options)
        account = Account(self.person(address), password)
        queue_id = self.ask(account, self.request("enrol", Code=code), account.person.armored)
        return account, *challenge_in(self.text(account.person, queue_id))


def challenge_in(text: str) -> tuple[str, str]:
    """Number of the enrolment and challenge, as the notice names them."""
    found = re.search(r"`Enrolment: (\S+?)`, `Challenge: (\S+?)`", " ".join(text.split()))
    assert found, text
    return found[1], found[2]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def attached(message: EmailMessage) -> dict[str, bytes]:
    return {str(part.get_filename()): bytes(part.get_payload(decode=True)) for part in message.iter_attachments()}  # type: ignore[arg-type]


def entity(text: str, files: tuple[bytes, ...]) -> bytes:
    message = EmailMessage()
    message.set_content(text)
    for number, file in enumerate(files):
        message.add_attachment(file, maintype="application", subtype="pgp-keys", filename=f"key-{number}.asc")
    return message.as_bytes(policy=default.clone(linesep="\r\n"))


def wrapped(sender: str, message: bytes, *, inline: bool = False) -> bytes:
    head = f"From: {sender}\r\nTo: keys@gsp.test\r\nSubject: ...\r\nMIME-Version: 1.0\r\n"
    if inline:
        return head.encode() + b"Content-Type: text/plain\r\n\r\n" + enarmor(message)
    head += (
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n"
        "--b\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + enarmor(message) + b"\r\n--b--\r\n"
