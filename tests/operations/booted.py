"""systemd as process 1 of a clean root, in namespaces and a control group of its own, without network."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 60
_CONTROL_GROUPS = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
# $1: the root. It ends as systemd.
_MOUNTS = """
set -eu
root=$1
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
exec env -i container=clean-root PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" /lib/systemd/systemd
"""
_ENTER = ("--mount", "--pid", "--cgroup", "--uts", "--ipc", "--net", "--root", "--wd")


def control_groups() -> Path | None:
    """Where version 2 of control groups is mounted, which systemd needs."""
    return next((folder for folder in _CONTROL_GROUPS if (folder / "cgroup.procs").exists()), None)


@dataclass(frozen=True, slots=True)
class Booted:
    """A running systemd. pid: of its process 1, as seen from here."""

    pid: int

    def argv(self, *command: str) -> list[str]:
        """The command line that runs something beside it, as root."""
        environment = ["env", "-i", "PATH=/opt/gsp/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]
        return ["nsenter", "--target", str(self.pid), *_ENTER, "--", *environment, *command]

    def run(self, *command: str, check: bool = True, timeout: float = 300) -> str:
        """Run something and wait for it; what it printed."""
        done = subprocess.run(self.argv(*command), capture_output=True, text=True, check=False, timeout=timeout)
        assert not check or done.returncode == 0, f"{command}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done.stdout + done.stderr

    def state(self, unit: str) -> str:
        """active, inactive, failed."""
        return self.run("systemctl", "is-active", unit, check=False).strip()


@contextmanager
def booted(root: Path) -> Iterator[Booted]:
    """Boot systemd in a root; afterwards everything it started is gone."""
    above = control_groups()
    assert above is not None
    group = above / f"gsp-tests-{os.getpid()}"
    group.mkdir()
    enter = f"echo $$ > {group}/cgroup.procs && exec unshare --mount --propagation private --pid --fork --kill-child"
    process = subprocess.Popen(
        ["sh", "-c", f'{enter} --net --cgroup --uts --ipc -- sh -c "$0" boot "$1"', _MOUNTS, str(root)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _wait(process)
    finally:
        process.send_signal(signal.SIGKILL)  # with it its child, process 1 of the namespace, and so all of them
        process.wait()
        _remove(group)


def _wait(process: "subprocess.Popen[bytes]") -> Booted:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "systemd cannot be started here"
        listed = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
        for pid in map(int, listed.stdout.split()):
            machine = Booted(pid)
            if machine.run("systemctl", "is-system-running", check=False).strip() in {"running", "degraded"}:
                return machine
        time.sleep(0.5)
    raise AssertionError("systemd does not come up")


def _remove(group: Path) -> None:
    """Control groups go bottom up, once nobody is left in them."""
    deadline = time.monotonic() + 10
    while group.exists() and time.monotonic() < deadline:
        for folder in sorted((each for each in group.rglob("*") if each.is_dir()), reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()
        with contextlib.suppress(OSError):
            group.rmdir()
        time.sleep(0.1)
