"""A full disk: the tests of small_disk.py, run on a disk of their own that is soon full."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

_SIZE = "96m"
_INSIDE = Path(__file__).with_name("small_disk.py")


@pytest.mark.timeout(300)
def test_a_full_disk_loses_nothing() -> None:
    allowed = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        capture_output=True,
        check=False,
    )
    if allowed.returncode != 0:
        pytest.skip("test_a_full_disk_loses_nothing: this machine gives unprivileged accounts no mount namespace")
    with tempfile.TemporaryDirectory(prefix="gspd-", dir="/tmp") as disk:
        mine = f"unshare --user --map-user={os.geteuid()} --map-group={os.getegid()}"
        script = f'mount -t tmpfs -o size={_SIZE},mode=700 tmpfs {disk} && exec {mine} -- "$@"'
        command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", str(_INSIDE)]
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", *command],
            cwd=_INSIDE.parent.parent.parent,
            env={**os.environ, "GSP_SMALL_DISK": disk, "TMPDIR": disk},
            capture_output=True,
            check=False,
            text=True,
        )
    print(done.stdout[-1000:])
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
