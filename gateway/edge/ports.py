"""What the edge asks of the rest of the gateway, and what it hands over: protocols and frozen values only."""

from dataclasses import dataclass, field
from typing import Protocol

from gateway.replies import Reply


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated officer.

    officer_id: key of the officer in the directory. address: the registered address in canonical form (lower
    case). party: code of the officer's Party. tls_key: of the TLS client certificate, if that was the way in.
    """

    officer_id: int
    address: str = field(repr=False)
    party: str
    tls_key: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """One mail as it came over the wire.

    recipient: canonical address at the gateway's domain. octets: the message, CR LF line ends, transparency dots
    removed (RFC 5321 §4.5.2), free of bare CR, bare LF and NUL, within the caps on size and line length. receipt: the
    client asked to be told of its delivery (RFC 3461 §4.1).
    """

    identity: Identity
    recipient: str = field(repr=False)
    octets: bytes = field(repr=False)
    receipt: bool = False


class Gatekeeper(Protocol):
    """Decides. Every method may raise; the edge then answers 451 4.3.0 and names nothing but the exception's type.

    The edge calls these on its event loop: what takes more than a millisecond belongs into a thread or process.
    """

    async def authenticate(self, login: str, password: str) -> Identity | None:
        """The officer, or None for an unknown login and for a wrong password alike, after the same work."""

    async def authenticate_key(self, tls_key: str, acting_for: str) -> Identity | None:
        """The machine with this TLS client key, or None. acting_for: the address it names, empty if none.

        tls_key: SHA-256 of the public key, upper-case hexadecimal, of a certificate that OpenSSL has verified.
        """

    async def admit_sender(self, identity: Identity) -> Reply:
        """At MAIL: `SENDER_OK` if the officer may still send, else the refusal."""

    async def admit_recipient(self, identity: Identity, recipient: str) -> Reply:
        """At RCPT: `RECIPIENT_OK` if the canonical address exists and the officer may write to it."""

    async def receive(self, submission: Submission) -> Reply:
        """After end of data: a 2xx reply once the mail is durable, else the refusal.

        Runs to its end even if the client has gone (RFC 1047): the client may then send the mail a second time.
        """
