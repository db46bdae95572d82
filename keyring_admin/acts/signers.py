"""Who signed a statement: a person of the directory, with a certificate that is in force now."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from keyring_admin.acts.actor import Actor
from keyring_admin.certificate_store import (
    Certificate,
    certificate_by_key_id,
    find_certificate,
    gateway_certificates,
)
from keyring_admin.directory_error import DirectoryError
from keyring_admin.signed_message import SignedMessageError, SignedMessageProblem, read_signed_message

MAX_AGE = timedelta(days=30)
CLOCK_TOLERANCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Signed:
    """A document and the certificate in force that signed it. octets: as it came, signature included."""

    document: bytes = field(repr=False)
    octets: bytes = field(repr=False)
    certificate: Certificate
    signed_at: datetime

    def actor(self) -> Actor:
        """The person who signed. Raises DirectoryError if nobody is named as holder of the certificate."""
        if self.certificate.person is None:
            raise DirectoryError("no person is named as holder of this certificate; `gsp people list` shows who is")
        return Actor(person=self.certificate.person, certificate=self.certificate.fingerprint, evidence=self.octets)


def open_signed(connection: Connection, octets: bytes, *, now: datetime) -> Signed:
    """Verify a signed statement. Raises SignedMessageError, DirectoryError."""

    def certificate_of(key: str) -> bytes | None:
        holder = certificate_by_key_id(connection, key[-16:])
        found = find_certificate(connection, holder) if holder is not None else None
        return found.octets if found is not None else None

    message = read_signed_message(octets, certificate_of)
    certificate = find_certificate(connection, message.certificate)
    if certificate is None or message.key not in certificate.signing_fingerprints(now):
        raise SignedMessageError(SignedMessageProblem.BAD_SIGNATURE)
    if not now - MAX_AGE <= message.signed_at <= now + CLOCK_TOLERANCE:
        raise DirectoryError("the signature is from the future, or older than 30 days: sign again")
    return Signed(message.document, octets, certificate, message.signed_at)


def this_gateway(connection: Connection) -> str:
    """The full fingerprint by which statements name this gateway. Raises DirectoryError."""
    own = [certificate for certificate in gateway_certificates(connection) if certificate.withdrawn_at is None]
    if not own:
        raise DirectoryError("the gateway has no certificate in the directory; `gsp init` makes one")
    return own[-1].fingerprint
