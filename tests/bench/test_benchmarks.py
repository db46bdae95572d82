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
from bench.measurement import (
    Costs,
    GateFigure,
    MailFigure,
    MailFigures,
    MemoryFigure,
    UploadFigure,
    dump_figures,
    load_figures,
    percentiles,
)
from bench.processes import milliseconds_a_mail, usage_of
from bench.report import Printed, report
from bench.sealed_runs import GATEWAY, POSTFIX_SAME_CLIENT
from bench.smtp_session import stuff

ROOT = Path(__file__).parents[2]
PIPES: dict[str, int] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
MACHINE = MachineFacts("today", "a processor", 2, 4.0, "a system", "ext4", 800, 4000, 0.5, ("this 1", "that 2"), "abc")


def run(system: str, visible: float, milliseconds: float = 10.0) -> MailFigure:
    costs = Costs({"edge": milliseconds, "client": 1.0}, seconds=2.0, busy=0.75, others=0.125)
    return MailFigure(system, 10, 100, 8159, 200.0, visible, None, None, None, costs)


def figures(*runs: MailFigure, why_no_postfix: str = "") -> MailFigures:
    memory = tuple(MemoryFigure(mails, {"edge": 70.0 + mails / 1000}) for mails in (1000, 2000, 10_000))
    uploads = (
        UploadFigure(GATEWAY, 10, 300, 4, 20.0, 80.0),
        UploadFigure(POSTFIX_SAME_CLIENT, 10, 300, 9, 5.0, 40.0),
    )
    return MailFigures(runs, (run(GATEWAY, 5.0),), uploads, memory, 2784, 8661, why_no_postfix)


def test_the_gate_alone_is_measured_with_mails_of_the_sizes_named() -> None:
    judged = bench_gate(seconds=0.01)
    assert [figure.name for figure in judged] == ["3 kB", "100 kB", "1.4 MB"]
    for figure, octets in zip(judged, (3_000, 100_000, 1_400_000), strict=True):
        assert abs(figure.octets - octets) < octets * 0.1
        assert figure.mails_per_second > 0
        assert figure.p50_ms <= figure.p99_ms


def test_figures_survive_the_way_between_processes() -> None:
    measured = figures(run(GATEWAY, 50.0), why_no_postfix="skipped: needs root")
    assert load_figures(dump_figures(measured)) == measured


def test_percentiles_are_milliseconds_of_real_samples() -> None:
    assert percentiles([number / 1000 for number in range(1, 101)]) == (50.5, 100.0)
    assert percentiles([0.002]) == (2.0, 2.0)


def test_dots_are_made_transparent_and_the_mail_is_ended() -> None:
    assert stuff(b".a\r\n..b\r\nc.\r\n") == b"..a\r\n...b\r\nc.\r\n.\r\n"  # RFC 5321 §4.5.2


def test_the_report_gives_the_ratio_to_postfix_and_says_why_there_is_none() -> None:
    both = report(MACHINE, [], figures(run(GATEWAY, 50.0), run(POSTFIX_SAME_CLIENT, 200.0)))
    assert re.search(r"Postfix, the gateway's client \| 200 \| 200 \|.*\| 0\.25 \|", both)
    assert "TLS 1.3" in both
    alone = report(MACHINE, [], figures(run(GATEWAY, 50.0), why_no_postfix="skipped: needs root"))
    assert "Postfix: skipped: needs root." in alone


def aims_of(text: str) -> dict[str, list[str]]:
    """By what they are about: aim, measured, met, reason."""
    table = text.partition("## Aims\n\n")[2].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {row[0]: row[1:] for row in rows}


