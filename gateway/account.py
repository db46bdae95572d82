"""The gateway never runs as root: started by root, it becomes an unprivileged account before it reads a secret."""

import os
import pwd
from pathlib import Path


class AccountError(RuntimeError):
    """Root has no account to become; the text says what to do."""


def leave_root(folder: Path, account: str) -> None:
    """If this process is root, become `account`, or the owner of `folder` if that is somebody else than root.

    Raises AccountError if there is nobody to become.
    """
    if os.geteuid() != 0:
        return
    entry = _account_to_become(folder, account)
    os.initgroups(entry.pw_name, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = str(folder)
    os.environ["USER"] = os.environ["LOGNAME"] = entry.pw_name


def _account_to_become(folder: Path, account: str) -> pwd.struct_passwd:
    try:
        if account:
            return pwd.getpwnam(account)
        owner = folder.stat().st_uid
        if owner != 0:
            return pwd.getpwuid(owner)
    except (KeyError, OSError):
        raise AccountError(f"there is no account {account or 'that owns the folder'}: create it first") from None
    raise AccountError(
        "the gateway does not run as root. Give its folder to an unprivileged account "
        "(useradd --system gsp; chown -R gsp: FOLDER) or set service.account in gsp.toml"
    )
