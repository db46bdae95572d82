"""The SMTP dialogue of one session (RFC 5321, RFC 6409): order of commands, constant replies."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from gateway.edge.authentication import Authentication
from gateway.edge.budgets import Budgets
from gateway.edge.client import Client
from gateway.edge.command_line import parse_command, refuse_line
from gateway.edge.hang_up import DisconnectedError, HangUpError
from gateway.edge.house import House
from gateway.edge.ports import Identity
from gateway.edge.transaction import Transaction
from gateway.replies import (
    AUTH_NEEDS_TLS,
    AUTH_REQUIRED,
    AUTHENTICATED,
    BAD_SEQUENCE,
    BAD_SYNTAX,
    CANNOT_VERIFY,
    CLOSING,
    GREETING,
    HELP,
    NOT_IMPLEMENTED,
    OK,
    READY_FOR_TLS,
    SHUTTING_DOWN,
    TIMED_OUT,
    TLS_REQUIRED,
    TOO_MANY_AUTH_FAILURES,
    TOO_MANY_CONNECTIONS,
    TRY_AGAIN,
    UNKNOWN_COMMAND,
    Reply,
)

# RFC 5321 §4.1.3, and the underscores that host names on office networks have. The name is not used for anything.
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9_])?|\[[A-Za-z0-9:.-]{1,64}\]")

Command = Callable[[str], Awaitable[Reply | None]]


class Dialogue:
    """One session with one client."""

    def __init__(self, house: House, client: Client) -> None:
        self._house = house
        self._client = client
        self._limits = house.limits
        self._authentication = Authentication(house, client)
        self._transaction = Transaction(house, client)
        self._identity: Identity | None = None
        self._greeted = False
        self._extended = False
        self._budgets = Budgets(house.limits, asyncio.get_running_loop().time)
        self._verbs: dict[str, Command] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": self._noop,
            "QUIT": self._quit,
            "VRFY": self._vrfy,
            "EXPN": self._expn,
            "HELP": self._help,
            "BDAT": self._bdat,
        }

    async def hold(self) -> None:
        """Greet, then serve commands. Ends by HangUpError or DisconnectedError."""
        try:
            await self._client.say_lines([f"{GREETING.code} {self._house.domain} {GREETING.text}"])
            while True:
                await self._serve_command()
        except HangUpError as end:
            if end.reply is TIMED_OUT and self._house.stopping:
                raise HangUpError(SHUTTING_DOWN) from None
            raise

    async def _serve_command(self) -> None:
        if self._house.stopping:
            raise HangUpError(SHUTTING_DOWN)
        if self._authentication.exhausted:
            raise HangUpError(TOO_MANY_AUTH_FAILURES)
        self._budgets.spend_command()
        deadline = self._budgets.deadline(authenticated=self._identity is not None)
        reply = await self._perform(await self._client.wire.read_line(deadline))
        if reply is not None:
            self._budgets.spend_reply(reply)
            await self._client.say(reply)

    def leave(self) -> None:
        """Give the officer's place back."""
        if self._identity is not None:
            self._house.account_places.leave(str(self._identity.officer_id))
            self._identity = None

    async def _perform(self, line: bytes) -> Reply | None:
        parsed = parse_command(line)
        command = self._verbs.get(parsed.verb)
        # What has not said EHLO and knows no SMTP is a browser, a proxy or a TLS client: nothing more is read.
        if command is None and not self._greeted:
            raise HangUpError(UNKNOWN_COMMAND)
        refusal = refuse_line(parsed, self._limits)
        if refusal is not None or command is None:
            return refusal or UNKNOWN_COMMAND
        try:
            return await command(parsed.argument)
        except (HangUpError, DisconnectedError):
            raise
        except Exception as error:  # noqa: BLE001 - the top of the session: any fault is "try again", never its text
            self._house.report_fault(type(error).__name__)
            if self._transaction.reading:
                raise HangUpError(TRY_AGAIN) from None
            self._transaction.reset()
            return TRY_AGAIN

    def _refuse_out_of_order(self) -> Reply | None:
        """For commands that need an authenticated officer."""
        if not self._greeted:
            return BAD_SEQUENCE
        if not self._client.over_tls:
            return TLS_REQUIRED  # RFC 3207 §4
        return None if self._identity else AUTH_REQUIRED  # RFC 4954 §6

    async def _ehlo(self, argument: str) -> Reply | None:
        if not _HOST.fullmatch(argument):
            return BAD_SYNTAX
        self._begin(extended=True)
        keywords = [
            f"SIZE {self._limits.message_octets}",  # RFC 1870
            "8BITMIME",  # RFC 6152
            "PIPELINING",  # RFC 2920
            "ENHANCEDSTATUSCODES",  # RFC 2034
            self._way_in(),
        ]
        lines = [self._house.domain, *keywords]
        await self._client.say_lines([*(f"250-{text}" for text in lines[:-1]), f"250 {lines[-1]}"])
        return None

    def _way_in(self) -> str:
        """RFC 4954, RFC 3207; EXTERNAL only for a client that has shown a certificate (RFC 4422 appendix A)."""
        if not self._client.over_tls:
            return "STARTTLS"
        return "AUTH PLAIN LOGIN" if self._client.tls_key is None else "AUTH PLAIN LOGIN EXTERNAL"

    async def _helo(self, argument: str) -> Reply | None:
        if not _HOST.fullmatch(argument):
            return BAD_SYNTAX
        self._begin(extended=False)
        await self._client.say_lines([f"250 {self._house.domain}"])
        return None

    def _begin(self, *, extended: bool) -> None:
        self._greeted = True
        self._extended = extended
        self._transaction.reset()

    async def _starttls(self, argument: str) -> Reply | None:
        if argument:
            return BAD_SYNTAX
        if self._client.over_tls:
            return BAD_SEQUENCE
        # RFC 3207 §4.2: nothing said in the clear counts; a client that pipelines here is being injected into
        if self._client.wire.has_input:
            raise HangUpError(BAD_SEQUENCE)
        await self._client.say(READY_FOR_TLS)
        await self._client.start_tls()
        self._greeted = self._extended = False
        self._transaction.reset()
        return None

    async def _auth(self, argument: str) -> Reply | None:
        if not self._client.over_tls:
            return AUTH_NEEDS_TLS  # RFC 4954 §4
        # RFC 4954 §4: after EHLO, once
        if not self._extended or self._identity is not None:
            return BAD_SEQUENCE
        outcome = await self._authentication.exchange(argument)
        if isinstance(outcome, Reply):
            return outcome
        if not self._house.account_places.take(str(outcome.officer_id)):
            raise HangUpError(TOO_MANY_CONNECTIONS)
        self._identity = outcome
        return AUTHENTICATED

    async def _mail(self, argument: str) -> Reply | None:
        refusal = self._refuse_out_of_order()
        if refusal is not None or self._identity is None:
            return refusal
        return await self._transaction.mail(self._identity, argument)

    async def _rcpt(self, argument: str) -> Reply | None:
        return self._refuse_out_of_order() or await self._transaction.rcpt(argument)

    async def _data(self, argument: str) -> Reply | None:
        reply = self._refuse_out_of_order() or await self._transaction.data(argument)
        if reply.positive:
            self._budgets.mail_accepted()
        return reply

    async def _rset(self, argument: str) -> Reply | None:
        if argument:
            return BAD_SYNTAX
        self._transaction.reset()
        return OK

    async def _noop(self, _argument: str) -> Reply | None:
        return OK

    async def _quit(self, argument: str) -> Reply | None:
        if argument:
            return BAD_SYNTAX
        raise HangUpError(CLOSING)

    async def _vrfy(self, _argument: str) -> Reply | None:
        return self._refuse_out_of_order() or CANNOT_VERIFY

    async def _expn(self, _argument: str) -> Reply | None:
        return NOT_IMPLEMENTED

    async def _help(self, _argument: str) -> Reply | None:
        return HELP

    async def _bdat(self, _argument: str) -> Reply | None:
        # RFC 3030 is not offered; the octets of the chunk would follow and be read as commands.
        raise HangUpError(NOT_IMPLEMENTED)
