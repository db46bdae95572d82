"""The edge's workers open slips with the gateway's subkeys in force: loaded again when the directory names others."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.journal import Event, note
from gateway.opener.pool import OpenerPool, OpenerUnavailableError
from keyring_admin.certificate_store import gateway_certificates
from keyring_admin.gateway_key import GatewayKeyError, GatewaySecret

LOOK_SECONDS = 5.0


class KeyWatch:
    """load: reads the secret subkeys from the gateway's GnuPG home. program: its name in the journal."""

    def __init__(self, engine: Engine, pool: OpenerPool, load: Callable[[], GatewaySecret], program: str) -> None:
        self._engine = engine
        self._pool = pool
        self._load = load
        self._program = program
        self._known = self._key_ids()

    async def watch(self) -> None:
        """Look every few seconds until cancelled. A new subkey is in the directory before anybody can have it."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except (GatewayKeyError, OpenerUnavailableError, SQLAlchemyError) as error:
                note(self._program, Event.FAILED, rule="gateway-key", error=type(error))

    async def look(self) -> bool:
        """Whether the keys were loaded again. Raises GatewayKeyError, OpenerUnavailableError, SQLAlchemyError."""
        key_ids = await asyncio.to_thread(self._key_ids)
        if key_ids == self._known:
            return False
        self._pool.renew(await asyncio.to_thread(self._load))
        self._known = key_ids
        await self._pool.refresh()  # an old secret does not stay in the memory of a worker that has nothing to do
        note(self._program, Event.KEYS_RELOADED)
        return True

    def _key_ids(self) -> frozenset[str]:
        with self._engine.connect() as connection:
            return _in_force(connection)


def _in_force(connection: Connection) -> frozenset[str]:
    now = datetime.now(UTC)
    return frozenset(
        key_id for certificate in gateway_certificates(connection) for key_id in certificate.encryption_key_ids(now)
    )
