"""Keeps the published Web Key Directory as the directory is: looked at after every entry of the key log, and hourly."""

import time
from datetime import UTC, datetime

from sqlalchemy import Engine, func, select

from gateway.journal import Event, note
from gateway.settings import Settings
from gateway.wkd.files import WKD, certificates_by_address, wkd_files, write_wkd
from keyring_admin.administration_schema import key_log
from keyring_admin.web_key_directory import WebKeyError

_LOOK_EVERY_SECONDS = 3600.0  # certificates and memberships end by themselves


class WkdKeeper:
    """For the program `process`. program: its name in the journal."""

    def __init__(self, settings: Settings, engine: Engine, program: str) -> None:
        self._settings = settings
        self._engine = engine
        self._program = program
        self._seen = -1
        self._look_at = 0.0

    def keep(self) -> bool:
        """Write what changed, if anything may have; whether it did. A fault is told and tried again an hour later."""
        if not self._settings.http.enabled:
            return False
        now = datetime.now(UTC)
        with self._engine.connect() as connection:
            last = connection.scalar(select(func.coalesce(func.max(key_log.c.sequence), 0))) or 0
            if last == self._seen and time.monotonic() < self._look_at:
                return False
            certificates = certificates_by_address(connection, self._settings, now)
        self._seen, self._look_at = last, time.monotonic() + _LOOK_EVERY_SECONDS
        folder = self._settings.path(self._settings.library.public) / WKD
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            return bool(write_wkd(folder, wkd_files(certificates, self._settings.gateway.domain)))
        except (WebKeyError, OSError) as error:
            note(self._program, Event.FAILED, error=type(error))
            return False
