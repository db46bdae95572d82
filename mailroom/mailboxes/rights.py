"""What an officer may do in which folder: the access control list Dovecot enforces on IMAP (RFC 4314).

Contract: nobody has insert, post, create, delete-mailbox or administer, on any folder. Clients would otherwise store
drafts and sent copies in the clear on the server.
"""

from dataclasses import dataclass

from mailroom.mailboxes.recipients import SENT

# RFC 4314 §2.1: l lookup, r read, s keep \Seen, t keep \Deleted, e expunge. Not w: with \Answered and \Flagged it gives
# keywords, and what officers type as a tag (a case number, a UID) would lie readable in the index of the server.
_READ = "lrs"
_DELETE = "lrste"


@dataclass(frozen=True, slots=True)
class FolderRight:
    """Rights of one kind of account on the folders a pattern names."""

    folders: str
    holder: str
    rights: str


RIGHTS = (
    # The officer's own tree: finding folders, nothing else. It also answers for folders that do not exist (CREATE).
    FolderRight("*", "owner", "l"),
    FolderRight("INBOX", "owner", _DELETE),
    FolderRight(SENT, "owner", _READ),
    # The Party's folder; the groups come with the role.
    FolderRight("Party/*", "group=reader", _READ),
    FolderRight("Party/*", "group=reviewer", _DELETE),
)


def rights_file() -> str:
    """The list as a global ACL file."""
    return "".join(f"{right.folders} {right.holder} {right.rights}\n" for right in RIGHTS)
