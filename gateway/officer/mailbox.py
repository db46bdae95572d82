"""The officer's mailbox, by IMAP over TLS (imapclient). Reading marks nothing as read unless told so."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from gateway.officer.problem import OfficerProblemError
from gateway.words import phrase

_CONTROL = set(map(chr, range(0x20))) | {"\x7f"}


@dataclass(frozen=True, slots=True)
class MailboxAccess:
    """Where the mailbox is and how to log in. certificate_authority: PEM file; None: the system's."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    certificate_authority: Path | None


@contextmanager
def logged_in(access: MailboxAccess) -> Iterator[IMAPClient]:
    """A session. Raises OfficerProblemError; the server's own text is not repeated."""
    if _CONTROL & set(access.user + access.password):
        # they would be commands
        raise OfficerProblemError(phrase("user name and password hold no control characters"))
    context = ssl.create_default_context(cafile=access.certificate_authority)
    try:
        client = IMAPClient(access.host, access.port, ssl=True, ssl_context=context, timeout=30)
    except ssl.SSLCertVerificationError:
        raise OfficerProblemError(
            phrase("the server's TLS certificate is not trusted; give the right one with --ca")
        ) from None
    except (OSError, IMAPClientError):
        server = f"{access.host}:{access.port}"
        raise OfficerProblemError(phrase("no IMAP server answers at {server}", server=server)) from None
    try:
        client.login(access.user, access.password)
        yield client
    except IMAPClientError:
        raise OfficerProblemError(phrase("the mailbox refused: are address, password and folder right?")) from None
    finally:
        client.shutdown()


def folders(client: IMAPClient) -> list[str]:
    """The folders that can be read."""
    return sorted(name for flags, _separator, name in client.list_folders() if rb"\Noselect" not in flags)


def fetch_mails(client: IMAPClient, folder: str, *, unseen_only: bool) -> Iterator[bytes]:
    """The mails of a folder, oldest first, as they lie there."""
    client.select_folder(folder, readonly=True)
    for uid in client.search("UNSEEN" if unseen_only else "ALL"):
        fetched = client.fetch([uid], ["BODY.PEEK[]"])
        yield fetched[uid][b"BODY[]"]
