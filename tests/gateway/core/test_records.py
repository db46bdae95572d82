"""What is remembered and told: envelope log, statistics, journal; and the library in force."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from gateway.envelope_log import EnvelopeEntry, EnvelopeOutcome, append_entry, size_class
from gateway.journal import Event, note
from gateway.library_in_force import LibraryInForce
from gateway.schema import envelope_log
from gateway.statistics import Period, StatisticsRow, gather
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.parties import Party, admit_party
from pattern_rules import core_library_octets

DAY = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    metadata.create_all(engine)
    with write_transaction(engine) as connection:
        for code in ("KE", "EU", "PK"):
            admit_party(connection, Party(code, code, date(2020, 1, 1), None, True))
        yield connection
    engine.dispose()


def log(connection: Connection, at: datetime, message_class: str, way: str, **more: Any) -> int:
    sender, _, receiver = way.partition(">")
    values: dict[str, Any] = {"outcome": EnvelopeOutcome.ACCEPTED, "test": False, "exchange": "X", **more}
    entry = EnvelopeEntry(
        at=at, message_class=message_class, sending_party=sender, receiving_party=receiver or None, **values
    )
    return append_entry(connection, entry)


def row_of(rows: tuple[StatisticsRow, ...], period: str, party: str) -> StatisticsRow:
    return next(row for row in rows if (row.period, row.party) == (period, party))


@pytest.mark.parametrize(
    ("octets", "expected"),
    [(1, 1024), (1024, 1024), (1025, 2048), (4096, 4096), (4097, 8192), (25 * 1024 * 1024, 32 * 1024 * 1024)],
)
def test_size_classes_are_powers_of_two(octets: int, expected: int) -> None:
    assert size_class(octets) == expected


def test_the_envelope_log_has_no_column_for_content(connection: Connection) -> None:
    first = log(connection, DAY, "query", "KE>EU")
    assert log(connection, DAY, "query", "KE>EU") == first + 1
    (row, _) = connection.execute(select(envelope_log)).mappings()
    assert set(row) == {
        *("sequence", "at", "outcome", "message_class", "exchange", "sending_party", "receiving_party"),
        *("form_pack", "form_version", "size_class", "mode", "uid_count", "rule", "test"),
    }
    assert row["at"] == DAY


def test_figures_by_party_and_month(connection: Connection) -> None:
    log(connection, DAY, "query", "KE>EU", exchange="A", uid_count=3)
    log(connection, DAY + timedelta(hours=1), "query", "KE>EU", exchange="B")
    log(connection, DAY + timedelta(hours=4), "reply", "EU>KE", exchange="A")
    log(connection, DAY + timedelta(hours=5), "reply", "EU>KE", exchange="A")
    log(connection, DAY + timedelta(hours=3), "reply", "EU>KE", exchange="B")
    log(connection, DAY, "", "KE", outcome=EnvelopeOutcome.REFUSED, rule="slip-is-fresh", exchange=None)
    log(connection, DAY, "query", "KE>EU", outcome=EnvelopeOutcome.DELIVERED)
    log(connection, DAY, "query", "KE>EU", test=True)
    found = gather(connection, period=Period.MONTH, since=None, until=None, test=False)
    assert (found.parties_registered, found.parties_active) == (3, 2)
    march = row_of(found.rows, "2026-03", "KE")
    assert (march.queries_sent, march.queries_received, march.uids_declared) == (2, 0, 3)
    assert march.refused == {"slip-is-fresh": 1}
    asked = row_of(found.rows, "2026-03", "EU")
    assert (asked.queries_received, asked.first_reply_hours, asked.refused) == (2, 3.0, {})
    april = row_of(found.rows, "2026-04", "")
    assert (april.replies_sent, april.replies_received, april.queries_sent) == (3, 3, 0)


def test_figures_of_a_time_and_of_a_pilot(connection: Connection) -> None:
    log(connection, DAY, "query", "KE>EU")
    log(connection, DAY, "query", "PK>EU", test=True)
    inside = gather(connection, period=Period.ALL, since=DAY, until=DAY + timedelta(seconds=1), test=False)
    assert row_of(inside.rows, "all", "").queries_sent == 1
    before = gather(connection, period=Period.ALL, since=None, until=DAY, test=False)
    assert (before.rows, before.parties_active) == ((), 0)
    pilot = gather(connection, period=Period.DAY, since=None, until=None, test=True)
    assert {row.party for row in pilot.rows} == {"", "PK", "EU"}


def test_a_line_of_the_journal_is_json_with_allowed_fields_only(capsys: pytest.CaptureFixture[str]) -> None:
    canary = "CANARY alice@customs.ke.test"
    note("edge", Event.REFUSED, queue_id="0123", rule="slip-is-fresh", code="5.7.1", count=2, error=ValueError)
    note("edge", Event.FAILED, error=type(ValueError(canary)))
    written = capsys.readouterr()
    lines = [json.loads(line) for line in written.err.splitlines()]
    assert written.out == ""
    assert set(lines[0]) == {"time", "program", "event", "queue_id", "rule", "code", "count", "error"}
    assert lines[1]["error"] == "ValueError"
    assert "CANARY" not in written.err


class TestLibraryInForce:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / "library.toml"
        file.write_bytes(self.version(2))
        return file

    def version(self, number: int) -> bytes:
        octets = core_library_octets().replace(b"number = 1\n", f"number = {number}\n".encode(), 1)
        return octets.replace(b'predecessor = ""', b'predecessor = "' + b"a" * 64 + b'"', 1)

    def replace(self, file: Path, octets: bytes) -> None:
        """As a publisher does: written beside, then moved."""
        fresh = file.with_suffix(".new")
        fresh.write_bytes(octets)
        status = file.stat()
        os.utime(fresh, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))
        fresh.replace(file)

    def test_a_newer_version_comes_into_force_by_itself(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        library = LibraryInForce(file, "test")
        assert library.facts("eu-qcall-l").version == 2
        self.replace(file, self.version(3))
        assert library.facts("eu-qcall-l").version == 3
        assert '"event": "library-loaded"' in capsys.readouterr().err

    def test_an_older_or_broken_one_does_not(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        library = LibraryInForce(file, "test")
        for octets in (core_library_octets(), b"", b"format = 1\n", b"\xff", self.version(3) + b"\n[[pattern]]\n"):
            self.replace(file, octets)
            assert library.facts("eu-qcall-l").version == 2
            assert '"event": "library-refused"' in capsys.readouterr().err
        self.replace(file, self.version(3))
        assert library.facts("eu-qcall-l").version == 3

    def test_only_patterns_of_parties_route(self, file: Path) -> None:
        library = LibraryInForce(file, "test")
        assert library.facts("eu-qcall-l").pattern_parties == {"EU"}
        assert library.facts("no-such-pattern").pattern_parties == frozenset()
        assert library.facts(None).pattern_parties == frozenset()
        states = [pattern.id for pattern in library.library.patterns if not pattern.member]
        assert states
        assert all(library.facts(pattern).pattern_parties == frozenset() for pattern in states)

    def test_the_last_day_is_still_in_force(self, file: Path) -> None:
        expires = LibraryInForce(file, "test").facts(None).expires
        assert (expires.hour, expires.minute, expires.tzinfo) == (23, 59, UTC)


@pytest.mark.parametrize("sink", ["full", "closed"])
def test_a_journal_that_cannot_be_written_stops_nothing(sink: str) -> None:
    """REL-27: the disk of the log is full, or its reader has gone; and what is lost is not kept in memory instead."""
    script = (
        "import resource, sys\n"
        "from gateway.journal import Event, note\n"
        "note('edge', Event.STARTED)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for number in range(100_000):\n"
        "    note('edge', Event.ACCEPTED, queue_id='0123456789ABCDEF')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    reader, writer = os.pipe()
    os.close(reader)
    with Path("/dev/full").open("wb") as full, os.fdopen(writer, "wb", buffering=0) as closed:
        command = [sys.executable, "-c", script]
        to = {"full": full, "closed": closed}[sink]
        done = subprocess.run(command, stderr=to, stdout=subprocess.PIPE, check=False)
    assert int(done.stdout) < 4096  # KiB


@pytest.mark.parametrize(
    "value", ["a\r\nb", "\x1b[2J", "\a", "\u2028\u2029\u0085", "\u202e\u2066", "\ud800", "\0", "x" * 1_000_000]
)
def test_whatever_a_value_holds_it_is_one_short_line_of_ascii(capsys: pytest.CaptureFixture[str], value: str) -> None:
    """PRIV-09 (CWE-117)."""
    note("edge", Event.REFUSED, queue_id=value, rule=value, code=value)
    said = capsys.readouterr().err
    assert said.endswith("\n")
    line = said.removesuffix("\n")
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 5000
    assert json.loads(line)["rule"] == value[:256]
