"""What the dialogue needs of a connection."""

from collections.abc import Sequence
from typing import Protocol

from gateway.edge.wire import Wire
from gateway.replies import Reply


class Client(Protocol):
    """The client at the other end. Every method may raise DisconnectedError."""

    wire: Wire
    peer: str
    """The key of the client's address in the registers."""

    @property
    def over_tls(self) -> bool:
        """Whether what is said and read is under TLS."""

    @property
    def tls_key(self) -> str | None:
        """SHA-256 of the public key in the client's TLS certificate, verified by OpenSSL; None without one."""

    async def say(self, reply: Reply) -> None:
        """Send a reply of one line."""

    async def say_lines(self, lines: Sequence[str]) -> None:
        """Send a reply of several lines, given without CR LF."""

    async def start_tls(self) -> None:
        """Shake hands. What was sent before is forgotten (RFC 3207 §4.2)."""
