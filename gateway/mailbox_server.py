"""The mailbox server of a deployment: settings for the embedded Dovecot, and questions to it."""

import subprocess
from collections.abc import Callable

from gateway.settings import Settings
from mailroom.delivery import MailboxUnavailableError
from mailroom.mailboxes.settings import MailboxSettings

_ASK_SECONDS = 30
_NO_SUCH_USER = 67  # sysexits.h EX_NOUSER


def mailbox_settings(settings: Settings) -> MailboxSettings:
    """What the embedded Dovecot is told."""
    return MailboxSettings(
        data_folder=settings.path("mail"),
        run_folder=settings.run_folder / "dovecot",
        database_url=settings.database_url,
        gateway_domain=settings.gateway.domain,
        certificate=settings.path(settings.submission.certificate),
        key=settings.path(settings.submission.key),
        lmtp_socket=settings.path(settings.mailboxes.lmtp),
        imap_host=settings.mailboxes.imap_host,
        imap_port=settings.mailboxes.imap_port,
    )


def message_finder(settings: Settings) -> Callable[[str, str], bool]:
    """A function that asks whether a mailbox holds a Message-ID, with Dovecot's own administration tool."""
    configuration = settings.run_folder / "dovecot" / "configuration" / "dovecot.conf"

    def holds_message(mailbox: str, message_id: str) -> bool:
        local, _, domain = mailbox.rpartition("@")
        user, _, folder = local.partition("+")
        command = ["doveadm", "-c", str(configuration), "search", "-u", f"{user}@{domain}"]
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
