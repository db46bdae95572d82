"""`gsp` commands, each in a process of its own that is forked, so that Python and its libraries are loaded once.

A story has a hundred commands; most of the time of each would be that of importing. As a program it serves requests:
one JSON line in, one JSON line out. What depends on who runs a command (HOME) is imported after the fork.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LOADED = ("sqlalchemy", "lxml.etree", "click", "rich.table", "gnupg", "keyring_admin.acts.proposals", "forms.form")


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command. said: standard output, then standard error."""

    code: int
    said: str


class Commands:
    """Runs commands as the account of `become`, a command line that becomes it."""

    def __init__(self, become: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [*become, sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            text=True,
        )

    def run(self, arguments: Sequence[str], home: str) -> Done:
        """`gsp` with these arguments. home: of whoever runs it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([list(arguments), home]), file=self._process.stdin, flush=True)
        return Done(*json.loads(self._process.stdout.readline()))

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def serve() -> None:
    """Fork for each request."""
    for name in LOADED:
        __import__(name)
    for line in sys.stdin:
        arguments, home = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            child = os.fork()
            if child == 0:
                _become(arguments, home, out.fileno(), errors.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said = b"".join(_all(file.fileno()) for file in (out, errors))
        print(json.dumps([code, said.decode()]), flush=True)


def _become(arguments: list[str], home: str, out: int, errors: int) -> None:
    os.environ["HOME"] = home
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (out, 1), (errors, 2)):
        os.dup2(source, target)
    sys.argv = ["gsp", *arguments]
    from gateway.cli.main import main  # noqa: PLC0415 - see above

    main(prog_name="gsp")


def _all(file: int) -> bytes:
    os.lseek(file, 0, os.SEEK_SET)
    return b"".join(iter(lambda: os.read(file, 1 << 16), b""))


if __name__ == "__main__":
    serve()
