"""A pilot gateway that really runs, three Parties, and what their officers and other people do to it."""

import hashlib
import os
import re
import secrets
import smtplib
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, select

from forms.form import Form
from forms.queries import Purpose, new_query
from gateway.demo.people import DemoParty
from gateway.demo.world import DOMAIN, DemoWorld
from gateway.gate import Accepted, judge
from gateway.mail_header import header_block
from gateway.officer.address_book import AddressBook, load_address_book
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.memory import RememberedForm
from gateway.officer.routing import route_query
from gateway.officer.sealing import Route, SealedMail, seal_form
from gateway.schema import envelope_log
from keyring_admin.database import open_database, write_transaction
from keyring_admin.openpgp.armor import enarmor
from mailroom.notice_requests import notice_requests
from mailroom.schema import accepted_mails, deliveries
from pattern_rules import load_library

Value = TypeVar("Value")
QUEUE_ID = re.compile(r"250 2\.6\.0 accepted ([0-9A-F]{16})")
ARRIVAL_SECONDS = 25
_FASTER = "\n[delivery]\nfirst_retry_seconds = 0.2\nlongest_retry_seconds = 1\nlease_seconds = 3\n"


class Canaries:
    """Random words, one for each place where content could leak from."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def __getitem__(self, place: str) -> str:
        return self.words.setdefault(place, f"Canary{secrets.token_hex(12)}")

    @property
    def secrets(self) -> list[bytes]:
        return [word.encode() for word in self.words.values()]


class SystemWorld(DemoWorld):
    """The demonstration's world, with quicker retries."""

    def _publish_libraries(self) -> None:
        super()._publish_libraries()
        text = self.config.read_text(encoding="utf-8")
        faster = text.replace("[submission]\n", "[submission]\nmails_per_minute = 10000\n") + _FASTER
        self.config.write_text(faster, encoding="utf-8")


