"""`gsp demo`: the whole story on this machine, on embedded defaults."""

import os
import pwd
import shutil
import sys
import tempfile
from pathlib import Path

import click

from gateway.account import AccountError, leave_root
from gateway.demo import acts
from gateway.demo.looking_back import look_back, write_facts
from gateway.demo.mail_client import MailClientError
from gateway.demo.people import stop_agents
from gateway.demo.running import DemoError, free_ports
from gateway.demo.world import DOMAIN, DemoWorld

_ACCOUNTS = ("gsp", "nobody")  # what root becomes


@click.command()
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Leave the gateway running in DIR and write DIR/demo.json for other tools.",
)
def demo(keep: Path | None) -> None:
    """Three Parties, real keys and mails: queries, replies and refusals through a real gateway on loopback.

    \b
    gsp demo
    gsp demo --keep /tmp/gsp-demo      leaves it running
    """
    folder = _folder(keep)
    try:
        leave_root(folder, "")
    except AccountError as error:
        raise click.ClickException(str(error)) from None
    if not os.access(sys.executable, os.X_OK) or not os.access(__file__, os.R_OK):
        raise click.ClickException("an unprivileged account cannot read this installation: use `make demo`")
    world = DemoWorld(folder, free_ports(), click.echo)
    kept = False
    try:
        _tell_story(world)
        if keep is not None:
            _say_how_to_use(world)
            kept = True
    except (DemoError, MailClientError) as error:
        raise click.ClickException(str(error)) from None
    finally:
        stop_agents(list(world.parties.values()))
        if not kept:
            if world.gateway is not None:
                world.gateway.stop()
            if keep is None:
                shutil.rmtree(folder, ignore_errors=True)


def _tell_story(world: DemoWorld) -> None:
    world.set_up()
    world.tell("\n── Sealed queries: the gateway sees who asks whom, never what\n")
    acts.query(world, "KE", "EU")
    acts.query(world, "EU", "KE")
    acts.query(world, "KE", "PK")
    acts.reply(world, "KE", "EU")
    acts.read_reply(world, "KE", "EU")
    world.tell("\n── Direct mail, written by an ordinary mail client\n")
    acts.direct_query_by_client(world, "EU", "PK")
    acts.direct_reply_by_client(world, "PK", "EU")
    world.tell("\n── Whose UID is this? Asked at resolve@ with an ordinary mail client\n")
    acts.resolve_by_client(world, "EU")
    world.tell("\n── What is refused, in the SMTP dialogue\n")
    acts.refuse_in_the_clear(world)
    acts.refuse_wrong_party(world)
    acts.refuse_stale_library(world)
    world.tell("\n── What the gateway remembers\n")
    look_back(world)


def _folder(keep: Path | None) -> Path:
    """An empty folder that an unprivileged account may use, even when root starts the demonstration."""
    if keep is None:
        folder = Path(tempfile.mkdtemp(prefix="gsp-demo-", dir="/tmp"))
    else:
        folder = keep.absolute()
        if folder.exists() and any(folder.iterdir()):
            raise click.ClickException(f"{folder} is not empty: choose another folder, or empty it yourself")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        account = next(names[name] for name in _ACCOUNTS if name in names)
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def _say_how_to_use(world: DemoWorld) -> None:
    facts = write_facts(world)
    officer = world.parties["KE"]
    pid = world.gateway.pid if world.gateway is not None else 0
    click.echo(f"""
The gateway keeps running (process {pid}); `kill {pid}` stops all of it. Facts for other tools: {facts}

To look at it with Thunderbird, as {officer.officer}:
  1. Settings → Privacy & Security → Certificates → Manage → Authorities → Import: {world.authority}
  2. New account: {officer.officer}, password {officer.password}
       IMAP  localhost, port {world.ports.imap}, SSL/TLS, normal password
       SMTP  localhost, port {world.ports.submission}, SSL/TLS, normal password, user {officer.officer}
  3. Account settings → Copies & Folders: keep Sent and Drafts under Local Folders (the server refuses both)
  4. Account settings → End-to-end encryption → Add key → import from a file made with
       gpg --homedir {officer.gnupg} --armor --export-secret-keys > keys.asc
     and in OpenPGP Key Manager import and accept the certificates of
       gpg --homedir {officer.gnupg} --armor --export > certificates.asc
  5. Write to eu@{DOMAIN} with encryption on, or read the folder Party/KE.""")
