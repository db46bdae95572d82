"""Started by root: the other test of this folder, as the unprivileged account."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.timeout(600)
def test_the_exchange_as_an_unprivileged_account() -> None:
    with tempfile.TemporaryDirectory(prefix="gsph-", dir="/tmp") as home:
        os.chmod(home, 0o1777)  # noqa: PTH101, S103 - the account's home
        done = subprocess.run(
            [
                *("setpriv", "--reuid", "gsp", "--regid", "gsp", "--clear-groups", "--"),
                *("env", f"HOME={home}", "USER=gsp", "LOGNAME=gsp", "PYTHONDONTWRITEBYTECODE=1", "RUST_BACKTRACE=0"),
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE)),
            ],
            cwd=HERE.parent.parent,
            capture_output=True,
            check=False,
            text=True,
        )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
