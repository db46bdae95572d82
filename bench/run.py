"""Runs all benchmarks and prints their tables; `--write` makes docs/benchmarks.md of them.

    python -m bench [--write] [--quick] [--only gate|sealed|forms|certificates|recognition]

Everything is on loopback, bounded and stopped in the end; all of it takes about ten minutes. Root is needed for the
comparison with Postfix only; all else runs as the account `gsp` (or `nobody`) then. The scratch folder needs a real
disk: /var/tmp, or --scratch.
"""

import argparse
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.gate import bench_gate
from bench.machine import look_at_machine
from bench.measurement import MailFigures, load_figures
from bench.postfix import postfix_missing, running_postfix
from bench.report import Printed, report

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
PARTS = ("gate", "sealed", "forms", "certificates", "recognition")
_ACCOUNTS = ("gsp", "nobody")  # what root becomes
_LONGEST_SECONDS = 1800
_INSTALL_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. memory: mails for its row. sealed and after it: options of those benchmarks."""

    gate_seconds: float
    sealed: tuple[str, ...]
    memory: int
    forms: tuple[str, ...]
    certificates: tuple[str, ...]
    recognition: tuple[str, ...]


FULL = Scale(
    gate_seconds=3.0,
    sealed=(
        *("--run", "1:200", "--run", "10:800", "--run", "50:800", "--run", "10:200:70000", "--run", "10:60:1000000"),
        *("--reconnect", "1:30", "--reconnect", "10:100", "--uploads", "10:400"),
    ),
    memory=10_000,
    forms=("--uids", "10000", "--rounds", "1"),
    certificates=("--officers", "10000"),
    recognition=("--patterns", "100", "100000", "--uids", "5000", "--file", "1000000", "--sets", "8", "256"),
)
QUICK = Scale(
    gate_seconds=0.05,
    sealed=(
        *("--run", "1:3", "--run", "6:12", "--run", "2:2:70000", "--reconnect", "1:2"),
        *("--uploads", "2:4"),
    ),
    memory=20,
    forms=("--uids", "100", "--rounds", "1"),
    certificates=("--officers", "20"),
    recognition=("--patterns", "100", "--uids", "200", "--file", "1000", "--sets", "8"),
)


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description="All benchmarks; figures with the facts of the machine beside them.")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="write it there instead")
    parser.add_argument("--quick", action="store_true", help="numbers too small to say anything: does it run?")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--memory", type=int, default=0, metavar="MAILS", help="how many for the memory row")
    parser.add_argument("--commit", default="", help="what is measured, where git cannot tell")
    parser.add_argument("--scratch", type=Path, default=Path("/var/tmp"), help="a short path on a real disk")  # noqa: S108 - mkdtemp makes the folder in it
    arguments = parser.parse_args()
    scale, parts = QUICK if arguments.quick else FULL, arguments.only or PARTS
    with scratch_folder(arguments.scratch) as folder:
        tell("looking at the machine")
        machine = look_at_machine(folder)
        if arguments.commit:
            machine = replace(machine, commit=arguments.commit)
        gate, mail, printed = [], None, []

        def write() -> str:
            """After each part, so that what was measured is there even if a later part fails."""
            text = report(machine, gate, mail, printed)
            if arguments.write:
                arguments.document.write_text(text, encoding="utf-8")
            return text

        if "gate" in parts:
            tell("gate alone")
            gate = bench_gate(scale.gate_seconds)
        if "sealed" in parts:
            tell("sealed, end to end")
            mail = run_sealed(folder, (*scale.sealed, "--memory", str(arguments.memory or scale.memory)))
        write()
        if "forms" in parts:
            tell("forms with very many UIDs")
            printed.append(_printed("Forms with very many UIDs", "bench.forms", scale.forms))
        write()
        if "certificates" in parts:
            tell("thousands of officers move in")
            printed.append(_printed("Thousands of officers move in", "bench.certificates", scale.certificates))
        write()
        if "recognition" in parts:
            tell("recognition of UIDs")
            environment = _with_hyperscan(folder)
            printed.append(_printed("Recognition of UIDs", "bench.uid_recognition", scale.recognition, environment))
        sys.stdout.write(write())
    if arguments.write:
        tell(f"written: {arguments.document}")


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


def run_sealed(folder: Path, options: Sequence[str]) -> MailFigures:
    """The end-to-end benchmark in a process of its own, unprivileged; beside it Postfix, if that is possible."""
    root = os.geteuid() == 0
    world = folder / "w"
    world.mkdir(mode=0o700)
    missing = postfix_missing(root=root)
    command = [sys.executable, "-m", "bench.sealed", str(world), *options]
    with ExitStack() as stack:
        if root:
            account = unprivileged_account()
            shutil.chown(world, account)
            if not missing:
                lmtp = world / "gw" / "run" / "dovecot" / "lmtp"
                port, pid = stack.enter_context(running_postfix(folder / "p", account=account, lmtp=lmtp))
                command += ["--postfix", f"{port}:{pid}"]
        environment = {**os.environ, "RUST_BACKTRACE": "0"}
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=environment, timeout=_LONGEST_SECONDS
        )
    return replace(load_figures(done.stdout), why_no_postfix=missing)


def unprivileged_account() -> str:
    """The first of the accounts that exists here."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _ACCOUNTS if name in names)


def _with_hyperscan(folder: Path) -> dict[str, str]:
    """An environment in which Hyperscan can be imported, if it can be had: only this comparison needs it."""
    target = folder / "hyperscan"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--target",
        str(target),
    ]
    try:
        subprocess.run([*install, "hyperscan"], check=False, capture_output=True, timeout=_INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        tell("Hyperscan cannot be installed in time")
    return {"PYTHONPATH": str(target)}


def _printed(title: str, module: str, options: Sequence[str], environment: Mapping[str, str] | None = None) -> Printed:
    command = [sys.executable, "-m", module, *options]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        timeout=_LONGEST_SECONDS,
    )
    return Printed(title, f"python -m {module} {' '.join(options)}", done.stdout)


if __name__ == "__main__":
    main()
