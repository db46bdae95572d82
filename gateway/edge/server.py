"""The submission server: listeners with STARTTLS or implicit TLS on one event loop, opened, reloaded and closed."""

import asyncio
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.edge.connection import Connection
from gateway.edge.house import House
from gateway.edge.limits import EdgeLimits
from gateway.edge.ports import Gatekeeper
from gateway.edge.throttle import client_network
from gateway.edge.tls import Tls
from gateway.replies import SHUTTING_DOWN, TOO_MANY_CONNECTIONS

_BACKLOG = 256


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen: `bound`, a socket bound by the caller, or host and port. implicit_tls: RFC 8314 §3.3."""

    implicit_tls: bool
    host: str = "127.0.0.1"
    port: int = 0
    bound: socket.socket | None = field(default=None, compare=False)


def report_fault_to_standard_error(exception_name: str) -> None:
    """One constant line and the type of an unexpected exception: its text may hold content."""
    sys.stderr.write(f"edge: unexpected {exception_name}\n")


class _Door(asyncio.Protocol):
    """Decides whether a connection is let in, before anything is allocated for it."""

    def __init__(self, server: "SubmissionServer", *, implicit_tls: bool) -> None:
        self._server = server
        self._implicit_tls = implicit_tls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._server.admit(transport, implicit_tls=self._implicit_tls)


class SubmissionServer:
    """The edge. All methods are called on one event loop, which nothing else should keep busy.

    gatekeeper: decides. domain: the gateway's mail domain. certificate, key: PEM files. special_use_domains: admit
    domains such as `.test` (RFC 6761). report_fault: takes the type name of an unexpected exception.
    clients: authority of TLS client certificates, PEM. Raises TlsCertificateError.
    """

    def __init__(
        self,
        gatekeeper: Gatekeeper,
        *,
        domain: str,
        certificate: Path,
        key: Path,
        limits: EdgeLimits | None = None,
        special_use_domains: bool = False,
        require_server_name: bool = False,
        clients: Path | None = None,
        report_fault: Callable[[str], None] = report_fault_to_standard_error,
    ) -> None:
        self._house = House(
            gatekeeper=gatekeeper,
            domain=domain.lower(),
            special_use_domains=special_use_domains,
            limits=limits or EdgeLimits(),
            tls=Tls(certificate, key, require_server_name=require_server_name, clients=clients),
            report_fault=report_fault,
        )
        self._servers: list[asyncio.Server] = []
        self._connections: set[Connection] = set()

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports listened on, in the order of the listeners."""
        return tuple(server.sockets[0].getsockname()[1] for server in self._servers)

    @property
    def sessions(self) -> int:
        """Open sessions."""
        return len(self._connections)

    async def start(self, listeners: Sequence[Listener]) -> None:
        """Begin to listen. Raises OSError if an address can't be bound."""
        loop = asyncio.get_running_loop()
        # asyncio would log texts of exceptions and addresses of peers.
        loop.set_exception_handler(self._report_loop_fault)
        try:
            for listener in listeners:
                self._servers.append(await self._listen(loop, listener))
        except OSError:
            await self.stop(grace=0)
            raise

    async def _listen(self, loop: asyncio.AbstractEventLoop, listener: Listener) -> asyncio.Server:
        def door() -> _Door:
            return _Door(self, implicit_tls=listener.implicit_tls)

        if listener.bound is not None:
            return await loop.create_server(door, sock=listener.bound, backlog=_BACKLOG)
        return await loop.create_server(door, listener.host, listener.port, backlog=_BACKLOG)

    def admit(self, transport: asyncio.BaseTransport, *, implicit_tls: bool) -> None:
        """Let a new connection in, or turn it away."""
        if not isinstance(transport, asyncio.Transport):
            return
        host = transport.get_extra_info("peername")
        peer = client_network(host[0]) if isinstance(host, tuple) else ""
        house = self._house
        if house.stopping or not house.places.take(peer):
            if not implicit_tls:  # a handshake only to say no would make floods dearer for us than for them
                refusal = SHUTTING_DOWN if house.stopping else TOO_MANY_CONNECTIONS
                transport.write(f"{refusal.line}\r\n".encode("ascii"))
            transport.close()
            return
        connection = Connection(house, implicit_tls=implicit_tls, peer=peer)
        transport.set_protocol(connection)
        connection.connection_made(transport)
        self._connections.add(connection)
        connection.task().add_done_callback(lambda task: self._left(connection, task))

    def _left(self, connection: Connection, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._house.report_fault(type(error).__name__)
        self._connections.discard(connection)
        self._house.places.leave(connection.peer)

    def reload_tls(self) -> None:
        """Read certificate and key again, for new handshakes. Raises TlsCertificateError; the old ones stay then."""
        self._house.tls.reload()

    async def stop(self, grace: float) -> None:
        """Close: 421 to sessions that wait, time for mails in progress, then cut. grace: seconds."""
        self._house.stopping = True
        for server in self._servers:
            server.close()
        for connection in self._connections:
            connection.interrupt()
        if self._connections:
            await asyncio.wait({connection.task() for connection in self._connections}, timeout=grace)
        rest = [connection.task() for connection in self._connections]
        for connection in tuple(self._connections):
            connection.abort()
        for task in (*rest, *self._house.handing_over):
            task.cancel()
        await asyncio.gather(*rest, *self._house.handing_over, return_exceptions=True)
        self._servers.clear()

    def _report_loop_fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self._house.report_fault(type(error).__name__ if error is not None else "event loop fault")
