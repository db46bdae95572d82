"""The same accounts over PostgreSQL: a server of the test's own, reached over a UNIX socket."""

import dataclasses
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from imapclient.exceptions import LoginError
from sqlalchemy.exc import DataError

from keyring_admin.database import metadata, open_database
from keyring_admin.officers import set_officer_active
from mailroom.lmtp import DeliveryOutcome, LmtpConnection
from mailroom.mailboxes.accounts import account_queries
from mailroom.mailboxes.dovecot import Dovecot
from mailroom.mailboxes.installation import find_installation
from mailroom.mailboxes.recipients import party_recipient, sent_recipient
from mailroom.mailboxes.settings import MailboxSettings

from .mailbox_world import GATEWAY_DOMAIN, MailboxWorld, sealed_mail

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"))

pytestmark = pytest.mark.skipif(
    not (PROGRAMS / "initdb").exists() or not find_installation().has_driver("pgsql"),
    reason="needs the packages postgresql and dovecot-pgsql",
)


class Postgresql:
    """A PostgreSQL server in one folder, run by an unprivileged account, without TCP."""

    def __init__(self, folder: Path, account: str) -> None:
        self._folder = folder
        self._as = ["setpriv", "--reuid", account, "--regid", "nogroup", "--clear-groups", "--"] if account else []
        self.url = f"postgresql+psycopg://gsp@/postgres?host={folder}"

    def make(self) -> None:
        self._run("initdb", "-D", str(self._folder / "pg"), "-U", "gsp", "-A", "trust", "-N", "-E", "UTF8")

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        log = str(self._folder / "log")
        self._run("pg_ctl", "start", "-w", "-D", str(self._folder / "pg"), "-l", log, "-o", options)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self._folder / "pg"))

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as, str(PROGRAMS / program), *arguments],
            check=True,
            cwd="/",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture
def postgresql(fresh_settings: MailboxSettings) -> Iterator[Postgresql]:
    folder = fresh_settings.data_folder.parent / "db"
    folder.mkdir()
    if fresh_settings.account:
        shutil.chown(folder, fresh_settings.account)
    server = Postgresql(folder, fresh_settings.account)
    server.make()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def attempt(settings: MailboxSettings, recipient: str) -> DeliveryOutcome:
    """One delivery by somebody who does not wait until Dovecot has given up on its database."""
    with LmtpConnection(settings.lmtp_socket, timeout=2) as connection:
        return connection.deliver("", recipient, sealed_mail()).outcome


def test_logins_and_deliveries_work_over_postgresql_and_outlive_a_restart(
    fresh_settings: MailboxSettings, postgresql: Postgresql
) -> None:
    settings = dataclasses.replace(fresh_settings, database_url=postgresql.url)
    engine = open_database(settings.database_url)
    metadata.create_all(engine)
    engine.dispose()
    lines: list[str] = []
    dovecot = Dovecot(settings, on_log=lines.append)
    dovecot.start()
    try:
        world = MailboxWorld(settings, dovecot, lines)
        party = world.new_party()
        reader, nobody = world.new_officer(party, "reply"), world.new_officer(party)
        for recipient in (party_recipient(party, GATEWAY_DOMAIN), reader, sent_recipient(nobody)):
            assert world.deliver(recipient, sealed_mail()).outcome is DeliveryOutcome.DELIVERED
        assert world.deliver(f"zz@{GATEWAY_DOMAIN}", sealed_mail()).enhanced == "5.1.1"
        with world.imap(reader) as client:
            assert client.select_folder(f"Party/{party}")[b"EXISTS"] == 1
        with world.imap(nobody) as client:
            assert {name for _, _, name in client.list_folders()} == {"INBOX", "Sent"}

        postgresql.stop()
        away = world.deliver(reader, sealed_mail()).outcome
        postgresql.start()
        # Dovecot's first queries now go out without the values it could not escape: never a final answer.
        back = [attempt(settings, reader)]
        deadline = time.monotonic() + 30
        while back[-1] is not DeliveryOutcome.DELIVERED and time.monotonic() < deadline:
            back.append(attempt(settings, reader))
        assert away is DeliveryOutcome.TEMPORARY
        assert back[-1] is DeliveryOutcome.DELIVERED
        assert DeliveryOutcome.PERMANENT not in back

        with world.engine.begin() as connection:
            set_officer_active(connection, reader, active=False)
        with pytest.raises(LoginError), world.imap(reader):
            pass
    finally:
        dovecot.stop()


def test_a_query_that_lost_its_values_is_a_fault_and_not_an_unknown_officer(
    fresh_settings: MailboxSettings, postgresql: Postgresql
) -> None:
    engine = open_database(postgresql.url)
    metadata.create_all(engine)
    queries = account_queries(dataclasses.replace(fresh_settings, database_url=postgresql.url))
    for query in (queries.password, queries.officer, queries.party):
        asked = query.replace("%%", "%").replace("%Lu", "nobody@x.example").replace("%{sha256:user}", "0" * 64)
        lost = query.replace("%%", "%").replace("%Lu", "").replace("%{sha256:user}", "")
        with engine.connect() as connection:
            assert connection.exec_driver_sql(asked.replace("%", "%%")).all() == []
            with pytest.raises(DataError, match="division by zero"):
                connection.exec_driver_sql(lost.replace("%", "%%"))
    engine.dispose()
