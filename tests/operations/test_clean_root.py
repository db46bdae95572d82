"""On a clean Debian 12, made by debootstrap: the image, a read-only root, systemd, install and uninstall.

Needs root, debootstrap and the network; `make test-all` runs it.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from .booted import Booted, booted, control_groups
from .image import CLEAN_ROOT, ROOT, Stage, build, copy, fill_context

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(shutil.which("debootstrap") is None, reason="needs the package debootstrap"),
    pytest.mark.xdist_group("clean-root"),  # one after the other: they are large
]
COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))
STORY = Path(__file__).with_name("story.py")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gsp-image-", dir="/var/tmp"))
    yield folder
    subprocess.run(["rm", "-rf", "--one-file-system", str(folder)], check=True)


@pytest.fixture(scope="module")
def image(folder: Path) -> Stage:
    """What docker/Dockerfile makes."""
    fill_context(folder / "context")
    image = build(ROOT / "docker" / "Dockerfile", folder / "context", folder)
    copy(STORY, image.root / "opt" / "story.py")
    return image


def empty_volume(image: Stage) -> Path:
    volume = image.root / "srv" / "gsp"
    for each in volume.iterdir():
        subprocess.run(["rm", "-rf", str(each)], check=True)
    return volume


def mounts_below(folder: Path) -> list[str]:
    return [line for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines() if str(folder) in line]


# The tool itself


def test_a_clean_root_is_debian_12_and_leaves_nothing_behind() -> None:
    before = set(Path("/var/tmp").glob("gsp-clean-root.*"))
    done = subprocess.run(
        [str(CLEAN_ROOT), "--bare", "sh", "-c", "cat /etc/debian_version; sleep 1000 & exit 3"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stdout.startswith("12.")
    assert set(Path("/var/tmp").glob("gsp-clean-root.*")) == before
    assert mounts_below(Path("/var/tmp/gsp-clean-root")) == []
    listed = subprocess.run(["pgrep", "-f", "^sleep 1000$"], capture_output=True, check=False)
    assert listed.stdout == b""


def test_a_killed_one_leaves_no_mount(folder: Path) -> None:
    process = subprocess.Popen([str(CLEAN_ROOT), "--in", str(folder / "killed"), "--bare", "sleep", "1000"])
    deadline = time.monotonic() + 60
    while not (folder / "killed" / "usr" / "bin").exists() or not children(process.pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(3)
    for child in children(process.pid):
        os.kill(child, signal.SIGKILL)  # unshare: the kernel ends the rest with it
    process.wait(30)
    assert mounts_below(folder / "killed") == []


def children(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


# The image


def test_the_image_can_write_nowhere_but_where_it_should(image: Stage) -> None:
    said = image.run(
        "sh",
        "-c",
        "id -u; grep -E 'CapBnd|CapEff|NoNewPrivs' /proc/self/status;"
        "for each in / /etc /opt/gsp /usr /var/tmp /srv; do touch $each/x 2>/dev/null && echo BAD $each; done;"
        "for each in /tmp /run /srv/gsp; do touch $each/x && rm $each/x && echo good $each; done",
    )
    assert said.split() == [
        *("10001", "CapEff:", "0" * 16, "CapBnd:", "0" * 16, "NoNewPrivs:", "1"),
        *("good", "/tmp", "good", "/run", "good", "/srv/gsp"),
    ]


def test_the_image_holds_no_tests_no_sources_and_no_tools_to_build(image: Stage) -> None:
    packages = image.root / "opt" / "gsp" / "lib" / "python3.11" / "site-packages"
    assert (packages / "gateway").is_dir()
    assert not [name for name in ("pytest", "ruff", "selenium", "mypy", "hypothesis") if (packages / name).exists()]
    assert not (image.root / "src").exists()
    assert not (image.root / "usr" / "bin" / "gcc").exists()


def test_the_whole_gateway_runs_in_the_image(image: Stage) -> None:
    empty_volume(image)
    said = image.run("python3", "/opt/story.py", "/srv/gsp", "own")
    assert said.rstrip().endswith("THE END")
    assert "Refused, to the wrong Party" in said


def test_it_starts_as_compose_says_is_healthy_and_stops_when_told(image: Stage) -> None:
    volume = empty_volume(image)
    image.run(*image.entrypoint, "init", "/srv/gsp", "--domain", "gsp.test", "--pilot")
    assert (volume / "gsp.toml").stat().st_uid == 10001
    process = subprocess.Popen(image.argv(*image.entrypoint, *image.command), start_new_session=True)
    try:
        check = COMPOSE["services"]["gateway"]["healthcheck"]["test"]
        assert check[0] == "CMD"
        inside = in_container(process.pid)
        assert not healthy(inside, check[1:])  # nobody can be that fast: the check can fail
        deadline = time.monotonic() + 60
        while not healthy(inside, check[1:]):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.5)
        os.kill(inside, signal.SIGTERM)
        assert process.wait(90) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def in_container(pid: int) -> int:
    """The first process in the root: what unshare started."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for unshare in children(pid):
            for first in children(unshare):
                if "gsp" in Path(f"/proc/{first}/cmdline").read_bytes().decode().split("\0")[1]:
                    return first
        time.sleep(0.1)
    raise AssertionError("it does not start")


