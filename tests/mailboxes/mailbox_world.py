"""Parties, officers and mail for the tests; each test makes its own, so none sees another's."""

import datetime
import imaplib
import secrets
import shutil
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient
from sqlalchemy import Engine

from keyring_admin import schema  # noqa: F401 - its tables belong to the database
from keyring_admin.database import metadata, open_database
from keyring_admin.officers import Officer, Role, admit_officer
from keyring_admin.parties import Party, admit_party
from mailroom.credentials import hash_password
from mailroom.lmtp import DeliveryResult, LmtpConnection
from mailroom.mailboxes.dovecot import Dovecot
from mailroom.mailboxes.settings import MailboxSettings

GATEWAY_DOMAIN = "gsp.example"
PASSWORD = "correct-horse-battery"
_PASSWORD_HASH = hash_password(PASSWORD)

ROLES: dict[str, frozenset[Role]] = {
    "none": frozenset(),
    "query": frozenset({Role.QUERY}),
    "reply": frozenset({Role.REPLY}),
    "review": frozenset({Role.REVIEW}),
}


def make_database(folder: Path, owner: str) -> str:
    """The directory's tables in an SQLite database that belongs to `owner`; its URL."""
    url = f"sqlite:///{folder / 'gateway.db'}"
    engine = open_database(url)
    metadata.create_all(engine)
    engine.dispose()
    if owner:
        for file in folder.glob("gateway.db*"):
            shutil.chown(file, owner)
    return url


def make_certificate(folder: Path, owner: str) -> None:
    """A TLS certificate for localhost, self-signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "key.pem").chmod(0o600)
    if owner:
        shutil.chown(folder / "key.pem", owner)


def sealed_mail(marker: str = "") -> bytes:
    """A mail as the gateway would deliver it; `marker` stands in its body. Dots try the transparency of LMTP."""
    return (
        "From: officer@ke.example\r\n"
        "To: eu@gsp.example\r\n"
        f"Message-ID: <{secrets.token_hex(8)}@gsp.example>\r\n"
        "Subject: GSP query KE\r\n"
        "\r\n"
        f".{marker}\r\n..\r\n.\r\n\r\n-----END PGP MESSAGE-----\r\n"
    ).encode()


@dataclass(frozen=True)
class MailboxWorld:
    """The running mailbox server and the directory behind it. log_lines: all it logged so far."""

    settings: MailboxSettings
    dovecot: Dovecot
    log_lines: list[str]

    @property
    def engine(self) -> Engine:
        """The directory's database, as the gateway opens it."""
        return open_database(self.settings.database_url)

    def new_party(self, *, active: bool = True, member_until: datetime.date | None = None) -> str:
        """Admit a Party nobody else has; its code."""
        code = f"P{secrets.token_hex(3).upper()}"
        with self.engine.begin() as connection:
            domain = f"{code.lower()}.example"
            party = Party(code, "Test", datetime.date(2020, 1, 1), member_until, active, (domain,))
            admit_party(connection, party)
        return code

    def new_officer(self, party: str, role: str = "none", *, local_part: str = "officer") -> str:
        """Admit an officer with `role` (a key of ROLES); the address. Its password is PASSWORD."""
        address = f"{local_part}{secrets.token_hex(3)}@{party.lower()}.example"
        with self.engine.begin() as connection:
            admit_officer(
                connection,
                Officer(0, address, party, "en", ROLES[role], True, None, _PASSWORD_HASH),
            )
        return address

    def deliver(self, recipient: str, mail: bytes) -> DeliveryResult:
        """Deliver over LMTP."""
        with LmtpConnection(self.settings.lmtp_socket, timeout=10) as connection:
            return connection.deliver("gateway@gsp.example", recipient, mail)

    @contextmanager
    def imap(self, address: str, password: str = PASSWORD) -> Iterator[IMAPClient]:
        """An IMAP session over verified TLS."""
        context = ssl.create_default_context(cafile=str(self.settings.certificate))
        client = IMAPClient("localhost", port=self.settings.imap_port, ssl=True, ssl_context=context, timeout=10)
        try:
            client.plain_login(address, password)
            yield client
        finally:
            try:
                client.logout()
            except (imaplib.IMAP4.error, OSError):
                client.shutdown()