@dataclass(slots=True)
class System:
    """Everything a test needs. temporary: the folder for temporary files of the gateway."""

    world: SystemWorld
    temporary: Path
    started: float
    canaries: Canaries = field(default_factory=Canaries)
    engine: Engine = field(init=False)
    book: AddressBook = field(init=False)

    def connect(self) -> None:
        self.engine = open_database(f"sqlite:///{self.world.folder / 'gw' / 'gateway.db'}", busy_timeout=20_000)
        self.book = load_address_book(self.world.book.read_bytes())

    def party(self, code: str) -> DemoParty:
        return self.world.parties[code]

    def keyring(self, code: str) -> OfficerKeyring:
        return OfficerKeyring(self.party(code).gnupg)

    # What officers write

    def form(self, asked: str, text: str | None = None) -> Form:
        uid = self.party(asked).uid
        justification = text or f"{self.canaries['justification']} {secrets.token_hex(4)}"
        return new_query([uid.encode()], justification=justification, purpose=Purpose.INVESTIGATION)

    def seal(self, asking: str, asked: str, *, library: Path | None = None, owner: str | None = None) -> SealedMail:
        """A sealed query as `gsp seal` writes it. owner: whose UID it asks about, if not the asked Party's."""
        form = self.form(owner or asked)
        octets = (library or self.world.library).read_bytes()
        today = datetime.now(UTC).date()
        return self._sealed(
            form, route_query(form, load_library(octets), self.book, own_party=asking, today=today), asking
        )

    def seal_reply(self, answering: str, form: Form, query: RememberedForm) -> SealedMail:
        return self._sealed(form, Route(query.requesting_party, query.requested_party, query=query), answering)

    def _sealed(self, form: Form, route: Route, code: str) -> SealedMail:
        officer = self.party(code)
        return seal_form(
            form,
            route,
            officer_address=officer.officer,
            officer_fingerprint=officer.officer_fingerprint,
            book=self.book,
            keyring=self.keyring(code),
            declare_uids=True,
            now=datetime.now(UTC),
        )

    def encrypt_body(self, sender: str, party: str, text: str | None = None) -> bytes:
        """A signed body for a Party, as a mail client writes it."""
        content = f"Content-Type: text/plain\r\n\r\n{text or self.canaries['direct text']} {secrets.token_hex(4)}\r\n"
        to = [self.party(party).reading_fingerprint, self.party(sender).officer_fingerprint]
        signer = self.party(sender).officer_fingerprint
        return self.keyring(sender).sign_and_encrypt(content.encode(), signer=signer, recipients=to)

    def direct_mail(self, sender: str, party: str, octets: bytes, *fields: tuple[str, str]) -> bytes:
        """RFC 3156, with a header full of what may not arrive."""
        boundary = self.canaries["boundary"]
        given = {name for name, _ in fields}
        usual = [
            ("From", f'"{self.canaries["display name"]}" <{self.party(sender).officer}>'),
            ("To", f"{self.canaries['to name']} <{party.lower()}@{DOMAIN}>"),
            ("Subject", self.canaries["subject"]),
            ("Message-ID", f"<{self.canaries['message id']}@{self.party(sender).domain}>"),
            ("User-Agent", self.canaries["user agent"]),
            ("X-Mailer", self.canaries["mailer"]),
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"'),
        ]
        head = header_block([*fields, *(field for field in usual if field[0] not in given)])
        return head + encrypted_parts(octets, boundary)

    # The wire

    def send(self, sender: str, recipient: str, mail: bytes) -> str:
        """Submit; the first reply that is not positive, or the last one."""
        officer = self.party(sender)
        with self.session(sender) as client:
            code, text = client.mail(officer.officer)
            if code == 250:
                code, text = client.rcpt(f"{recipient}@{DOMAIN}")
            if code == 250:
                code, text = client.data(mail)
        return f"{code} {text.decode('ascii')}"

    @contextmanager
    def session(self, sender: str) -> Iterator[smtplib.SMTP_SSL]:
        officer = self.party(sender)
        context = ssl.create_default_context(cafile=self.world.authority)
        name = f"{self.canaries['ehlo'].lower()}.test"
        client = smtplib.SMTP_SSL(
            "localhost", self.world.ports.submission, local_hostname=name, context=context, timeout=60
        )
        with client:
            client.login(officer.officer, officer.password)
            yield client

    def send_query(self, asking: str, asked: str) -> tuple[SealedMail, str]:
        sealed = self.seal(asking, asked)
        reply = self.send(asking, "query", sealed.mail)
        assert QUEUE_ID.fullmatch(reply), reply
        return sealed, reply

    # What arrives

    def arrived(self, code: str, body: bytes | str, folder: str | None = None) -> EmailMessage:
        """The delivered mail with this body (packets, or their SHA-256), once it is there."""
        wanted = body if isinstance(body, str) else hashlib.sha256(body).hexdigest()
        return self.wait_for(lambda: next(iter(self.copies(code, wanted, folder)), None))

    def copies(self, code: str, body_sha256: str, folder: str | None = None) -> list[EmailMessage]:
        mails = self.world.mails(self.party(code), folder or f"Party/{code}")
        return [parse(mail) for mail in mails if body_hash(mail) == body_sha256]

    def notices(self, code: str) -> list[str]:
        """Subject and text of the notices in an officer's INBOX."""
        texts = []
        for mail in self.world.mails(self.party(code), "INBOX"):
            accepted = judge(mail, size_limit=1 << 20)
            assert isinstance(accepted, Accepted)
            opened = self.keyring(code).open(accepted.messages[0].octets)
            assert opened.signatures
            message = message_from_bytes(opened.data, policy=default)
            texts.append(f"{message['Subject']}\n{message.get_content()}")
        return texts

    def settle(self) -> None:
        """Wait until nothing waits in the queue."""
        self.wait_for(lambda: self.read(_nothing_waits) or None)

    def wait_for(self, look: Callable[[], Value | None]) -> Value:
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            time.sleep(0.1)
        raise AssertionError(f"it did not come; the journal ends with {self.journal[-2000:].decode()}")

    # The inside

    def read(self, work: Callable[[Connection], Value]) -> Value:
        with self.engine.connect() as connection:
            return work(connection)

    def write(self, work: Callable[[Connection], Any]) -> None:
        with write_transaction(self.engine) as connection:
            work(connection)

    def log_rows(self, **wanted: object) -> list[dict[str, Any]]:
        rows = self.read(lambda connection: connection.execute(select(envelope_log)).mappings().all())
        return [dict(row) for row in rows if all(row[name] == value for name, value in wanted.items())]

    def programs(self) -> dict[str, int]:
        """The supervisor's children: name and process id."""
        assert self.world.gateway is not None
        found = {}
        for pid in descendants(self.world.gateway.pid):
            with suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
                if "run" in words and "gateway" in words:
                    found[words[words.index("run") + 1]] = pid
                elif words[0].endswith("dovecot"):
                    found["dovecot"] = pid
        return found

    @property
    def journal(self) -> bytes:
        return (self.world.folder / "gateway.log").read_bytes()


def descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, check=False).stdout
    return [int(word) for word in listed.split()]


def encrypted_parts(octets: bytes, boundary: str) -> bytes:
    head = (
        f"\r\n--{boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        f"\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + enarmor(octets) + f"\r\n--{boundary}--\r\n".encode()


def parse(mail: bytes) -> EmailMessage:
    return message_from_bytes(mail, policy=default)


def body_hash(mail: bytes) -> str:
    """SHA-256 of the packets in a delivered mail, found by the gate."""
    accepted = judge(mail, size_limit=1 << 24)
    assert isinstance(accepted, Accepted), accepted
    return hashlib.sha256(accepted.messages[-1].octets).hexdigest()


def seal_field(mail: EmailMessage, name: str) -> str:
    found = re.search(rf"(?:^|; ){name}=([^;]*)", " ".join(str(mail["GSP-Seal"]).split()))
    assert found, mail["GSP-Seal"]
    return found.group(1)


def _nothing_waits(connection: Connection) -> bool:
    waiting = connection.execute(select(accepted_mails.c.id).where(accepted_mails.c.state != "processed")).first()
    return all(
        row is None
        for row in (
            waiting,
            connection.execute(select(deliveries.c.id)).first(),
            connection.execute(select(notice_requests.c.id)).first(),
        )
    )


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
