"""`gsp`: one command with sub-commands, each loaded when it is called."""

import os
from importlib import import_module
from pathlib import Path

import click

from gateway.cli.context import Deployment

# Name of the command: module under gateway.cli, and the command in it. In the order in which they are needed.
COMMANDS = {
    "init": ("init", "init"),
    "serve": ("serve", "serve"),
    "run": ("serve", "run"),
    "upgrade": ("upgrade", "upgrade"),
    "config": ("config", "config"),
    "parties": ("parties", "parties"),
    "officers": ("officers", "officers"),
    "directory": ("directory", "directory"),
    "mailboxes": ("mailboxes", "mailboxes"),
    "queue": ("queue", "queue"),
    "log": ("log", "log"),
    "stats": ("stats", "stats"),
    "gate": ("gate", "gate"),
    "uid": ("uid", "uid"),
    "patterns": ("patterns", "patterns"),
    "library": ("library", "library"),
    "forms": ("forms", "forms_group"),
    "seal": ("seal", "seal"),
    "open": ("open", "open_command"),
    "demo": ("demo", "demo"),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command = getattr(import_module(f"gateway.cli.{module}"), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="GSP_CONFIG",
    default="gsp.toml",
    show_default=True,
    help="Configuration of the deployment (or GSP_CONFIG).",
)
@click.version_option(package_name="gsp-gateway")
@click.pass_context
def main(context: click.Context, config_file: Path) -> None:
    """The GSP gateway: sealed mail between the Parties of the Protocol.

    \b
    gsp init /srv/gsp --domain gsp.example.org    make a deployment
    gsp --config /srv/gsp/gsp.toml serve          run it
    gsp seal --help                               for officers: write a query
    gsp open --help                               for officers: read one
    """
    os.umask(0o077)  # whatever is written is for this account only
    os.environ["RUST_BACKTRACE"] = "0"  # a library's backtrace costs 60 ms an error
    context.obj = Deployment(config_file)
