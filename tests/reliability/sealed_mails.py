"""Mails of an officer, made in this process: a gpg process a mail would be slower than the gateway."""

import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

import gnupg
import pysequoia

from forms.queries import Purpose, new_query
from gateway.demo.people import DemoParty
from gateway.demo.world import DOMAIN, DemoWorld
from gateway.mail_header import header_block
from gateway.officer.address_book import load_address_book
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.routing import route_query
from gateway.officer.sealing import seal_form
from keyring_admin.openpgp.armor import enarmor
from pattern_rules import load_library


@dataclass(frozen=True, slots=True)
class PreparedMail:
    """A mail, where it goes, and what it is recognised by in the Party's mailbox."""

    party: str
    recipient: str
    body_sha256: str
    sealed: bool
    octets: bytes = field(repr=False)


class InProcessKeyring(OfficerKeyring):
    """An officer's keys, held in this process. certificates: of everybody written to, by fingerprint."""

    def __init__(self, officer: DemoParty, certificates: dict[str, pysequoia.Cert]) -> None:
        super().__init__(officer.gnupg)
        exported = gnupg.GPG(gnupghome=str(officer.gnupg)).export_keys(
            officer.officer_fingerprint, secret=True, expect_passphrase=False
        )
        secret = pysequoia.Tsk.from_bytes(exported.encode("ascii"))
        self._signer = secret.signer()
        self._certificates = {**certificates, officer.officer_fingerprint: secret.extract_certificate()}

    def sign_and_encrypt(self, octets: bytes, *, signer: str, recipients: list[str]) -> bytes:
        """Binary packets, uncompressed. signer: the officer, who has no other key."""
        del signer
        readers = [self._certificates[recipient] for recipient in recipients]
        return pysequoia.encrypt(octets, recipients=readers, signer=self._signer, armor=False)


class MailMaker:
    """Makes mails from one officer to one Party; safe for several threads."""

    def __init__(self, world: DemoWorld, asking: str, asked: str) -> None:
        self._officer, self._asked = world.parties[asking], asked
        self._book = book = load_address_book(world.book.read_bytes())
        certificates = {
            certificate.fingerprint: pysequoia.Cert.from_bytes(certificate.armor.encode("ascii"))
            for certificate in (book.gateway, *(each for party in book.parties for each in party.certificates))
        }
        self._reading = world.parties[asked].reading_fingerprint
        self._keyring = InProcessKeyring(self._officer, certificates)
        uid = world.parties[asked].uid
        self._form = new_query([uid.encode()], justification="Seized at the port.", purpose=Purpose.INVESTIGATION)
        today = datetime.now(UTC).date()
        library = load_library(world.library.read_bytes())
        self._route = route_query(self._form, library, book, own_party=asking, today=today)
        self._lock = threading.Lock()

    def sealed(self) -> PreparedMail:
        """A sealed query, as `gsp seal` writes it."""
        with self._lock:
            made = seal_form(
                self._form,
                self._route,
                officer_address=self._officer.officer,
                officer_fingerprint=self._officer.officer_fingerprint,
                book=self._book,
                keyring=self._keyring,
                declare_uids=True,
                now=datetime.now(UTC),
            )
        return PreparedMail(self._asked, f"query@{DOMAIN}", made.body_sha256, True, made.mail)

    def direct(self) -> PreparedMail:
        """A direct mail (RFC 3156), as a mail client writes it."""
        text = f"Content-Type: text/plain\r\n\r\n{secrets.token_hex(16)}\r\n".encode()
        with self._lock:
            body = self._keyring.sign_and_encrypt(text, signer="", recipients=[self._reading])
        boundary, recipient = f"=_{secrets.token_hex(8)}", f"{self._asked.lower()}@{DOMAIN}"
        head = header_block(
            [
                ("From", self._officer.officer),
                ("To", recipient),
                ("Subject", "..."),
                ("MIME-Version", "1.0"),
                ("Content-Type", f'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"'),
            ]
        )
        parts = (
            f"\r\n--{boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
            f"\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        octets = head + parts.encode() + enarmor(body) + f"\r\n--{boundary}--\r\n".encode()
        return PreparedMail(self._asked, recipient, hashlib.sha256(body).hexdigest(), False, octets)
