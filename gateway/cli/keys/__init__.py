"""`gsp keys`: the root, certificates, the chain that gives access, requests to `keys@`, and the key log."""

from typing import ClassVar

import click

from gateway.cli.lazy import Commands, LazyGroup


class _Keys(LazyGroup):
    commands_by_name: ClassVar[Commands] = {
        "check": ("gateway.cli.keys.check", "check"),
        "list": ("gateway.cli.keys.list", "list_command"),
        "why": ("gateway.cli.keys.why", "why"),
        "root": ("gateway.cli.keys.root", "root"),
        "request-certification": ("gateway.cli.keys.requests", "request_certification"),
        "certify": ("gateway.cli.keys.certify", "certify"),
        "certified": ("gateway.cli.keys.refresh", "certified"),
        "refresh": ("gateway.cli.keys.refresh", "certified"),
        "import": ("gateway.cli.keys.import_officers", "import_command"),
        "derive": ("gateway.cli.keys.derive", "derive"),
        "propose": ("gateway.cli.keys.propose", "propose"),
        "approve": ("gateway.cli.keys.approve", "approve_command"),
        "proposals": ("gateway.cli.keys.approve", "proposals"),
        "log": ("gateway.cli.keys.log", "log"),
        "watch": ("gateway.cli.keys.watch", "watch_command"),
        "request": ("gateway.cli.keys.request", "request_command"),
        "approve-enrolment": ("gateway.cli.keys.enrol", "approve_enrolment"),
        "enrolments": ("gateway.cli.keys.enrolments", "enrolments"),
        "gateway": ("gateway.cli.keys.gateway", "gateway"),
        "wkd": ("gateway.cli.keys.wkd", "wkd"),
    }


@click.group(cls=_Keys)
def keys() -> None:
    """Certificates, the chain that gives access, and the key log."""
