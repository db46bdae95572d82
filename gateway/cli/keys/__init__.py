"""`gsp keys`: the root, certificates, the chain that gives access, requests to `keys@`, and the key log."""

from typing import ClassVar

import click

from gateway.cli.lazy import Commands, LazyGroup


class _Keys(LazyGroup):
    commands_by_name: ClassVar[Commands] = {
        "propose": ("gateway.cli.keys.propose", "propose"),
        "approve": ("gateway.cli.keys.approve", "approve_command"),
        "proposals": ("gateway.cli.keys.approve", "proposals"),
        "log": ("gateway.cli.keys.log", "log"),
        "watch": ("gateway.cli.keys.watch", "watch_command"),
        "gateway": ("gateway.cli.keys.gateway", "gateway"),
        "wkd": ("gateway.cli.keys.wkd", "wkd"),
    }


@click.group(cls=_Keys)
def keys() -> None:
    """Certificates, the chain that gives access, and the key log."""
