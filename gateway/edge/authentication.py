"""The AUTH exchange (RFC 4954): PLAIN, LOGIN, EXTERNAL; failures are delayed, counted and locked out."""

import asyncio
import base64

from gateway.edge.client import Client
from gateway.edge.credentials import (
    Credentials,
    ResponseRefusedError,
    decode_response,
    external_response,
    login_credentials,
    plain_credentials,
)
from gateway.edge.house import House
from gateway.edge.ports import Identity
from gateway.replies import AUTH_THROTTLED, BAD_CREDENTIALS, BAD_MECHANISM, BAD_SYNTAX, Reply

_LOGIN_CHARACTERS = 254


class Authentication:
    """All AUTH commands of one session."""

    def __init__(self, house: House, client: Client) -> None:
        self._house = house
        self._client = client
        self._failures_left = house.limits.failures_per_session

    @property
    def exhausted(self) -> bool:
        """Whether the session has failed too often."""
        return self._failures_left <= 0

    async def exchange(self, argument: str) -> Identity | Reply:
        """Run one AUTH command. argument: mechanism and, maybe, an initial response. Returns officer or refusal."""
        mechanism, _, initial = argument.partition(" ")
        started = asyncio.get_running_loop().time()
        try:
            match mechanism.upper():
                case "PLAIN":
                    credentials = plain_credentials(await self._response(initial, b""))
                case "LOGIN":
                    login = await self._response(initial, b"Username:")
                    credentials = login_credentials(login, await self._response("", b"Password:"))
                case "EXTERNAL" if self._client.tls_key is not None:
                    acting_for = external_response(await self._response(initial, b""))
                    return await self._judge_key(self._client.tls_key, acting_for, started)
                case "":
                    return BAD_SYNTAX
                case _:
                    return BAD_MECHANISM
        except ResponseRefusedError as refused:
            if refused.reply is not BAD_CREDENTIALS:
                return refused.reply
            credentials = None
        return await self._judge(credentials, started)

    async def _judge_key(self, tls_key: str, acting_for: str, started: float) -> Identity | Reply:
        """The TLS handshake has proved possession of the key: whose it is, is asked."""
        locked = self._house.address_failures.locked(self._client.peer)
        identity = None if locked else await self._house.gatekeeper.authenticate_key(tls_key, acting_for)
        if identity is not None:
            return identity
        self._house.address_failures.record(self._client.peer)
        return await self._failed(started, locked=locked)

    async def _response(self, initial: str, challenge: bytes) -> bytes:
        if initial:
            return decode_response(initial.encode("ascii"))
        await self._client.say_lines([f"334 {base64.b64encode(challenge).decode('ascii')}"])
        limits = self._house.limits
        deadline = asyncio.get_running_loop().time() + min(limits.idle, limits.unauthenticated)
        return decode_response(await self._client.wire.read_line(deadline))

    async def _judge(self, credentials: Credentials | None, started: float) -> Identity | Reply:
        """Ask the gatekeeper, unless account or address are locked out. Every failure takes the same time."""
        accounts, addresses = self._house.account_failures, self._house.address_failures
        account, address = credentials.login.casefold() if credentials else "", self._client.peer
        locked = accounts.locked(account) or addresses.locked(address)
        identity: Identity | None = None
        if credentials and not locked and len(account) <= _LOGIN_CHARACTERS:
            # Counted before the answer is known: guesses on many connections at once all count.
            accounts.record(account)
            addresses.record(address)
            try:
                identity = await self._house.gatekeeper.authenticate(credentials.login, credentials.password)
            except Exception:
                accounts.withdraw(account)
                addresses.withdraw(address)
                raise
        else:
            addresses.record(address)
        if identity is not None:
            accounts.forget(account)
            addresses.withdraw(address)
            return identity
        return await self._failed(started, locked=locked)

    async def _failed(self, started: float, *, locked: bool) -> Reply:
        """Every failure takes the same time."""
        self._failures_left -= 1
        elapsed = asyncio.get_running_loop().time() - started
        await asyncio.sleep(self._house.limits.failed_authentication - elapsed)
        return AUTH_THROTTLED if locked else BAD_CREDENTIALS
