"""Who works on a deployment: its programs, many at the same time, or `gsp upgrade`, alone.

Without it a program of the old version would go on writing into tables of the new one. A lock on the deployment's
folder (flock(2)) for the programs of one machine; with PostgreSQL also an advisory lock, for those of several. Both
end with the process that holds them. A PostgreSQL that is restarted forgets its lock.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from gateway.settings import Settings
from keyring_admin.database import is_sqlite

_ADVISORY_KEY = 0x4753505F534348  # "GSP_SCH": any number that others do not use in this database


class InUseError(RuntimeError):
    """Somebody else works on the deployment; the text says what to do."""


@contextmanager
def shared(settings: Settings) -> Iterator[None]:
    """Work beside other programs. Raises InUseError while it is being upgraded."""
    with _locked(settings, alone=False):
        yield


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Work while no program runs. Raises InUseError if one does."""
    with _locked(settings, alone=True):
        yield


@contextmanager
def _locked(settings: Settings, *, alone: bool) -> Iterator[None]:
    error = InUseError(
        "programs of the gateway are running: stop them on every machine first"
        if alone
        else "the deployment is being upgraded: try again when that is done"
    )
    with ExitStack() as stack:
        folder = os.open(settings.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, folder)
        try:
            fcntl.flock(folder, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise error from None
        if not is_sqlite(settings.database_url):
            engine = create_engine(settings.database_url, isolation_level="AUTOCOMMIT", hide_parameters=True)
            stack.callback(engine.dispose)
            kind = "" if alone else "_shared"
            try:
                connection = stack.enter_context(engine.connect())
                # https://www.postgresql.org/docs/15/functions-admin.html, 9.27.10: held until the session ends
                query = text(f"SELECT pg_try_advisory_lock{kind}(:key)")
                if not connection.execute(query, {"key": _ADVISORY_KEY}).scalar_one():
                    raise error
            except OperationalError:
                raise InUseError("the database cannot be opened; see database.url in the configuration") from None
        yield
