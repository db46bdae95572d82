"""The Dovecot that is installed on this machine."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mailroom.mailboxes.mailbox_error import MailboxFault, MailboxServerError

SUPPORTED = "2.3"

_ANSWER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Installation:
    """Its programs and version. plugin_folder: where its modules lie."""

    dovecot: Path
    doveadm: Path
    plugin_folder: Path
    version: str

    def has_driver(self, driver: str) -> bool:
        """Whether the SQL driver ("sqlite", "pgsql") is there; distributions package each by itself."""
        return any(self.plugin_folder.rglob(f"libdriver_{driver}.so"))


def find_installation(dovecot: str = "dovecot") -> Installation:
    """The installed Dovecot. Raises MailboxServerError if there is none, or its version is not 2.3."""
    program = _find(dovecot)
    found = re.match(r"(\d+\.\d+)\.[\w.-]+", _answer(program, "--version"))
    # 2.4 reads another language of configuration.
    if found is None or found.group(1) != SUPPORTED:
        raise MailboxServerError(MailboxFault.WRONG_VERSION)
    plugin_folder = _answer(_find("doveconf"), "-d", "-h", "mail_plugin_dir").strip()
    return Installation(program, _find("doveadm"), Path(plugin_folder), found.group(0))


def _find(program: str) -> Path:
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        raise MailboxServerError(MailboxFault.NOT_INSTALLED)
    return Path(path)


def _answer(program: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(program), *arguments], capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=False
    )
    return done.stdout
