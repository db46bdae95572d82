"""Started by root: all the other tests of this folder, as the unprivileged account."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.timeout(600)
def test_what_is_accepted_is_never_lost() -> None:
    run_as_account("not slow")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_what_is_accepted_is_never_lost_at_length() -> None:
    run_as_account("slow")


def run_as_account(marks: str) -> None:
    with tempfile.TemporaryDirectory(prefix="gsph-", dir="/tmp") as home:
        os.chmod(home, 0o1777)  # noqa: PTH101, S103 - the account's home
        done = subprocess.run(
            [
                *("setpriv", "--reuid", "gsp", "--regid", "gsp", "--clear-groups", "--"),
                *("env", f"HOME={home}", "USER=gsp", "LOGNAME=gsp", "PYTHONDONTWRITEBYTECODE=1", "RUST_BACKTRACE=0"),
                *(sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", marks),
                str(HERE),
            ],
            cwd=HERE.parent.parent,
            capture_output=True,
            check=False,
            text=True,
        )
    print(done.stdout[-5_000:])
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
