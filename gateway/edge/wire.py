"""Reads command lines and blocks of data from a stream: whole lines, CR LF only, each within a deadline."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.edge.hang_up import DisconnectedError, HangUpError
from gateway.replies import BAD_LINE_ENDING, LINE_TOO_LONG, TIMED_OUT

_BLOCK_OCTETS = 65536


@asynccontextmanager
async def _until(deadline: float) -> AsyncIterator[asyncio.Timeout]:
    try:
        async with asyncio.timeout_at(deadline) as timeout:
            yield timeout
    except TimeoutError:
        raise HangUpError(TIMED_OUT) from None


class Wire:
    """The reading half of one connection.

    reader: aiosmtpd's stream reader. longest_line: octets, with CR LF. Deadlines are times of the event loop.
    """

    def __init__(self, reader: asyncio.StreamReader, longest_line: int) -> None:
        self._reader = reader
        self._longest_line = longest_line
        self._pending = b""
        self._waiting: asyncio.Timeout | None = None

    @property
    def has_input(self) -> bool:
        """Whether the client has sent more than was read so far."""
        return bool(self._pending)

    def clear(self) -> None:
        """Forget what was sent before TLS (RFC 3207 §4.2)."""
        self._pending = b""

    def interrupt(self) -> None:
        """End the wait for a command line, if there is one, as if its deadline had come."""
        if self._waiting is not None:
            self._waiting.reschedule(0)

    async def read_line(self, deadline: float) -> bytes:
        """One line without its CR LF. Raises HangUpError after which the stream can't be trusted, DisconnectedError."""
        async with _until(deadline) as timeout:
            self._waiting = timeout
            try:
                while b"\n" not in self._pending:
                    # RFC 5321 §2.3.8: a CR that no LF follows
                    if b"\r" in self._pending[:-1]:
                        raise HangUpError(BAD_LINE_ENDING)
                    if len(self._pending) >= self._longest_line:
                        raise HangUpError(LINE_TOO_LONG)
                    self._pending += await self._receive()
            finally:
                self._waiting = None
        line, _, self._pending = self._pending.partition(b"\n")
        if line[-1:] != b"\r" or b"\r" in line[:-1] or b"\0" in line:
            raise HangUpError(BAD_LINE_ENDING)
        if len(line) >= self._longest_line:
            raise HangUpError(LINE_TOO_LONG)
        return line[:-1]

    async def read_block(self, deadline: float) -> bytes:
        """Some octets of data. Raises HangUpError, DisconnectedError."""
        if self._pending:
            block, self._pending = self._pending, b""
            return block
        async with _until(deadline):
            return await self._receive()

    def give_back(self, octets: bytes) -> None:
        """Octets of the last block that belong to the next command."""
        self._pending = octets + self._pending

    async def discard(self, octets: int, seconds: float, quiet: float) -> None:
        """Throw input away until its end, or until nothing came for `quiet` seconds, within both limits."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        self._pending = b""
        try:
            while octets > 0 and loop.time() < end:
                async with _until(min(end, loop.time() + quiet)):
                    octets -= len(await self._receive())
        except (DisconnectedError, HangUpError):
            return

    async def _receive(self) -> bytes:
        try:
            block = await self._reader.read(_BLOCK_OCTETS)
        except OSError:
            raise DisconnectedError from None
        if not block:
            raise DisconnectedError
        return block