def healthy(pid: int, check: list[str]) -> bool:
    enter = ["nsenter", "--target", str(pid), "--mount", "--pid", "--net", "--root", "--wd", "--"]
    account = ["setpriv", "--reuid", "10001", "--regid", "10001", "--clear-groups", "--"]
    return subprocess.run([*enter, *account, *check], capture_output=True, check=False).returncode == 0


# systemd's sandbox


def test_the_units_run_the_gateway_whole_and_program_by_program(image: Stage, folder: Path) -> None:
    if control_groups() is None:
        pytest.skip("needs control groups, version 2")
    root = folder / "machine"
    subprocess.run(["cp", "-a", str(image.root), str(root)], check=True)
    machine_root = Stage(root)
    machine_root.run(
        "sh", "-c", "apt-get update -q && apt-get install -q -y --no-install-recommends systemd", confined=False
    )
    for each in (root / "srv" / "gsp").iterdir():
        subprocess.run(["rm", "-rf", str(each)], check=True)
    for unit in (ROOT / "docker" / "systemd").iterdir():
        # The story makes its deployment one folder below.
        text = unit.read_text(encoding="utf-8").replace("/srv/gsp/gsp.toml", "/srv/gsp/gw/gsp.toml")
        (root / "etc" / "systemd" / "system" / unit.name).write_text(text, encoding="utf-8")
    machine_root.run("systemctl", "disable", "dovecot", confined=False)
    with booted(root) as machine, telling_story(machine) as story:
        data = root / "srv" / "gsp"
        wait_for(data / "ready", story)
        machine.run("systemctl", "start", "gsp")
        wait_for_edge(machine, story)
        (data / "started").touch()
        wait_for(data / "first", story)
        assert machine.state("gsp") == "active"
        supervisor = machine.run("systemctl", "show", "--property", "MainPID", "--value", "gsp").strip()
        confined = machine.run("grep", "-E", "Seccomp:|NoNewPrivs", f"/proc/{supervisor}/status")
        assert confined.split() == ["NoNewPrivs:", "1", "Seccomp:", "2"]
        machine.run("systemctl", "reload", "gsp")

        machine.run("systemctl", "start", "gsp.target")
        assert machine.state("gsp") == "inactive"
        wait_for_edge(machine, story)
        for name in ("mailboxes", "process", "deliver", "edge"):
            assert machine.state(f"gsp-{name}") == "active"
        (data / "again").touch()
        said, _ = story.communicate(timeout=120)
        assert said.decode().rstrip().endswith("THE END"), said[-4000:]
        machine.run("systemctl", "stop", "gsp.target")
        for name in ("edge", "process", "deliver", "mailboxes"):
            wait_until_stopped(machine, f"gsp-{name}")
        left = "grep -l -a -E '[g]sp[.]toml|[d]ovecot-gsp' /proc/[0-9]*/cmdline"
        assert machine.run("sh", "-c", left, check=False) == ""


