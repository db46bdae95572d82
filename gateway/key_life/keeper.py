"""Once an hour, in the program `process`: what is due in the life of keys is done."""

import time
from datetime import UTC, datetime

from sqlalchemy import Engine

from gateway.journal import Event, note
from gateway.key_life.gateway_rotation import carry_out, plan_rotation
from gateway.key_life.warnings import warn_of_ends
from gateway.settings import Settings
from keyring_admin.acts.rotation import close_rotations
from keyring_admin.database import write_transaction
from keyring_admin.gateway_key import GatewayKeyError, encryption_subkeys

_EVERY_SECONDS = 3600.0


class KeyLifeKeeper:
    """program: its name in the journal."""

    def __init__(self, settings: Settings, engine: Engine, program: str) -> None:
        self._settings = settings
        self._engine = engine
        self._program = program
        self._look_at = 0.0

    def keep(self) -> None:
        """Look, if an hour has passed. A fault is told and tried again an hour later."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _EVERY_SECONDS
        now = datetime.now(UTC)
        with write_transaction(self._engine) as connection:
            warn_of_ends(connection, now)
            close_rotations(connection, now=now)
        try:
            self.rotate(now)
        except GatewayKeyError as error:
            note(self._program, Event.FAILED, rule="gateway-key", error=type(error))

    def rotate(self, now: datetime) -> None:
        """Rotate the gateway's encryption subkey if it is due. Raises GatewayKeyError."""
        if not self._settings.gateway.rotate_key:
            return
        subkeys = encryption_subkeys(self._settings.gnupg_home, self._settings.gateway.fingerprint)
        plan = plan_rotation(subkeys, now)
        if not plan.empty:
            carry_out(self._settings, self._engine, plan, now)
            note(self._program, Event.KEY_ROTATED, count=len(plan.destroy))
