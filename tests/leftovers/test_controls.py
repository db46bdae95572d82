"""The search finds what is there: in each disguise and in each place; and other things that may not stay."""

import base64
import gzip
import json
import os
import quopri
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from gateway.journal import Event

from .search import (
    deleted_files,
    new_common_files,
    processes,
    search_all,
    search_files,
    search_folders,
    search_processes,
)
from .world import LeftoverWorld

pytestmark = pytest.mark.timeout(120)
SECRET = b"canary=41f6b1d09c2a55e7"
DISGUISES: dict[str, Callable[[bytes], bytes]] = {
    "raw": lambda secret: secret,
    "base64": base64.b64encode,
    "base64, one octet on": lambda secret: base64.b64encode(b"x" + secret + b"y"),
    "base64, two octets on": lambda secret: base64.b64encode(b"xx" + secret + b"yy"),
    "base64 in lines": lambda secret: base64.encodebytes(b"-" * 50 + secret + b"-" * 50),
    "hexadecimal": lambda secret: secret.hex().encode(),
    "upper-case hexadecimal": lambda secret: secret.hex().upper().encode(),
    "UTF-16, little end first": lambda secret: secret.decode().encode("utf-16-le"),
    "UTF-16, big end first": lambda secret: secret.decode().encode("utf-16-be"),
    "quoted-printable": quopri.encodestring,
    "quoted-printable in lines": lambda secret: quopri.encodestring(b"-" * 65 + secret),
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "zlib behind something": lambda secret: os.urandom(500) + zlib.compress(b"-" * 300 + secret, 9) + b"-" * 300,
    "base64 inside gzip": lambda secret: gzip.compress(base64.b64encode(b"x" + secret)),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_each_disguise_is_seen_through(disguise: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"before " + DISGUISES[disguise](SECRET) + b" after")
    assert search_folders([tmp_path], [SECRET])
    file.write_bytes(b"before " + DISGUISES[disguise](SECRET[::-1]) + b" after")
    assert search_folders([tmp_path], [SECRET]) == []


class TestPlaces:
    """A canary planted in each place that is searched."""

    def test_a_file_of_the_deployment_or_of_the_temporary_folder(self, world: LeftoverWorld) -> None:
        for folder in (world.folder / "gw" / "mail", world.folder / "gw" / "run", world.folder / "tmp"):
            planted = folder / "planted"
            planted.write_bytes(world.secrets[0])
            try:
                assert f"{planted}: raw" in search_all(world, time.time() + 60)
            finally:
                planted.unlink()

    def test_the_log_of_the_programs(self, world: LeftoverWorld) -> None:
        before = world.log.stat().st_size
        with world.log.open("ab") as log:
            log.write(world.secrets[0])
        try:
            assert f"{world.log}: raw" in search_all(world, time.time() + 60)
        finally:
            os.truncate(world.log, before)

    def test_a_common_folder(self) -> None:
        started = time.time() - 1
        for folder in ("/tmp", "/var/tmp"):
            with tempfile.NamedTemporaryFile(prefix="planted", dir=folder) as planted:
                planted.write(SECRET)
                planted.flush()
                assert search_files(new_common_files(started), [SECRET]) == [f"{planted.name}: raw"]

    def test_an_open_file_that_was_deleted(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(SECRET)
            file.flush()
            assert list(deleted_files(os.getpid()))
            assert len(search_processes([os.getpid()], [SECRET])) == 1

    def test_arguments_and_environment(self) -> None:
        command = [sys.executable, "-c", "print(flush=True); input()", SECRET.decode()]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"X": SECRET.decode()}
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            found = search_processes([process.pid], [SECRET])
            process.kill()
        assert found == [f"/proc/{process.pid}/cmdline: raw", f"/proc/{process.pid}/environ: raw"]

    def test_a_row_of_the_database_and_none_once_it_is_deleted(self, world: LeftoverWorld) -> None:
        """PRIV-07: written, found, deleted, and gone from pages and write-ahead log after a checkpoint."""
        folder = world.folder / "tmp"
        database = folder / "planted.db"
        from keyring_admin.database import open_database  # noqa: PLC0415 - the gateway's own way of opening

        engine = open_database(f"sqlite:///{database}")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE planted (word TEXT)")
            connection.exec_driver_sql("INSERT INTO planted VALUES (?)", (SECRET.decode(),))
        assert search_folders([folder], [SECRET])
        with engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM planted")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        assert search_folders([folder], [SECRET]) == []
        engine.dispose()
        for file in folder.glob("planted.db*"):
            file.unlink()


class JournalLine(BaseModel):
    """What a line of the journal may say: nothing else (PRIV-10, PRIV-12)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    time: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    program: Literal["serve", "edge", "process", "deliver"]
    event: Literal[*(event.value for event in Event)]  # type: ignore[valid-type]
    queue_id: Annotated[str | None, Field(pattern=r"^[0-9A-F]{16}$")] = None
    rule: Annotated[str | None, Field(pattern=r"^[a-z0-9-]{1,64}$")] = None
    code: Annotated[str | None, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$|^[245]\d\d$")] = None
    count: int | None = None
    error: Annotated[str | None, Field(pattern=r"^[A-Za-z]{1,64}$")] = None


def test_every_line_of_the_journal_fits_its_schema(world: LeftoverWorld) -> None:
    assert JournalLine.model_json_schema()["additionalProperties"] is False
    world.send("pk", world.direct(preamble=True)[0])
    world.send_until_accepted("pk", world.direct()[0])
    world.settle()
    lines = [JournalLine.model_validate_json(line) for line in world.log.read_bytes().splitlines() if line[:1] == b"{"]
    assert {line.event for line in lines} >= {"started", "refused", "accepted", "processed", "delivered"}
    with pytest.raises(ValueError, match="extra_forbidden"):
        JournalLine.model_validate_json(json.dumps({**lines[0].model_dump(), "peer": "127.0.0.1"}))


def test_every_level_of_logging_was_on(world: LeftoverWorld) -> None:
    """Else the search of the log would say less."""
    assert world.log.read_bytes().count(b"every level is on") >= 4
    assert len(processes(world)) >= 4


def test_ciphertext_is_gone_from_the_queue_and_its_pages(world: LeftoverWorld) -> None:
    """PRIV-14: after delivery; the write-ahead log after a checkpoint."""
    mail, octets = world.direct()
    world.send_until_accepted("pk", mail)
    world.settle()
    database = world.folder / "gw" / "gateway.db"
    with closing(sqlite3.connect(database, timeout=20)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - a name from the schema
                assert not any(isinstance(value, bytes) and octets[-80:-40] in value for value in row)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in database.parent.glob("gateway.db*"):
        assert octets[-80:-40] not in file.read_bytes()


def test_no_secret_in_arguments_or_environment(world: LeftoverWorld) -> None:
    """PRIV-25."""
    officers = [party.password.encode() for party in world.parties.values()]
    assert search_processes(processes(world), officers) == []
    looked_into = 0
    for pid in processes(world):
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except PermissionError:
            continue  # root's only: a worker
        looked_into += bool(environment)
        assert not re.search(rb"passphrase|password|secret", environment, re.IGNORECASE)
    assert looked_into >= 4  # supervisor, edge, process, deliver: see faults/sitecustomize.py
