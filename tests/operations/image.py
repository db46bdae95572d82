"""Builds what docker/Dockerfile says, without a container engine: each stage in a clean root of its own.

It knows the few instructions that file uses, and refuses others: what it built is what the file says.
"""

import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLEAN_ROOT = ROOT / "scripts" / "clean-root"
_METADATA = {"VOLUME", "EXPOSE", "STOPSIGNAL"}
BASE = "debian:12-slim"  # what a clean root stands for


@dataclass(slots=True)
class Stage:
    """A root file system and how its programs are started."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    metadata: dict[str, list[str]] = field(default_factory=dict)

    def argv(self, *command: str, confined: bool = True) -> list[str]:
        """The command line that runs something in it. confined: as the compose file does it, and without network."""
        volume = self.metadata.get("VOLUME", [""])[0]
        how = ["--read-only", volume, "--as", self.user, "--offline"] if confined else []
        words = [f"{name}={value}" for name, value in self.environment.items()]
        return [str(CLEAN_ROOT), "--in", str(self.root), "--bare", *how, "--", *words, *command]

    def run(self, *command: str, confined: bool = True, timeout: float = 1200) -> str:
        """Run something in it; what it printed. Raises AssertionError with what it said when it fails."""
        done = subprocess.run(
            self.argv(*command, confined=confined), capture_output=True, text=True, check=False, timeout=timeout
        )
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done.stdout


def build(dockerfile: Path, context: Path, folder: Path) -> Stage:
    """Build the file; the last stage. context: the folder COPY copies from. folder: an empty one for the roots."""
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for name, words, text in instructions(dockerfile):
        if name == "FROM":
            assert words[0] == BASE
            stage = Stage(folder / f"stage{len(stages)}")
            stages[words[2] if len(words) == 3 else ""] = stage
            continue
        assert stage is not None
        if name == "RUN":
            stage.run("/bin/sh", "-c", text, confined=False)
        elif name == "COPY":
            source = stages[words.pop(0).removeprefix("--from=")].root if words[0].startswith("--from=") else context
            stage.run("true", confined=False)  # the root is there
            copy(source / words[0].lstrip("/"), stage.root / words[1].lstrip("/"))
        elif name == "ENV":
            key, _, value = words[0].partition("=")
            stage.environment[key] = value
        elif name == "USER":
            stage.user = words[0]
        elif name == "ENTRYPOINT":
            stage.entrypoint = json.loads(text)
        elif name == "CMD":
            stage.command = json.loads(text)
        else:
            assert name in _METADATA, name
            stage.metadata[name] = words
    assert stage is not None
    return stage


def instructions(dockerfile: Path) -> list[tuple[str, list[str], str]]:
    """Name, words and text of each instruction."""
    found = []
    for line in dockerfile.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, text = line.partition(" ")
            found.append((name, shlex.split(text), text))
    return found


def copy(source: Path, target: Path) -> None:
    """As COPY does it: the content of a folder, or one file."""
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def fill_context(folder: Path) -> None:
    """The project's files, as git knows them, without what .dockerignore names."""
    ignored = (ROOT / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if name.split("/")[0] not in ignored and (ROOT / name).is_file():
            copy(ROOT / name, folder / name)
