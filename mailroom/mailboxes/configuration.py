"""Writes a complete configuration for Dovecot 2.3 that runs as an unprivileged account."""

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from mailroom.mailboxes.accounts import account_queries
from mailroom.mailboxes.installation import Installation
from mailroom.mailboxes.mailbox_error import MailboxFault, MailboxServerError
from mailroom.mailboxes.recipients import SENT
from mailroom.mailboxes.rights import rights_file
from mailroom.mailboxes.settings import MailboxSettings

MAIN_FILE = "dovecot.conf"

_UNUSED_LISTENERS = (
    ("aggregator", "fifo_listener", "replication-notify-fifo"),
    ("aggregator", "unix_listener", "replication-notify"),
    ("dict", "unix_listener", "dict"),
    ("dict-async", "unix_listener", "dict-async"),
    ("director", "fifo_listener", "login/proxy-notify"),
    ("director", "unix_listener", "director-admin"),
    ("director", "unix_listener", "login/director"),
    ("dns-client", "unix_listener", "dns-client"),
    ("dns-client", "unix_listener", "login/dns-client"),
    ("doveadm", "unix_listener", "doveadm-server"),
    ("imap-hibernate", "unix_listener", "imap-hibernate"),
    ("imap-urlauth", "unix_listener", "token-login/imap-urlauth"),
    ("imap-urlauth-login", "unix_listener", "imap-urlauth"),
    ("imap-urlauth-worker", "unix_listener", "imap-urlauth-worker"),
    ("indexer", "unix_listener", "indexer"),
    ("indexer-worker", "unix_listener", "indexer-worker"),
    ("ipc", "unix_listener", "ipc"),
    ("ipc", "unix_listener", "login/ipc-proxy"),
    ("replicator", "unix_listener", "replicator"),
    ("replicator", "unix_listener", "replicator-doveadm"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's account Dovecot runs as."""

    name: str
    group: str
    uid: int
    gid: int


def account_for(settings: MailboxSettings) -> Account:
    """The account Dovecot will run as. Raises MailboxServerError if that would be root or can't be changed to."""
    own = os.geteuid()
    try:
        entry = pwd.getpwnam(settings.account) if settings.account else pwd.getpwuid(own)
        group = grp.getgrgid(entry.pw_gid).gr_name
    except KeyError:
        raise MailboxServerError(MailboxFault.NO_SUCH_ACCOUNT) from None
    if entry.pw_uid == 0:
        raise MailboxServerError(MailboxFault.RUNS_AS_ROOT)
    if own not in {0, entry.pw_uid}:
        raise MailboxServerError(MailboxFault.OTHER_ACCOUNT)
    return Account(name=entry.pw_name, group=group, uid=entry.pw_uid, gid=entry.pw_gid)


def configuration_files(settings: MailboxSettings, account: Account, version: str) -> dict[str, str]:
    """Every file of the configuration by its name; `dovecot.conf` names the others.

    version: of the Dovecot that will read it. Raises MailboxServerError if Dovecot can't use the database.
    """
    environment = Environment(
        loader=PackageLoader("mailroom.mailboxes", package_path=""),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - not HTML; MailboxSettings admits no character with a meaning here
        keep_trailing_newline=True,
    )
    values = {
        "settings": settings,
        "account": account,
        "version": version,
        "folder": _folder(settings),
        "sent": SENT,
        "lmtp_listener": _listener_name(settings),
        "unused_listeners": _UNUSED_LISTENERS,
        "queries": account_queries(settings),
    }
    names = ("officers.sql", "machines.sql", "parties.sql", MAIN_FILE)
    return {name: environment.get_template(f"{name}.j2").render(values) for name in names} | {"rights": rights_file()}


def write_configuration(settings: MailboxSettings, installation: Installation) -> Path:
    """Write the configuration into the run folder and make the folders it names; return the main file.

    Everything is readable by the account alone: the queries may hold a database password.
    Raises MailboxServerError, or OSError if the folders can't be written.
    """
    account = account_for(settings)
    # Dovecot insists on a run folder others may enter; its sockets are for the account alone.
    _make_folder(settings.run_folder, account, 0o755)
    for made in (settings.data_folder, settings.run_folder / "temporary", _folder(settings)):
        _make_folder(made, account, 0o700)
    for name, text in configuration_files(settings, account, installation.version).items():
        _write(_folder(settings) / name, text, account)
    return _folder(settings) / MAIN_FILE


def _folder(settings: MailboxSettings) -> Path:
    return settings.run_folder / "configuration"


def _listener_name(settings: MailboxSettings) -> str:
    """Dovecot names sockets below its base_dir by their relative path, others by the whole one."""
    if settings.lmtp_socket.is_relative_to(settings.run_folder):
        return str(settings.lmtp_socket.relative_to(settings.run_folder))
    return str(settings.lmtp_socket)


def _make_folder(folder: Path, account: Account, mode: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode)
    if os.geteuid() == 0:
        os.chown(folder, account.uid, account.gid)


def _write(path: Path, text: str, account: Account) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if os.geteuid() == 0:
            os.fchown(descriptor, account.uid, account.gid)
        file.write(text)
