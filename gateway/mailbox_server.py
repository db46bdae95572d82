"""The mailbox server of a deployment: settings for the embedded Dovecot, and questions to it."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

from gateway.machine_authority import AUTHORITY_FILE
from gateway.settings import Settings
from mailroom.delivery import MailboxUnavailableError
from mailroom.mailboxes.settings import MailboxSettings

_ASK_SECONDS = 30
_NO_SUCH_USER = 67  # sysexits.h EX_NOUSER
_NOBODY_TO_KICK = 68  # doveadm-kick(1): no user matched


def mailbox_settings(settings: Settings) -> MailboxSettings:
    """What the embedded Dovecot is told."""
    authority = settings.path(AUTHORITY_FILE)
    return MailboxSettings(
        data_folder=settings.path("mail"),
        run_folder=settings.run_folder / "dovecot",
        database_url=settings.database_url,
        gateway_domain=settings.gateway.domain,
        certificate=settings.path(settings.submission.certificate),
        key=settings.path(settings.submission.key),
        lmtp_socket=settings.path(settings.mailboxes.lmtp),
        machine_authority=authority if authority.exists() else None,
        imap_host=settings.mailboxes.imap_host,
        imap_port=settings.mailboxes.imap_port,
    )


def message_finder(settings: Settings) -> Callable[[str, str], bool]:
    """A function that asks whether a mailbox holds a Message-ID, with Dovecot's own administration tool."""
    program = _administration(settings)

    def holds_message(mailbox: str, message_id: str) -> bool:
        local, _, domain = mailbox.rpartition("@")
        user, _, folder = local.partition("+")
        command = [*program, "search", "-u", f"{user}@{domain}"]
        criteria = ["mailbox", folder or "INBOX", "header", "message-id", message_id]
        try:
            done = subprocess.run(
                [*command, *criteria], capture_output=True, check=False, timeout=_ASK_SECONDS, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired):
            raise MailboxUnavailableError("the mailbox server cannot be asked") from None
        if done.returncode not in {0, _NO_SUCH_USER}:
            raise MailboxUnavailableError("the mailbox server cannot be asked")
        return bool(done.stdout.strip())

    return holds_message


def officer_folder(settings: Settings, party: str, address: str) -> Path:
    """Where the embedded server keeps an officer's own mail (mailroom/mailboxes/accounts.py)."""
    return settings.path("mail") / "officers" / party.lower() / hashlib.sha256(address.encode("ascii")).hexdigest()


def disconnect(settings: Settings, address: str) -> bool:
    """End an officer's open IMAP sessions; whether the mailbox server could be told so."""
    try:
        done = subprocess.run(
            [*_administration(settings), "kick", address],
            capture_output=True,
            check=False,
            timeout=_ASK_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode in {0, _NOBODY_TO_KICK}


def _administration(settings: Settings) -> list[str]:
    """Dovecot's administration tool, for the embedded Dovecot or the machine's own."""
    if not settings.mailboxes.embedded:
        return ["doveadm"]
    return ["doveadm", "-c", str(settings.run_folder / "dovecot" / "configuration" / "dovecot.conf")]
