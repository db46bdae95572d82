"""A gateway that runs as a whole, a Secretariat with its root offline, and people who use real gpg and real mail.

The gateway's programs and the custodian's commands run as the account of the gateway; people's tools as whoever tests.
"""

import os
import re
import shutil
import smtplib
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, TypeVar

from gateway.demo.running import Ports, free_ports
from gateway.officer.mailbox import MailboxAccess, fetch_mails, logged_in
from mailroom.mailboxes.probes import imap_greets
from pattern_rules import core_library_octets

from .commands import Commands
from .people import Person, certify, gpg, make_person, stop_agent

Found = TypeVar("Found")
ACCOUNT = "gsp"
DOMAIN = "gsp.test"
SECONDS = 60.0
_ARMOR = b"-----BEGIN PGP MESSAGE"
_SETTINGS = "\n[keys]\nrequests_per_hour = 1000\n[delivery]\nfirst_retry_seconds = 0.2\nlongest_retry_seconds = 1\n"


@dataclass
class Somebody:
    """Who has a key, and perhaps an account. read: how many mails of the INBOX were looked at."""

    person: Person
    folder: Path
    password: str = ""
    notices: list[EmailMessage] = field(default_factory=list)
    read: int = 0

    @property
    def address(self) -> str:
        return self.person.address

    @property
    def fingerprint(self) -> str:
        return self.person.fingerprint

    @property
    def password_file(self) -> Path:
        file = self.folder / "password"
        file.write_text(self.password)
        return file


