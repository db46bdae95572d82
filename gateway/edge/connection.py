"""One connection: aiosmtpd's transport, STARTTLS and session machinery with our own dialogue on top."""

import asyncio
from asyncio import sslproto
from collections.abc import Sequence

from aiosmtpd.smtp import SMTP

from gateway.edge.dialogue import Dialogue
from gateway.edge.hang_up import DisconnectedError, HangUpError
from gateway.edge.house import House
from gateway.edge.silence import silence_aiosmtpd
from gateway.edge.wire import Wire
from gateway.machine_authority import MachineCertificateError, pin_of_certificate
from gateway.replies import CLOSING, Reply

silence_aiosmtpd()

_TLS_BUFFER_OCTETS = 65536
_FLUSH_SECONDS = 5.0


class BoundedTls(sslproto.SSLProtocol):
    """asyncio's TLS layer with buffers a quarter of the default size: it allocates them for each connection."""

    max_size = _TLS_BUFFER_OCTETS


class Connection(SMTP):
    """A client's connection; implements gateway.edge.client.Client.

    implicit_tls: TLS starts before the greeting (RFC 8314 §3.3). peer: the client's key in the registers.
    """

    # aiosmtpd gives this to its stream reader, which stops the client at twice as much.
    line_length_limit = 65536

    def __init__(self, house: House, *, implicit_tls: bool, peer: str) -> None:
        super().__init__(
            None,
            data_size_limit=house.limits.message_octets,
            hostname=house.domain,
            timeout=house.limits.longest_session,
            loop=asyncio.get_running_loop(),
        )
        self._house = house
        self._implicit_tls = implicit_tls
        self.peer = peer
        self._flush_timer: asyncio.TimerHandle | None = None

    def task(self) -> "asyncio.Task[None]":
        """The session; there is one from the moment the connection is made. Raises RuntimeError before."""
        if self._handler_coroutine is None:
            raise RuntimeError
        return self._handler_coroutine

    @property
    def over_tls(self) -> bool:
        """Whether the TLS handshake is complete."""
        return self.session is not None and self.session.ssl is not None

    @property
    def tls_key(self) -> str | None:
        """The key of the client's TLS certificate, which has to be of the machines' authority; None without one."""
        layer = self.transport.get_extra_info("ssl_object") if self.over_tls and self.transport is not None else None
        der = layer.getpeercert(binary_form=True) if layer is not None else None
        try:
            return pin_of_certificate(der) if der else None
        except MachineCertificateError:
            return None

    def _cb_client_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super()._cb_client_connected(reader, writer)
        self.wire = Wire(reader, self._house.limits.authentication_octets)

    def eof_received(self) -> bool | None:
        """Let the session finish what was sent before; aiosmtpd would cancel it, in the middle of a hand-over even."""
        self._reader.feed_eof()
        return not self.over_tls

    def connection_lost(self, error: Exception | None) -> None:
        """The transport is closed."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        super().connection_lost(error)

    def interrupt(self) -> None:
        """The house is closing: stop waiting for a command. A message on the wire is not interrupted."""
        self.wire.interrupt()

    def abort(self) -> None:
        """Drop the connection now."""
        raw = self._original_transport or self.transport
        if isinstance(raw, asyncio.Transport):
            raw.abort()

    async def say(self, reply: Reply) -> None:
        """Send a reply of one line. Raises DisconnectedError."""
        await self.say_lines([reply.line])

    async def say_lines(self, lines: Sequence[str]) -> None:
        """Send a reply of several lines, given without CR LF. Raises DisconnectedError."""
        try:
            async with asyncio.timeout(self._house.limits.idle):
                await self.push("\r\n".join(lines))
        except OSError:  # the connection is reset, or the client does not read what we say
            self.abort()
            raise DisconnectedError from None

    async def start_tls(self) -> None:
        """Shake hands, as aiosmtpd's STARTTLS does, but within our own time and buffers. Raises DisconnectedError."""
        raw = self.transport
        if not isinstance(raw, asyncio.Transport):
            raise DisconnectedError
        handshake = self.loop.create_future()
        self.wire.clear()
        self._original_transport = raw
        self._tls_protocol = BoundedTls(
            self.loop,
            self,
            self._house.tls.context,
            handshake,
            server_side=True,
            ssl_shutdown_timeout=_FLUSH_SECONDS,
        )
        raw.set_protocol(self._tls_protocol)
        tls = self._tls_protocol._app_transport
        tls.set_read_buffer_limits(2 * _TLS_BUFFER_OCTETS)
        self.transport = tls
        self._tls_protocol.connection_made(raw)
        try:
            async with asyncio.timeout(self._house.limits.handshake):
                await handshake
        except OSError:
            raise DisconnectedError from None
        # A connection closed in the middle of a handshake wakes us without an error.
        if not self.over_tls:
            raise DisconnectedError

    async def _handle_client(self) -> None:
        """The session, from connection to close; replaces aiosmtpd's command loop."""
        dialogue = Dialogue(self._house, self)
        try:
            if self._implicit_tls:
                await self.start_tls()
            await dialogue.hold()
        except HangUpError as end:
            await self._farewell(end.reply)
        except DisconnectedError:
            return
        finally:
            dialogue.leave()
            self._close()

    async def _farewell(self, reply: Reply) -> None:
        """The last reply. Input still coming is read, or the reset of the connection would destroy the reply."""
        limits = self._house.limits
        try:
            await self.say(reply)
        except DisconnectedError:
            return
        if reply is not CLOSING:
            await self.wire.discard(limits.message_octets + limits.overflow_octets, limits.linger, limits.linger_quiet)

    def _close(self) -> None:
        """Close; cut what a client that does not read keeps from being flushed."""
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        if self.transport is not None:
            self.transport.close()
            self._flush_timer = self.loop.call_later(_FLUSH_SECONDS, self.abort)
