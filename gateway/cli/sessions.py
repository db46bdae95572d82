"""Ending open mailbox sessions when access is withdrawn: new ones cannot begin, old ones would go on."""

from collections.abc import Iterable

import click

from gateway.mailbox_server import disconnect
from gateway.settings import Settings


def end_sessions(settings: Settings, addresses: Iterable[str]) -> None:
    """End the open IMAP sessions of these officers, or say that it could not be done."""
    told = [disconnect(settings, address) for address in addresses]
    if not all(told):
        click.echo("the mailbox server does not answer: no new session can begin, an open one is not ended", err=True)
