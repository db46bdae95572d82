"""What every sub-command shares: the configuration, the database, and errors people can act on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from gateway.settings import Settings, SettingsError, load_settings
from gateway.state import SchemaOutdatedError, open_state
from keyring_admin.addresses import AddressError
from keyring_admin.certificates import CertificateError
from keyring_admin.database import write_transaction
from keyring_admin.directory_error import DirectoryError
from keyring_admin.gnupg_listing import GnuPGError

_WIDTH_IN_FILES = 240


class Deployment:
    """The deployment a command works on; its configuration is read when first needed."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def settings(self) -> Settings:
        """The configuration. Raises click.ClickException."""
        try:
            return load_settings(self._file)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None

    @property
    def file(self) -> Path:
        """Where the configuration is."""
        return self._file

    def engine(self) -> Engine:
        """The database. Raises click.ClickException."""
        try:
            return open_state(self.settings)
        except SchemaOutdatedError as error:
            raise click.ClickException(str(error)) from None
        except OperationalError:
            raise click.ClickException("the database cannot be opened; see database.url in the configuration") from None

    @contextmanager
    def changing(self) -> Iterator[tuple[Connection, datetime]]:
        """A transaction that changes the directory, and the moment of the change."""
        with friendly_errors(), write_transaction(self.engine()) as connection:
            yield connection, datetime.now(UTC)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self.engine().connect() as connection:
            yield connection


def console_for_tables() -> Console:
    """Where tables go: as wide as the terminal; in a file or pipe, as wide as they are."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH_IN_FILES)


pass_deployment = click.make_pass_decorator(Deployment)


@contextmanager
def friendly_errors() -> Iterator[None]:
    """What the directory refuses is told in one line, without a traceback."""
    try:
        yield
    except (DirectoryError, CertificateError, AddressError, GnuPGError) as error:
        raise click.ClickException(str(error)) from None
