"""Once an hour, in the program `process`: proposals whose public days are over are done, late ones are closed."""

import time
from datetime import UTC, datetime

from sqlalchemy import Engine

from gateway.directory_rules import directory_rules
from gateway.journal import Event, note
from gateway.settings import Settings
from keyring_admin.acts.actor import GATEWAY
from keyring_admin.acts.proposals import complete, due_proposals, expire_proposals
from keyring_admin.certificate_refusal import CertificateError
from keyring_admin.database import write_transaction
from keyring_admin.directory_error import DirectoryError
from keyring_admin.gnupg_listing import GnuPGError

_EVERY_SECONDS = 3600.0


class ProposalsKeeper:
    """program: its name in the journal."""

    def __init__(self, settings: Settings, engine: Engine, program: str) -> None:
        self._rules = directory_rules(settings)
        self._engine = engine
        self._program = program
        self._look_at = 0.0

    def keep(self) -> None:
        """Look, if an hour has passed. What can't be done any more is told, and tried until it expires."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _EVERY_SECONDS
        self.settle(datetime.now(UTC))

    def settle(self, now: datetime) -> int:
        """Do what is due, each in a transaction of its own; return how many were done."""
        with write_transaction(self._engine) as connection:
            expire_proposals(connection, GATEWAY, now=now)
            due = [proposal.id for proposal in due_proposals(connection, now=now)]
        done = 0
        for number in due:
            try:
                with write_transaction(self._engine) as connection:
                    done += complete(connection, number, rules=self._rules, now=now).done
            except (DirectoryError, CertificateError, GnuPGError) as error:
                note(self._program, Event.FAILED, rule="proposal", error=type(error))
        return done