@dataclass
class Running:
    """folder: everything. desk: what the custodian is handed and hands out."""

    folder: Path
    ports: Ports = field(default_factory=free_ports)
    people: dict[str, Somebody] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    made: int = 0
    ran: list[tuple[str, ...]] = field(default_factory=list)
    custodian: Commands | None = None
    others: Commands | None = None

    @property
    def gw(self) -> Path:
        return self.folder / "gw"

    @property
    def desk(self) -> Path:
        return self.folder / "desk"

    @property
    def book(self) -> Path:
        return self.folder / "directory.json"

    @property
    def library(self) -> Path:
        return self.folder / "library.toml"

    @property
    def authority(self) -> Path:
        return self.gw / "tls" / "authority.pem"

    # The custodian

    def set_up(self) -> None:
        """An empty gateway that runs."""
        for folder in (self.desk, self.folder / "tmp", self.folder / "people"):
            folder.mkdir()
        if os.geteuid() == 0:
            for folder in (self.folder, self.desk, self.folder / "tmp"):
                shutil.chown(folder, ACCOUNT, ACCOUNT)
        self.custodian = Commands(_become_custodian(), self._environment())
        self.others = Commands((), self._environment())
        self.gsp(
            *("init", str(self.gw), "--domain", DOMAIN, "--pilot"),
            *("--submission-port", str(self.ports.submission), "--starttls-port", str(self.ports.starttls)),
            *("--imap-port", str(self.ports.imap)),
        )
        with (self.gw / "gsp.toml").open("a") as config:
            config.write(_SETTINGS)
        self.library.write_bytes(core_library_octets())
        with (self.folder / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*_become_custodian(), sys.executable, "-m", "gateway", "--config", str(self.gw / "gsp.toml"), "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
            )
        self.wait(lambda: self._answers() or None, seconds=3 * SECONDS)

    def gsp(self, *arguments: str, code: int = 0) -> str:
        """A command of the custodian; what it said. code: the exit code it has to have."""
        assert self.custodian is not None
        self.ran.append(arguments)
        done = self.custodian.run(("--config", str(self.gw / "gsp.toml"), *arguments), str(self.folder))
        assert done.code == code, done.said
        return done.said

    def on_desk(self, octets: bytes) -> str:
        """A file that the custodian was handed."""
        self.made += 1
        file = self.desk / f"{self.made}.asc"
        file.write_bytes(octets)
        return str(file)

    def approve(self, said: str, *signers: str) -> str:
        """People sign the proposal that a command has opened; what was said to the last of them."""
        found = re.search(r"Proposal ([0-9a-f]{16}) is open", said)
        assert found, said
        for name in signers:
            text = self.gsp("keys", "approve", found[1], "--print")
            statement = self.on_desk(self.people[name].person.sign(text.encode()))
            said = self.gsp("keys", "approve", found[1], "--statement", statement)
        return said

    def have_certified(self, address: str, *certifiers: str) -> None:
        """The request goes out as a file, and what comes back is taken."""
        self.made += 1
        request = self.desk / f"request-{self.made}.txt"
        self.gsp("keys", "request-certification", address, "--output", str(request))
        files = []
        for name in certifiers:
            signer = self.people[name]
            file = signer.folder / "certified.asc"
            key = ("--key", signer.fingerprint, "--gnupg-home", str(signer.person.home))
            self.tool(signer, "keys", "certify", *key, str(request), "--output", str(file))
            files.append(self.on_desk(file.read_bytes()))
        self.gsp("keys", "certified", *files)

    # The ceremony

    def install_root(self) -> None:
        """The root is made offline, certifies two people of the Secretariat, and is installed."""
        root = self.somebody("root", "GSP root <root@secretariat.test>")
        for name, user_id in (("adaeze", "Adaeze Obi"), ("bruno", "Bruno Silva")):
            one = self.somebody(name, f"{user_id} <{name}@secretariat.test>")
            file = self.on_desk(certify(root.person, one.person.certificate))
            self.gsp("people", "admit", user_id, one.address, "--certificate", file)
        file = self.on_desk(root.person.armored)
        assert "nothing was changed" in self.gsp("keys", "root", "install", file)
        self.gsp("keys", "root", "install", file, "--yes")

    def admit_party(self, code: str, name: str) -> None:
        """Four eyes admit a Party; its administrator and its reading certificate are certified."""
        said = self.gsp("parties", "admit", code, name, "--domain", domain_of(code), code=3)
        assert "signatures still needed: 1" in self.approve(said, "adaeze")
        assert "is done" in self.approve(said, "bruno")
        self.admit_administrator(f"admin-{code}", f"Administrator <admin@{domain_of(code)}>", code)
        reading = self.somebody(f"reading-{code}", f"{name} <{code.lower()}@{DOMAIN}>")
        self.gsp("parties", "reading-certificate", code, self.on_desk(reading.person.armored))
        self.have_certified(reading.address, "root", f"admin-{code}")

    def admit_administrator(self, name: str, user_id: str, party: str) -> Somebody:
        """Admitted, appointed, certified by the root."""
        administrator = self.somebody(name, user_id)
        file = self.on_desk(administrator.person.armored)
        options = ("--party", party, "--certificate", file, "--role", "administer")
        said = self.gsp("officers", "admit", administrator.address, *options)
        administrator.password = said.rpartition("password")[2].split()[0]
        self.gsp("administrators", "appoint", administrator.address)
        self.have_certified(administrator.address, "root")
        return administrator

    def hand_out_address_book(self, *names: str) -> None:
        """These people verify it from the root's fingerprint on paper."""
        self.book.write_text(self.gsp("directory", "export"))
        for name in names:
            self.import_book(self.people[name])

    def import_book(self, one: Somebody) -> None:
        options = ("--root", self.people["root"].fingerprint, "--gnupg-home", str(one.person.home), "--yes")
        assert "the chain from the root" in self.tool(one, "directory", "import", str(self.book), *options)

    # People

    def somebody(self, name: str, user_id: str, **options: Any) -> Somebody:
        """Somebody new with a key of their own; an earlier one with this name is somebody else."""
        self.made += 1
        folder = self.folder / "people" / str(self.made)
        person = make_person(folder / "g", user_id, **options)
        (person.home / "gpg.conf").write_text("trust-model always\nno-auto-key-locate\n")
        self.people[name] = Somebody(person, folder)
        return self.people[name]

    def tool(self, one: Somebody, *arguments: str, code: int = 0) -> str:
        """A command that somebody runs on their own machine; what it said."""
        assert self.others is not None
        self.ran.append(arguments)
        done = self.others.run(arguments, str(one.folder))
        assert done.code == code, done.said
        return done.said

    def arguments(self, one: Somebody) -> tuple[str, ...]:
        """Who runs it, and with what."""
        return (
            *("--officer", one.address, "--gnupg-home", str(one.person.home)),
            *("--address-book", str(self.book)),
        )

    def server(self, one: Somebody) -> tuple[str, ...]:
        """How somebody's tool sends."""
        return (
            *("--send", f"localhost:{self.ports.submission}"),
            *("--password-file", str(one.password_file), "--ca", str(self.authority)),
        )

    def ask(self, one: Somebody, *request: str, code: int = 0) -> str:
        """`gsp keys request`; what the gateway answered in the dialogue."""
        return self.tool(one, "keys", "request", *request, *self.arguments(one), *self.server(one), code=code)

    def request(self, one: Somebody, *request: str) -> bytes:
        """The mail of a request, not sent."""
        file = one.folder / "request.eml"
        self.tool(one, "keys", "request", *request, *self.arguments(one), "--output", str(file))
        return file.read_bytes()

    # Enrolment by mail

    def invite(self, name: str, user_id: str, party: str) -> tuple[Somebody, str]:
        """An administrator invites by mail, and hands password and code over; who it is, and the code."""
        one, administrator = self.somebody(name, user_id), self.people[f"admin-{party}"]
        self.ask(administrator, "invite", "--address", one.address, "--roles", "query, reply")
        words = self.notice(administrator, f"{one.address} is invited", "`enrol`:").split()
        one.password, code = words[words.index("mail:") + 1], words[words.index("`enrol`:") + 1]
        self.import_book(one)
        return one, code

    def prove(self, one: Somebody, code: str) -> str:
        """Sends the certificate, answers the challenge with a password of one's own; number of the enrolment."""
        self.ask(one, "enrol", "--code", code)
        text = self.notice(one, "`Challenge:")
        found = re.search(r"`Enrolment: (\S+?)`, `Challenge: (\S+?)`", text)
        assert found, text
        own = one.folder / "own"
        own.write_text(f"the own password of {one.address}")
        options = ("--enrolment", found[1], "--challenge", found[2], "--new-password-file", str(own))
        self.ask(one, "prove", *options)
        one.password = own.read_text()
        return found[1]

    def certified_approval(self, administrator: Somebody, one: Somebody, enrolment: str) -> tuple[str, ...]:
        """The administrator has the notice, compares the full fingerprint; the command that certifies and approves."""
        mail = self.notice_mail(administrator, enrolment)
        assert one.fingerprint in text_of(mail).replace(" ", "")
        (attachment,) = mail.iter_attachments()
        file = administrator.folder / str(attachment.get_filename())
        file.write_bytes(bytes(attachment.get_payload(decode=True)))  # type: ignore[arg-type]
        words = ("--enrolment", enrolment, "--address", one.address, "--fingerprint", one.fingerprint)
        return ("keys", "approve-enrolment", str(file), *words)

    def approve_enrolment(self, one: Somebody, party: str, enrolment: str) -> None:
        """The administrator certifies and approves; the officer is told."""
        administrator = self.people[f"admin-{party}"]
        command = self.certified_approval(administrator, one, enrolment)
        self.tool(administrator, *command, *self.arguments(administrator), *self.server(administrator))
        self.notice(one, "admitted", one.fingerprint)

    def enrol(self, name: str, user_id: str, party: str) -> Somebody:
        """The whole way; the officer has the Party's reading key."""
        one, code = self.invite(name, user_id, party)
        self.approve_enrolment(one, party, self.prove(one, code))
        self.give_reading_key(one, party)
        return one

    def give_reading_key(self, one: Somebody, party: str) -> None:
        """The Party hands its secret key to the officer, by a way of its own."""
        gpg(one.person.home, "--import", stdin=self.people[f"reading-{party}"].person.secret)

    # Mail

    def send(self, one: Somebody, mail: bytes, recipient: str = f"keys@{DOMAIN}") -> str:
        """The first reply that is not positive, or the last one."""
        with self.submission(one) as client:
            return submit(client, one.address, recipient, mail)

    def submission(self, one: Somebody) -> smtplib.SMTP_SSL:
        """Logged in."""
        context = ssl.create_default_context(cafile=str(self.authority))
        client = smtplib.SMTP_SSL("localhost", self.ports.submission, context=context, timeout=60)
        client.login(one.address, one.password)
        return client

    def access(self, one: Somebody) -> MailboxAccess:
        return MailboxAccess("localhost", self.ports.imap, one.address, one.password, self.authority)

    def inbox(self, one: Somebody) -> list[bytes]:
        with logged_in(self.access(one)) as client:
            return list(fetch_mails(client, "INBOX", unseen_only=False))

    def notice(self, one: Somebody, *words: str) -> str:
        """The text of the notice that has all these words; each is given out once."""
        return text_of(self.notice_mail(one, *words))

    def notice_mail(self, one: Somebody, *words: str) -> EmailMessage:
        def look() -> EmailMessage | None:
            mails = self.inbox(one)
            for mail in mails[one.read :]:
                one.notices.append(opened(one, mail))
                one.read += 1
            wanted = ["".join(word.split()) for word in words]
            for notice in one.notices:
                text = "".join(text_of(notice).split())
                if all(word in text for word in wanted):
                    one.notices.remove(notice)
                    return notice
            return None

        return self.wait(look, every=0.3)  # a login costs an argon2id

    # Looking inside

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.gw / 'gateway.db'}?mode=ro", uri=True, timeout=20)) as database:
            return database.execute(query, values).fetchall()

    def enrolled(self, one: Somebody) -> bool:
        return self.rows("select enrolled from officers where address = ?", one.address) == [(1,)]

    def wait(self, look: Callable[[], Found | None], seconds: float = SECONDS, every: float = 0.05) -> Found:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(sqlite3.OperationalError):
                found = look()
                if found is not None:
                    return found
            time.sleep(every)
        raise AssertionError("it did not come: " + (self.folder / "gateway.log").read_text()[-3000:])

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(40)
        for commands in (self.custodian, self.others):
            if commands is not None:
                commands.stop()
        for home in (self.folder / "people").glob("*/g"):
            stop_agent(home)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "gateway.log").read_text()
        try:
            with smtplib.SMTP("localhost", self.ports.starttls, timeout=5):
                return imap_greets("127.0.0.1", self.ports.imap)
        except OSError:
            return False

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GSP_", "LC_", "LANG"))}
        own = {"HOME": str(self.folder), "TMPDIR": str(self.folder / "tmp"), "LC_ALL": "C.UTF-8", "COLUMNS": "200"}
        return {**kept, **own, "RUST_BACKTRACE": "0"}


