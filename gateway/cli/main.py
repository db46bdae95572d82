"""`gsp`: one command with sub-commands, each loaded when it is called."""

import os
from pathlib import Path
from typing import ClassVar

import click

from gateway.cli.context import Deployment
from gateway.cli.lazy import Commands, LazyGroup

# Name of the command: module under gateway.cli, and the command in it. In the order in which they are needed.
COMMANDS = {
    "init": ("init", "init"),
    "serve": ("serve", "serve"),
    "run": ("serve", "run"),
    "upgrade": ("upgrade", "upgrade"),
    "backup": ("backup", "backup"),
    "restore": ("backup", "restore"),
    "config": ("config", "config"),
    "parties": ("parties", "parties"),
    "officers": ("officers", "officers"),
    "administrators": ("administrators", "administrators"),
    "people": ("people", "people"),
    "authorities": ("authorities", "authorities"),
    "experts": ("experts", "experts"),
    "keys": ("keys", "keys"),
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


class _Commands(LazyGroup):
    commands_by_name: ClassVar[Commands] = {
        name: (f"gateway.cli.{module}", command) for name, (module, command) in COMMANDS.items()
    }


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
