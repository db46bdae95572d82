"""The benchmarks run, with numbers too small to say anything about speed, and leave nothing running."""

import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.gate import bench_gate
from bench.machine import MachineFacts
from bench.measurement import MailFigure, MailFigures, dump_figures, load_figures, percentiles
from bench.report import report, write_into
from bench.smtp_session import stuff

ROOT = Path(__file__).parents[2]
MACHINE = MachineFacts("today", "a processor", 2, 4.0, "a system", "ext4", 800, 4000, 0.5, ("this 1", "that 2"), "abc")


def run(system: str, visible: float) -> MailFigure:
    return MailFigure(system, 10, 100, 8159, 200.0, visible, None, None, None)


def test_the_gate_alone_is_measured_with_mails_of_the_sizes_named() -> None:
    figures = bench_gate(seconds=0.01)
    assert [figure.name for figure in figures] == ["3 kB", "100 kB", "1.4 MB"]
    for figure, octets in zip(figures, (3_000, 100_000, 1_400_000), strict=True):
        assert abs(figure.octets - octets) < octets * 0.1
        assert figure.mails_per_second > 0
        assert figure.p50_ms <= figure.p99_ms


def test_figures_survive_the_way_between_processes() -> None:
    figures = MailFigures((run("gateway", 50.0),), 2784, 8661, "skipped: needs root")
    assert load_figures(dump_figures(figures)) == figures


def test_percentiles_are_milliseconds_of_real_samples() -> None:
    assert percentiles([number / 1000 for number in range(1, 101)]) == (50.5, 100.0)
    assert percentiles([0.002]) == (2.0, 2.0)


def test_dots_are_made_transparent_and_the_mail_is_ended() -> None:
    assert stuff(b".a\r\n..b\r\nc.\r\n") == b"..a\r\n...b\r\nc.\r\n.\r\n"  # RFC 5321 §4.5.2


def test_the_report_gives_the_ratio_to_postfix_and_says_why_there_is_none() -> None:
    both = report(MACHINE, [], MailFigures((run("gateway", 50.0), run("Postfix", 200.0)), 1, 1, ""))
    assert re.search(r"Postfix \| 200 \| 200 \|.*\| 0\.25 \|", both)
    assert "TLS 1.3" in both
    alone = report(MACHINE, [], MailFigures((run("gateway", 50.0),), 1, 1, "skipped: needs root"))
    assert "Postfix: skipped: needs root." in alone


def test_writing_figures_keeps_the_words_around_them(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    write_into(file, "first")
    file.write_text(file.read_text(encoding="utf-8") + "\nWhat limits the rest.\n", encoding="utf-8")
    write_into(file, "second")
    text = file.read_text(encoding="utf-8")
    assert "second" in text
    assert "first" not in text
    assert text.endswith("What limits the rest.\n")


@pytest.mark.timeout(110)
def test_sealed_mails_are_measured_from_submission_to_mailbox() -> None:
    if shutil.which("dovecot", path="/usr/sbin:/usr/bin:/sbin") is None:
        pytest.fail("Dovecot is missing: apt-get install dovecot-imapd dovecot-lmtpd dovecot-sqlite")
    folder = Path(f"/var/tmp/gspt{os.getpid()}")  # a short path: GnuPG and Dovecot put sockets into it
    folder.mkdir(mode=0o700)
    try:
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            shutil.chown(folder, "gsp" if "gsp" in names else "nobody")
        command = [sys.executable, "-m", "bench.sealed", str(folder), "--run", "1:3", "--run", "6:12"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        assert not processes_below(folder)
    finally:
        shutil.rmtree(folder)
    figures = load_figures(done.stdout)
    assert [(figure.sessions, figure.mails) for figure in figures.runs] == [(1, 3), (6, 12)]
    for figure in figures.runs:
        assert figure.octets > 8_000
        assert figure.accepted_per_second > 0
        assert figure.visible_per_second > 0
        assert figure.p50_ms is not None
    assert figures.delivered_octets > 5_000


def processes_below(folder: Path) -> list[str]:
    """Command lines that name the folder."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        if str(folder) in line:
            lines.append(line)
    return lines
