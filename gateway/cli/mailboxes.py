"""`gsp mailboxes`: the configuration of the mailbox server."""

import click

from gateway.cli.context import Deployment, pass_deployment
from gateway.mailbox_server import mailbox_settings
from mailroom.mailboxes.configuration import write_configuration
from mailroom.mailboxes.installation import find_installation
from mailroom.mailboxes.mailbox_error import MailboxServerError


@click.group()
def mailboxes() -> None:
    """The configuration of the mailbox server."""


@mailboxes.command()
@pass_deployment
def configuration(deployment: Deployment) -> None:
    """Write Dovecot's configuration and say where it is.

    A production Dovecot takes it over with `!include`, or as its whole configuration.
    """
    try:
        path = write_configuration(mailbox_settings(deployment.settings), find_installation())
    except MailboxServerError as error:
        raise click.ClickException(str(error)) from None
    click.echo(path)