@contextmanager
def telling_story(machine: Booted) -> "Iterator[subprocess.Popen[bytes]]":
    account = "setpriv --reuid gsp --regid gsp --clear-groups env HOME=/srv/gsp"
    story = subprocess.Popen(
        machine.argv("sh", "-c", f"exec {account} python3 /opt/story.py /srv/gsp units"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield story
    finally:
        story.kill()
        story.wait()


def wait_for(file: Path, story: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while not file.exists():
        assert story.poll() is None, story.stdout.read()[-4000:] if story.stdout else b""
        assert time.monotonic() < deadline, file.name
        time.sleep(0.2)


def wait_for_edge(machine: Booted, story: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while "open" not in machine.run("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/465 && echo open", check=False):
        assert story.poll() is None
        assert time.monotonic() < deadline, machine.run("journalctl", "--no-pager", check=False)[-4000:]
        time.sleep(0.2)


def wait_until_stopped(machine: Booted, unit: str) -> None:
    """Stopping the target stops its parts, but does not wait for them."""
    deadline = time.monotonic() + 90
    while machine.state(unit) != "inactive":
        assert machine.state(unit) != "failed"
        assert time.monotonic() < deadline, unit
        time.sleep(0.2)


# Install and uninstall, as a new user


def test_make_demo_works_on_a_fresh_machine_and_uninstalling_leaves_nothing_but_the_data(folder: Path) -> None:
    root = folder / "fresh"
    run = Stage(root)

    def inside(script: str) -> str:
        done = subprocess.run(
            [str(CLEAN_ROOT), "--in", str(root), "--", "sh", "-e", "-c", script],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    inside("apt-get update -q && apt-get install -q -y git make")  # as the page says
    inside("scripts/packages demo")
    before = files_of(root)

    said = inside("make demo")
    assert "nothing found" in said
    assert "The envelope log, whole" in said
    inside(
        "python3 -m venv /opt/gsp\n"
        "/opt/gsp/bin/pip install --quiet --require-hashes -r requirements-service.lock\n"
        "/opt/gsp/bin/pip install --quiet --no-deps --no-build-isolation .\n"
        "usermod --home /srv/gsp gsp\n"
        "install -d -o gsp -g gsp -m 700 /srv/gsp\n"
        "cp docker/systemd/* /etc/systemd/system/\n"
        "setpriv --reuid gsp --regid gsp --clear-groups env HOME=/srv/gsp"
        " /opt/gsp/bin/gsp init /srv/gsp --domain gsp.example.org"
    )
    assert "--yes" in inside("scripts/uninstall")
    assert (root / "opt" / "gsp").exists()  # it only said what it would do
    assert "/srv/gsp" in inside("scripts/uninstall --yes")

    after = files_of(root)
    data = {name for name in after if name.startswith("srv/gsp/")}
    assert "srv/gsp/gnupg/pubring.kbx" in data
    assert sorted(name for name in after - before - data if not made_by_others(name)) == []
    assert (root / "srv" / "gsp").stat().st_uid == 0
    assert "gsp:" not in (root / "etc" / "passwd").read_text(encoding="utf-8")
    assert run.root == root


def files_of(root: Path) -> set[str]:
    listed = subprocess.run(
        ["find", str(root), "-xdev", "-not", "-type", "d", "-printf", "%P\\n"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(listed.stdout.splitlines())


def made_by_others(name: str) -> bool:
    """Caches of pip, Python and apt, copies that useradd makes, and the clone itself, which is the user's to remove."""
    own = ("root/gsp/", "root/.cache/", "var/cache/", "var/lib/apt/", "var/lib/dpkg/", "var/log/", "tmp/hsperf")
    copies = {"etc/passwd-", "etc/shadow-", "etc/group-", "etc/gshadow-", "etc/subuid-", "etc/subgid-"}
    return name.startswith(own) or name in copies or "__pycache__" in name
