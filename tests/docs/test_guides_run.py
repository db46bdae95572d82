"""The guides are one story, and it runs: operator, administrator, officer, command after command."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .pages import ROOT, Block, Command, blocks, commands

STORY = ("operator.md", "administrator.md", "officer.md")
_SECONDS = 60


class Shell:
    """Runs commands one by one, in one folder; what a command exports holds for those after it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        home = folder / "home"
        home.mkdir(mode=0o700)
        self._environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "200",
        }

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run one command with bash; a failure in a pipe is a failure."""
        kept = self._folder / "environment"
        script = f'set -o pipefail\n{command}\nstatus=$?\nenv -0 > "{kept}"\nexit $status\n'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        pairs = (line.partition("=") for line in kept.read_text(encoding="utf-8").split("\0") if line)
        self._environment = {name: value for name, _, value in pairs}
        return done

    def keep(self, block: Block) -> None:
        """A block with a file name is a file the reader has to write."""
        (self._folder / block.title).write_text(block.text, encoding="utf-8")

    def stop_agents(self) -> None:
        """No GnuPG agent outlives the test."""
        for home in {path.parent for path in self._folder.rglob("private-keys-v1.d")}:
            subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)


@pytest.fixture
def shell() -> Iterator[Shell]:
    # A short path: GnuPG and Dovecot put sockets below it.
    folder = Path(tempfile.mkdtemp(prefix="gspd-", dir="/tmp"))
    made = Shell(folder)
    yield made
    made.stop_agents()
    shutil.rmtree(folder)


def expected(output: str) -> re.Pattern[str]:
    """The output a guide shows, as a pattern: three dots stand for anything."""
    return re.compile(re.escape(output.strip()).replace(re.escape("..."), ".*"), re.DOTALL)


def check(command: Command, done: subprocess.CompletedProcess[str], page: str) -> None:
    said = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
    assert done.returncode == 0, f"{page}: $ {command.text}\n{said}"
    if command.output.strip():
        assert expected(command.output).fullmatch(said), f"{page}: $ {command.text}\n{said}"


@pytest.mark.timeout(600)  # some hundred commands, each a process
def test_every_command_of_the_guides_works_and_says_what_the_guide_shows(shell: Shell) -> None:
    ran = 0
    for page in STORY:
        for block in blocks(ROOT / "docs" / page):
            if block.title:
                shell.keep(block)
            if block.language != "console":
                continue
            for command in commands(block):
                check(command, shell.run(command.text), page)
                ran += 1
    assert ran > 30


def test_a_command_that_fails_or_says_something_else_would_be_noticed(shell: Shell) -> None:
    with pytest.raises(AssertionError):
        check(Command("gsp no-such-command", ""), shell.run("gsp no-such-command"), "")
    with pytest.raises(AssertionError):
        check(Command("echo one", "two\n"), shell.run("echo one"), "")
    check(Command("echo one two", "one ...\n"), shell.run("echo one two"), "")


def test_what_is_exported_holds_for_the_next_command(shell: Shell) -> None:
    shell.run("export GSP_CONFIG=here")
    assert shell.run("echo $GSP_CONFIG").stdout == "here\n"


def test_no_console_block_stands_on_a_page_that_is_not_run() -> None:
    for page in (*(ROOT / "docs").glob("*.md"), ROOT / "README.md"):
        if page.name not in STORY:
            assert not [block for block in blocks(page) if block.language == "console"], page.name


def test_the_tests_run_the_program_of_this_project() -> None:
    program = shutil.which("gsp", path=str(Path(sys.executable).parent))
    assert program is not None
    assert os.access(program, os.X_OK)
