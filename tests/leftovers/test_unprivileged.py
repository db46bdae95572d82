"""Started by root: the tests of this folder that run a gateway, as the unprivileged account."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.timeout(400)
def test_nothing_is_left_behind_as_an_unprivileged_account() -> None:
    with tempfile.TemporaryDirectory(prefix="gsph-", dir="/tmp") as home:
        os.chmod(home, 0o1777)  # noqa: PTH101, S103 - the account's home
        done = subprocess.run(
            [
                *("setpriv", "--reuid", "gsp", "--regid", "gsp", "--clear-groups", "--"),
                *("env", f"HOME={home}", "USER=gsp", "LOGNAME=gsp", "PYTHONDONTWRITEBYTECODE=1", "RUST_BACKTRACE=0"),
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *(str(HERE / name) for name in ("test_canaries.py", "test_controls.py")),
            ],
            cwd=HERE.parent.parent,
            capture_output=True,
            check=False,
            text=True,
        )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
