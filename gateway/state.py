"""The database of a deployment: opened, brought up to date, checked."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from gateway.settings import Settings
from keyring_admin.database import open_database, write_transaction


class SchemaOutdatedError(RuntimeError):
    """The database was written by another version of the gateway."""


class SchemaNewerError(SchemaOutdatedError):
    """The database was written by a newer version of the gateway: this one has no way back from it."""


_NEWER = "the database was written by a newer version: install that one, or restore a backup made by this one"


def upgrade_database(settings: Settings) -> None:
    """Create the tables, or change them to what this version expects, in one transaction. Raises SchemaNewerError."""
    engine = open_database(settings.database_url)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and not is_known_schema(current):
        raise SchemaNewerError(_NEWER)
    configuration = _alembic()
    with write_transaction(engine) as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
    engine.dispose()


def open_state(settings: Settings) -> Engine:
    """Open the database. Raises SchemaOutdatedError unless its schema is this version's."""
    engine = open_database(settings.database_url)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and not is_known_schema(current):
        raise SchemaNewerError(_NEWER)
    if current != current_schema():
        raise SchemaOutdatedError("the database has another schema: stop the gateway and run `gsp upgrade`")
    return engine


def current_schema() -> str:
    """The revision of this version's tables."""
    return str(ScriptDirectory.from_config(_alembic()).get_current_head())


def is_known_schema(revision: str) -> bool:
    """Whether this version's tables, or older ones that it can upgrade, have this revision."""
    script = ScriptDirectory.from_config(_alembic())
    return revision in {each.revision for each in script.walk_revisions()}


def _alembic() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(files("gateway").joinpath("migrations")))
    return configuration
