"""Counts the mails that can be seen by IMAP in the Parties' mailboxes."""

import time
from collections.abc import Sequence
from contextlib import ExitStack

from imapclient import IMAPClient

from bench.submitting import BenchFailedError
from gateway.demo.people import DemoParty
from gateway.demo.world import DemoWorld
from gateway.officer.mailbox import MailboxAccess, logged_in

_POLL_SECONDS = 0.05
_QUIET_SECONDS = 60.0


class Arrivals:
    """A kept IMAP session for each Party; a context manager."""

    def __init__(self, demo: DemoWorld, parties: Sequence[DemoParty]) -> None:
        self._stack = ExitStack()
        self._folders: list[tuple[IMAPClient, str]] = []
        for party in parties:
            access = MailboxAccess("localhost", demo.ports.imap, party.officer, party.password, demo.authority)
            self._folders.append((self._stack.enter_context(logged_in(access)), f"Party/{party.code}"))

    def __enter__(self) -> "Arrivals":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def count(self) -> int:
        """Mails in all Parties' mailboxes together."""
        return sum(int(client.folder_status(name, ["MESSAGES"])[b"MESSAGES"]) for client, name in self._folders)

    def wait_for(self, number: int) -> float:
        """Wait until this many are there; the monotonic time. Raises BenchFailedError if nothing comes any more."""
        seen, changed = -1, time.monotonic()
        while True:
            now_there = self.count()
            now = time.monotonic()
            if now_there >= number:
                return now
            if now_there != seen:
                seen, changed = now_there, now
            elif now - changed > _QUIET_SECONDS:
                raise BenchFailedError(f"{number - now_there} mails did not arrive")
            time.sleep(_POLL_SECONDS)

    def last_size(self) -> int:
        """Octets of the newest mail in one of the mailboxes, as delivered; 0 if all are empty."""
        for client, name in self._folders:
            client.select_folder(name, readonly=True)
            uids = client.search()
            sizes = client.fetch(uids[-1:], ["RFC822.SIZE"]) if uids else {}
            client.close_folder()
            for data in sizes.values():
                return int(data[b"RFC822.SIZE"])
        return 0
