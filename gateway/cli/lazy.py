"""Groups of commands whose modules are loaded when a command is called: the start of every command stays quick."""

from importlib import import_module
from typing import ClassVar

import click

Commands = dict[str, tuple[str, str]]  # name of the command: its module, and the command in it


class LazyGroup(click.Group):
    """A group whose commands are in a table, in the order in which they are needed."""

    commands_by_name: ClassVar[Commands] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of the table."""
        return list(self.commands_by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, loaded now."""
        if cmd_name not in self.commands_by_name:
            return None
        module, name = self.commands_by_name[cmd_name]
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None
