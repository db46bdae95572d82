"""While a new version is being installed, an edge of the old one may start a worker of the new one, or the reverse."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.keys.opened import OpenedRequest, Opening
from gateway.keys.request import KeyRequest
from gateway.opener import frames
from gateway.opener.pool import OpenerPool, OpenerUnavailableError
from gateway.resolve.request import PartyHere, ResolveRequest
from keyring_admin.gateway_key import GatewaySecret, create_gateway_certificate, export_secret_subkeys

pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "forms", "keyring_admin", "mailroom", "pattern_rules")
# The shape of the protocol by its number: a shape that changes needs the next number.
SHAPES = {2: "9f9a44b4cec282a7"}


@pytest.fixture(scope="module")
def secret() -> Iterator[GatewaySecret]:
    folder = Path(tempfile.mkdtemp(prefix="gspo-", dir="/tmp"))
    fingerprint = create_gateway_certificate(folder / "gnupg", ["query@gsp.test"], label="GSP gateway")
    yield export_secret_subkeys(folder / "gnupg", fingerprint)
    subprocess.run(["gpgconf", "--homedir", str(folder / "gnupg"), "--kill", "all"], check=False)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def other_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with another number of the protocol."""
    folder = tmp_path_factory.mktemp("other")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def start(secret: GatewaySecret) -> None:
    async def go() -> None:
        pool = OpenerPool(secret, processes=1, timeout=10, memory_mebibytes=512)
        try:
            await pool.start()
        finally:
            await pool.stop()

    asyncio.run(asyncio.wait_for(go(), 30))  # half the time a worker has that says nothing at all


def set_ready(folder: Path, said: str) -> None:
    file = folder / "gateway" / "opener" / "frames.py"
    line = next(line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("READY = "))
    file.write_text(file.read_text(encoding="utf-8").replace(line, f"READY = {said}  # "), encoding="utf-8")


@pytest.mark.parametrize("said", ['b"ready"', 'b"gsp-opener 0000\\n"', 'b"gsp-opener 9999\\n"', 'b"x" * 4096'])
def test_a_worker_of_another_version_is_refused_at_once(
    secret: GatewaySecret, other_version: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_ready(other_version, said)
    monkeypatch.setenv("PYTHONPATH", str(other_version))
    with pytest.raises(OpenerUnavailableError):
        start(secret)


def test_a_worker_of_the_same_version_elsewhere_is_taken(
    secret: GatewaySecret, other_version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_ready(other_version, repr(frames.READY))
    monkeypatch.setenv("PYTHONPATH", str(other_version))
    start(secret)


def shape() -> str:
    classes = (frames.Job, frames.JobResult, ResolveRequest, PartyHere, Opening, OpenedRequest, KeyRequest)
    enums: tuple[type[Enum], ...] = (frames.JobKind, frames.Outcome)
    words = [f"{each.__name__}.{field.name}:{field.type}" for each in classes for field in fields(each)]
    words += [f"{each.__name__}.{member.value}" for each in enums for member in each]
    return sha256("\n".join(words).encode()).hexdigest()[:16]


def test_what_crosses_the_pipe_changes_only_with_its_number() -> None:
    assert SHAPES[frames.PROTOCOL] == shape(), "another shape: PROTOCOL + 1 in gateway/opener/frames.py, and a row here"
