"""A pilot gateway that really runs, with faults to be had, and mails full of canaries."""

import secrets
import shutil
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from forms.queries import Purpose, new_query
from gateway.demo.running import gsp
from gateway.demo.world import DOMAIN, DemoWorld
from gateway.officer.address_book import load_address_book
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.routing import route_query
from gateway.officer.sealing import seal_form
from keyring_admin.database import open_database
from keyring_admin.openpgp.armor import enarmor
from mailroom.notice_requests import notice_requests
from mailroom.schema import accepted_mails, deliveries
from pattern_rules import load_library

_FAULTS = Path(__file__).parent / "faults"
_SETTLED_SECONDS = 40
_FASTER = "\n[delivery]\nfirst_retry_seconds = 0.2\nlongest_retry_seconds = 1\nlease_seconds = 3\n"
PLACES = (
    *("subject", "to", "display", "filename", "boundary", "message-id", "xml-tag", "xml-text", "comment", "uid"),
    *("ehlo", "user-agent", "preamble", "part", "description", "justification", "fault"),
)
_UID_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class LeftoverWorld(DemoWorld):
    """The demonstration's world with quick retries, faults, and a canary for each place of a mail."""

    canaries: dict[str, str]

    def prepare(self) -> None:
        """Canaries, and the folder that brings the faults into the gateway."""
        self.canaries = {place: f"canary{secrets.token_hex(12)}" for place in PLACES}
        # Of the form of the Party's stamps: 60 random bits.
        self.canaries["uid"] = "PK" + "".join(secrets.choice(_UID_LETTERS) for _ in range(12))
        shutil.copytree(_FAULTS, self.faults)
        (self.faults / "armed").mkdir()

    @property
    def faults(self) -> Path:
        """For PYTHONPATH."""
        return self.folder / "faults"

    @property
    def points(self) -> list[str]:
        """Where faults can be had."""
        return (self.faults / "points.txt").read_text(encoding="ascii").split()

    @property
    def secrets(self) -> list[bytes]:
        """What may be found nowhere."""
        return [word.encode() for word in self.canaries.values()]

    @property
    def log(self) -> Path:
        """Standard error of all programs."""
        return self.folder / "gateway.log"

    def _publish_libraries(self) -> None:
        super()._publish_libraries()
        text = self.config.read_text(encoding="utf-8")
        faster = text.replace("[submission]\n", "[submission]\nmails_per_minute = 10000\n") + _FASTER
        self.config.write_text(faster, encoding="utf-8")

    def arm(self, point: str, fault: str) -> Path:
        """The next call fails; the file is gone when it has."""
        file = self.faults / "armed" / point
        file.write_text(fault, encoding="ascii")
        return file

    # Mails

    def sealed(self) -> tuple[bytes, bytes]:
        """A sealed query as the officer's tool makes it, canaries wherever the gate lets them be; and its packets."""
        canaries, officer = self.canaries, self.parties["KE"]
        form = new_query(
            [canaries["uid"].encode()], justification=canaries["justification"], purpose=Purpose.INVESTIGATION
        )
        book = load_address_book(self.book.read_bytes())
        library = load_library(self.library.read_bytes())
        now = datetime.now(UTC)
        made = seal_form(
            form,
            route_query(form, library, book, own_party="KE", today=now.date()),
            officer_address=officer.officer,
            officer_fingerprint=officer.officer_fingerprint,
            book=book,
            keyring=OfficerKeyring(officer.gnupg),
            declare_uids=True,
            now=now,
        )
        mail = made.mail.replace(b"-----BEGIN PGP MESSAGE-----\r\n", self._begin, 2)
        return f"User-Agent: {canaries['user-agent']}\r\n".encode() + mail, made.body

    @property
    def _begin(self) -> bytes:
        return f"-----BEGIN PGP MESSAGE-----\r\nComment: {self.canaries['comment']}\r\n".encode()

    def direct(self, *, preamble: bool = False, part: bool = False, clear: bool = False) -> tuple[bytes, bytes]:
        """A mail to a Party's own address and its packets. preamble, part, clear: what makes the gate refuse it."""
        canaries, officer = self.canaries, self.parties["KE"]
        content = (
            f"Content-Type: text/xml\r\n\r\n<{canaries['xml-tag']}>{canaries['xml-text']} {canaries['uid']} "
            f"{secrets.token_hex(4)}</{canaries['xml-tag']}>\r\n"
        ).encode()
        octets = OfficerKeyring(officer.gnupg).sign_and_encrypt(
            content,
            signer=officer.officer_fingerprint,
            recipients=[self.parties["PK"].reading_fingerprint, officer.officer_fingerprint],
        )
        name = canaries["filename"] if part else "encrypted.asc"
        description = f"Content-Description: {canaries['description']}\r\n" if part else ""
        boundary = canaries["boundary"]
        head = (
            f'From: "{canaries["display"]}" <{officer.officer}>\r\nTo: {canaries["to"]} <pk@{DOMAIN}>\r\n'
            f"Subject: {canaries['subject']}\r\nMessage-ID: <{canaries['message-id']}@{officer.domain}>\r\n"
            f"User-Agent: {canaries['user-agent']}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/encrypted; "
            f'protocol="application/pgp-encrypted"; boundary="{boundary}"\r\n\r\n'
        )
        body = (
            (f"{canaries['preamble']}\r\n" if preamble else "")
            + f"--{boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--{boundary}\r\n"
            + f'Content-Type: application/octet-stream; name="{name}"\r\n{description}\r\n'
        )
        armor = content if clear else enarmor(octets).replace(b"-----BEGIN PGP MESSAGE-----\r\n", self._begin)
        return (head + body).encode() + armor + f"\r\n--{boundary}--\r\n".encode(), octets

    # The wire

    @contextmanager
    def session(self) -> Iterator[smtplib.SMTP_SSL]:
        """Kenya's officer, logged in."""
        officer = self.parties["KE"]
        context = ssl.create_default_context(cafile=self.authority)
        name = f"{self.canaries['ehlo']}.test"
        with smtplib.SMTP_SSL("localhost", self.ports.submission, name, context=context, timeout=30) as client:
            client.login(officer.officer, officer.password)
            yield client

    def send(self, recipient: str, mail: bytes) -> str:
        """One try: the last reply, or that there was none."""
        try:
            with self.session() as client:
                code, text = client.mail(self.parties["KE"].officer)
                if code == 250:
                    code, text = client.rcpt(f"{recipient}@{DOMAIN}")
                if code == 250:
                    code, text = client.data(mail)
                return f"{code} {text.decode()}"
        except (OSError, smtplib.SMTPException) as error:
            return type(error).__name__

    def send_until_accepted(self, recipient: str, mail: bytes) -> list[str]:
        """As a client does that tries again; every reply."""
        replies = [self.send(recipient, mail)]
        deadline = time.monotonic() + _SETTLED_SECONDS
        while not replies[-1].startswith("250"):
            assert time.monotonic() < deadline, replies[-5:]
            time.sleep(0.2)
            replies.append(self.send(recipient, mail))
        return replies

    def settle_after(self, armed: Path) -> None:
        """The same after a fault: what was parked for a human is let go on."""
        deadline = time.monotonic() + 5
        while armed.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.3)  # until it is parked
        gsp("queue", "unshunt", config=self.config)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing waits in the queue."""
        engine = open_database(f"sqlite:///{self.folder / 'gw' / 'gateway.db'}", busy_timeout=20_000)
        deadline = time.monotonic() + _SETTLED_SECONDS
        try:
            while time.monotonic() < deadline:
                with engine.connect() as connection:
                    waiting = select(accepted_mails.c.id).where(accepted_mails.c.state != "processed")
                    left = [
                        connection.execute(query.limit(1)).first()
                        for query in (waiting, select(deliveries.c.id), select(notice_requests.c.id))
                    ]
                if left == [None, None, None]:
                    return
                time.sleep(0.2)
        finally:
            engine.dispose()
        raise AssertionError("the queue does not become empty")
