"""At the start and once an hour, in the program `process`: access is derived again where time alone changed it.

What ends, ends at its moment, since every mail compares it; this says why, and lets in what begins.
"""

import time
from datetime import UTC, datetime

from sqlalchemy import Engine

from gateway.journal import Event, note
from gateway.settings import Settings
from keyring_admin.certificate_refusal import CertificateError
from keyring_admin.chain.derive import derive_due_access
from keyring_admin.gnupg_listing import GnuPGError

_EVERY_SECONDS = 3600.0


class AccessKeeper:
    """program: its name in the journal."""

    def __init__(self, settings: Settings, engine: Engine, program: str) -> None:
        self._special_use_domains = settings.gateway.special_use_domains
        self._engine = engine
        self._program = program
        self._look_at = 0.0

    def keep(self) -> None:
        """Look, if an hour has passed. A fault is told and tried again an hour later."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _EVERY_SECONDS
        try:
            changes = derive_due_access(
                self._engine, now=datetime.now(UTC), special_use_domains=self._special_use_domains
            )
        except (GnuPGError, CertificateError) as error:
            note(self._program, Event.FAILED, rule="chain", error=type(error))
            return
        if changes:
            note(self._program, Event.ACCESS_DERIVED, count=len(changes))