@contextmanager
def running_gateway(prefix: str) -> Iterator[Running]:
    """A gateway that is stopped and gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    folder.chmod(0o755)
    made = Running(folder)
    try:
        made.set_up()
        yield made
    finally:
        made.stop()


def _become_custodian() -> list[str]:
    return ["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups"] if os.geteuid() == 0 else []


def domain_of(party: str) -> str:
    """The mail domain of a Party's officers."""
    return {"EU": "olaf.eu.test"}.get(party, f"customs.{party.lower()}.test")


def submit(client: smtplib.SMTP, sender: str, recipient: str, mail: bytes) -> str:
    """Reply and text as one line."""
    code, text = client.mail(sender)
    if code == 250:
        code, text = client.rcpt(recipient)
    if code == 250:
        code, text = client.data(mail)
    return f"{code} {text.decode('ascii')}"


def opened(one: Somebody, mail: bytes) -> EmailMessage:
    """What is in a notice: decrypted with the own key; the constant sentence in the clear as it is."""
    if _ARMOR not in mail:
        return message_from_bytes(mail, policy=default)
    # One to a key that was lost before stays closed.
    clear = gpg(one.person.home, "--decrypt", stdin=mail[mail.index(_ARMOR) :], check=False)
    return message_from_bytes(clear or b"\r\n", policy=default)


def text_of(message: EmailMessage) -> str:
    """Its text on one line."""
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())
