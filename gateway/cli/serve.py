"""`gsp serve` and `gsp run`: the gateway, whole or one program at a time."""

import resource
from importlib import import_module

import click

from gateway.account import AccountError, leave_root
from gateway.cli.context import Deployment, pass_deployment
from gateway.in_use import InUseError, shared
from gateway.library.problem import LibraryLifeError
from gateway.private_memory import keep_memory_private
from gateway.programs.supervisor import Supervisor
from gateway.resolve import RESOLVE_IS_ON
from gateway.settings import Settings
from gateway.state import SchemaOutdatedError
from keyring_admin.gateway_key import GatewayKeyError
from mailroom.mailboxes.mailbox_error import MailboxServerError
from pattern_rules.errors import LibraryError

# Each program loads only what it needs: what a process does not hold cannot leak from it.
PROGRAMS = {
    "edge": ("gateway.edge.process", "run_edge"),
    "process": ("gateway.programs.process", "run_process"),
    "deliver": ("gateway.programs.deliver", "run_deliver"),
    "http": ("gateway.http.program", "run_http"),
    "mailboxes": ("gateway.programs.mailboxes", "run_mailboxes"),
}


@click.command()
@pass_deployment
def serve(deployment: Deployment) -> None:
    """Run the gateway: mailbox server, edge, processing, delivery. Ctrl-C or SIGTERM stops all of it.

    SIGHUP makes the edge read its TLS certificate again.
    """
    settings = _prepare(deployment)
    if settings.resolve.enabled:
        click.echo(RESOLVE_IS_ON)
    try:
        with shared(settings):
            Supervisor(settings, str(deployment.file.absolute())).run()
    except InUseError as error:
        raise click.ClickException(str(error)) from None
    except MailboxServerError as error:
        raise click.ClickException("\n".join([str(error), *error.log_lines])) from None


@click.command()
@click.argument("program", type=click.Choice(sorted(PROGRAMS)))
@pass_deployment
def run(deployment: Deployment, program: str) -> None:
    """Run one program alone: several machines may share the work over one PostgreSQL database.

    `mailboxes` is the embedded Dovecot; start it first.
    """
    settings = _prepare(deployment)
    try:
        module, entry = PROGRAMS[program]
        with shared(settings):
            getattr(import_module(module), entry)(settings)
    except (InUseError, SchemaOutdatedError, GatewayKeyError, LibraryLifeError, LibraryError) as error:
        raise click.ClickException(str(error)) from None
    except MailboxServerError as error:
        raise click.ClickException("\n".join([str(error), *error.log_lines])) from None


def _prepare(deployment: Deployment) -> Settings:
    settings = deployment.settings
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold keys and passwords; children inherit it
    try:
        leave_root(settings.folder, settings.service.account)
    except AccountError as error:
        raise click.ClickException(str(error)) from None
    keep_memory_private()  # after the change of account, which would undo it
    settings.run_folder.mkdir(mode=0o700, exist_ok=True)
    return settings
