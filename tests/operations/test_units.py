"""The units of docker/systemd are good, agree with each other, and confine what they start. A slow test runs them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.cli.serve import PROGRAMS

FOLDER = Path(__file__).parents[2] / "docker" / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
WORST_EXPOSURE = 2.0  # of systemd-analyze security, from 0 (confined) to 10
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs the package systemd")
# What may differ from unit to unit.
OWN = {"ExecStart", "ExecReload", "TimeoutStopSec", "AmbientCapabilities", "CapabilityBoundingSet"}


def installed(folder: Path, change: tuple[str, str] = ("", "")) -> list[Path]:
    """The units with a program that exists here in the place of the gateway."""
    for unit in FOLDER.iterdir():
        text = unit.read_text(encoding="utf-8").replace("/opt/gsp/bin/gsp", "/bin/true").replace(*change)
        (folder / unit.name).write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False)


def settings(unit: Path, section: str) -> list[tuple[str, str]]:
    text = unit.read_text(encoding="utf-8")
    part = re.search(rf"^\[{section}\]\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    assert part is not None
    lines = [line for line in part.group(1).splitlines() if line and not line.startswith("#")]
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


@needs_systemd
def test_systemd_accepts_every_unit(tmp_path: Path) -> None:
    done = analyze("verify", *installed(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_a_misspelt_setting_would_be_noticed(tmp_path: Path) -> None:
    assert analyze("verify", *installed(tmp_path, ("ProtectSystem", "ProtectSystm"))).stderr


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_each_service_is_confined(tmp_path: Path, unit: Path) -> None:
    installed(tmp_path)
    done = analyze("security", "--offline=true", f"--threshold={int(WORST_EXPOSURE * 10)}", tmp_path / unit.name)
    assert done.returncode == 0, done.stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found is not None
    assert float(found.group(1)) <= WORST_EXPOSURE


@needs_systemd
def test_a_unit_without_confinement_would_be_noticed(tmp_path: Path) -> None:
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
    assert analyze("security", "--offline=true", f"--threshold={int(WORST_EXPOSURE * 10)}", bare).returncode != 0


def test_all_services_are_held_to_the_same() -> None:
    shared = [[each for each in settings(unit, "Service") if each[0] not in OWN] for unit in SERVICES]
    assert len(SERVICES) == 5
    assert all(each == shared[0] for each in shared)
    assert ("NoNewPrivileges", "yes") in shared[0]
    assert ("User", "gsp") in shared[0]


def test_only_what_opens_ports_may_open_low_ones() -> None:
    capable = {
        unit.stem for unit in SERVICES if ("CapabilityBoundingSet", "CAP_NET_BIND_SERVICE") in settings(unit, "Service")
    }
    assert capable == {"gsp", "gsp-edge", "gsp-mailboxes"}
    for unit in SERVICES:
        values = dict(settings(unit, "Service"))
        assert values["AmbientCapabilities"] == values["CapabilityBoundingSet"]


def test_the_split_units_start_the_programs_there_are() -> None:
    started = {dict(settings(unit, "Service"))["ExecStart"].partition("gsp.toml ")[2] for unit in SERVICES}
    assert started == {"serve", "run mailboxes", "run process", "run deliver", "run edge"}
    assert {"mailboxes", "process", "deliver", "edge"} <= PROGRAMS.keys()
    wanted = dict(settings(FOLDER / "gsp.target", "Unit"))["Wants"].split()
    assert sorted(wanted) == sorted(unit.name for unit in SERVICES if unit.stem != "gsp")
