"""A real Dovecot for the tests of a worker, over a real SQLite database with the directory's own tables.

Run by root, Dovecot is started as an unprivileged account; run by anybody else, as that account.
"""

import dataclasses
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailroom.mailboxes.dovecot import Dovecot
from mailroom.mailboxes.settings import MailboxLimits, MailboxSettings

from .mailbox_world import GATEWAY_DOMAIN, MailboxWorld, make_certificate, make_database


def _account() -> str:
    if os.geteuid() != 0:
        return ""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "gsp" if "gsp" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A short folder of the account Dovecot runs as: UNIX sockets have short names."""
    folder = Path(tempfile.mkdtemp(prefix="gspmb-", dir="/tmp"))
    if _account():
        shutil.chown(folder, _account())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def mailbox_settings(scratch: Path) -> MailboxSettings:
    """Settings for a Dovecot that has not been started; its database exists."""
    make_certificate(scratch, owner=_account())
    return MailboxSettings(
        data_folder=scratch / "data",
        run_folder=scratch / "run",
        database_url=make_database(scratch, owner=_account()),
        gateway_domain=GATEWAY_DOMAIN,
        certificate=scratch / "certificate.pem",
        key=scratch / "key.pem",
        lmtp_socket=scratch / "run" / "lmtp",
        imap_port=_free_port(),
        account=_account(),
        limits=MailboxLimits(failure_delay=1),
    )


@pytest.fixture(scope="session")
def world(mailbox_settings: MailboxSettings) -> Iterator[MailboxWorld]:
    """A running Dovecot and the directory it asks."""
    lines: list[str] = []
    dovecot = Dovecot(mailbox_settings, on_log=lines.append)
    dovecot.start()
    try:
        yield MailboxWorld(mailbox_settings, dovecot, lines)
    finally:
        dovecot.stop()


@pytest.fixture
def fresh_settings(mailbox_settings: MailboxSettings) -> Iterator[MailboxSettings]:
    """Settings for a second Dovecot of one test, over the same database and certificate."""
    folder = Path(tempfile.mkdtemp(prefix="gspmb-", dir="/tmp"))
    if mailbox_settings.account:
        shutil.chown(folder, mailbox_settings.account)
    yield dataclasses.replace(
        mailbox_settings,
        data_folder=folder / "data",
        run_folder=folder / "run",
        lmtp_socket=folder / "run" / "lmtp",
        imap_port=_free_port(),
    )
    shutil.rmtree(folder)
