"""Runs all benchmarks and prints their tables; `--write` puts them into docs/benchmarks.md.

    python -m bench [--write] [--only gate|sealed] [--run SESSIONS:MAILS ...] [--seconds 3]

Everything is on loopback, bounded and stopped in the end. Root is needed for the comparison with Postfix only; all
else runs as the account `gsp` (or `nobody`) then. The scratch folder needs a real disk: /var/tmp, or --scratch.
"""

import argparse
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from bench.gate import bench_gate
from bench.machine import look_at_machine
from bench.measurement import MailFigures, load_figures
from bench.postfix import postfix_missing, running_postfix
from bench.report import report, write_into
from bench.sealed import Run, parse_run

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
_RUNS = (Run(1, 300), Run(10, 1500), Run(50, 1500))
_ACCOUNTS = ("gsp", "nobody")  # what root becomes
_LONGEST_SECONDS = 1800


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description="All benchmarks; figures with the facts of the machine beside them.")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--only", choices=("gate", "sealed"))
    parser.add_argument("--run", type=parse_run, action="append", metavar="SESSIONS:MAILS", help="end-to-end runs")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each size of mail at the gate")
    parser.add_argument("--scratch", type=Path, default=Path("/var/tmp"), help="a short path on a real disk")  # noqa: S108 - mkdtemp makes the folder in it
    arguments = parser.parse_args()
    with scratch_folder(arguments.scratch) as folder:
        tell("looking at the machine")
        machine = look_at_machine(folder)
        gate = []
        if arguments.only != "sealed":
            tell("gate alone")
            gate = bench_gate(arguments.seconds)
        mail = None
        if arguments.only != "gate":
            tell("sealed, end to end")
            mail = run_sealed(folder, arguments.run or _RUNS)
    text = report(machine, gate, mail)
    sys.stdout.write(text + "\n")
    if arguments.write:
        write_into(DOCUMENT, text)
        tell(f"written: {DOCUMENT.relative_to(ROOT)}")


def tell(line: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="gspb", dir=parent))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_sealed(folder: Path, runs: Sequence[Run]) -> MailFigures:
    """The end-to-end benchmark in a process of its own, unprivileged; beside it Postfix, if that is possible."""
    root = os.geteuid() == 0
    world = folder / "w"
    world.mkdir(mode=0o700)
    missing = postfix_missing(root=root)
    command = [sys.executable, "-m", "bench.sealed", str(world)]
    for run in runs:
        command += ["--run", f"{run.sessions}:{run.mails}"]
    with ExitStack() as stack:
        if root:
            account = unprivileged_account()
            shutil.chown(world, account)
            if not missing:
                lmtp = world / "gw" / "run" / "dovecot" / "lmtp"
                port = stack.enter_context(running_postfix(folder / "p", account=account, lmtp=lmtp))
                command += ["--postfix-port", str(port)]
        environment = {**os.environ, "RUST_BACKTRACE": "0"}
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=environment, timeout=_LONGEST_SECONDS
        )
    return replace(load_figures(done.stdout), why_no_postfix=missing)


def unprivileged_account() -> str:
    """The first of the accounts that exists here."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _ACCOUNTS if name in names)


if __name__ == "__main__":
    main()