def test_what_misses_its_aim_has_a_computed_reason_beside_it() -> None:
    gate = [GateFigure("3 kB", 3000, 10, 999.0, 0.5, 1.0), GateFigure("1.4 MB", 1_400_000, 10, 51.0, 19.0, 20.0)]
    measured = figures(run(GATEWAY, 50.0), run(POSTFIX_SAME_CLIENT, 200.0, milliseconds=4.5))
    aims = aims_of(report(MACHINE, gate, measured))
    assert aims["gate, 3 kB"][1:] == ["999/s", "no", "the verdict takes 0.50 ms in the median, 1.00 ms in the mean"]
    assert aims["gate, 1.4 MB"][1:] == ["51/s", "yes", ""]
    (ratio,) = [row for what, row in aims.items() if what.startswith("end to end")]
    assert ratio[:3] == ["≥ 1.0 ×", "0.25 ×", "no"]
    assert "11.0 ms of processor (edge 10.0, the client 1.0), so 2 cores do at most 182/s" in ratio[3]
    assert "busy with it for 75%, with other things for 12%" in ratio[3]
    assert "the ratio would be 0.50" in ratio[3]
    assert aims["p99 of small mails during 20 MB uploads, by Postfix's"][:3] == ["≤ 3 ×", "2.0 ×", "yes"]
    assert aims["memory from 2,000 to 10,000 mails"][1:] == ["at most +11% (edge)", "no", "edge: 72 MiB, then 80 MiB"]


def test_what_other_benchmarks_print_stands_in_the_report() -> None:
    text = report(MACHINE, [], None, [Printed("Forms", "python -m bench.forms", "query 1 s\n")])
    assert "## Forms\n\n`python -m bench.forms`:\n\n```text\nquery 1 s\n```\n" in text


def test_processor_time_is_that_of_the_program_and_its_children() -> None:
    before = usage_of(os.getpid())
    burn = "sum(range(6_000_000))"
    subprocess.run([sys.executable, "-c", burn], check=True)
    child = subprocess.Popen([sys.executable, "-c", f"{burn}; print(flush=True); input()"], **PIPES)
    assert child.stdout is not None
    child.stdout.readline()
    spent = milliseconds_a_mail(before, usage_of(os.getpid()), 1)["supervisor"]
    child.communicate(b"\n")
    alone = milliseconds_a_mail(before, usage_of(os.getpid()), 1)["supervisor"]
    assert 60 < spent <= alone + 20
    assert usage_of(os.getpid())["supervisor"].mib > 10


@pytest.mark.timeout(170)
def test_sealed_mails_are_measured_from_submission_to_mailbox() -> None:
    if shutil.which("dovecot", path="/usr/sbin:/usr/bin:/sbin") is None:
        pytest.fail("Dovecot is missing: apt-get install dovecot-imapd dovecot-lmtpd dovecot-sqlite")
    folder = Path(f"/var/tmp/gspt{os.getpid()}")  # a short path: GnuPG and Dovecot put sockets into it
    folder.mkdir(mode=0o700)
    try:
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            shutil.chown(folder, "gsp" if "gsp" in names else "nobody")
        command = [sys.executable, "-m", "bench.sealed", str(folder), "--run", "1:3", "--run", "6:12:5000"]
        command += ["--reconnect", "2:2", "--uploads", "2:4", "--memory", "10"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=160, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        assert not processes_below(folder)
    finally:
        shutil.rmtree(folder)
    measured = load_figures(done.stdout)
    assert measured.failed == ()
    assert [(figure.sessions, figure.mails) for figure in measured.runs] == [(1, 3), (6, 12)]
    for figure in (*measured.runs, *measured.reconnects):
        assert figure.octets > 8_000
        assert figure.accepted_per_second > 0
        assert figure.visible_per_second > 0
        assert figure.p50_ms is not None
        assert figure.costs.milliseconds["edge"] > 0
        assert 0 < figure.costs.busy <= 1.1
    assert measured.runs[1].octets > measured.runs[0].octets + 5_000
    assert [each.mails for each in measured.uploads] == [4]
    assert [each.mails for each in measured.memory] == list(range(1, 11))
    assert measured.memory[0].mib["edge"] > 20
    assert measured.delivered_octets > 5_000


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
