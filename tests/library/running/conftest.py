"""A running gateway with release keys, and people who publish through it. Nothing of it runs as root."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.people import stop_agents
from gateway.demo.running import free_ports
from gnupg_keys import stop_agent

from .publishing_world import PublishingWorld

collect_ignore_glob = (
    [str(file) for file in Path(__file__).parent.glob("test_*.py") if file.name != "test_unprivileged.py"]
    if os.geteuid() == 0
    else ["test_unprivileged.py"]
)


@pytest.fixture(scope="session")
def world() -> Iterator[PublishingWorld]:
    folder = Path(tempfile.mkdtemp(prefix="gspp-", dir="/tmp"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        http_port = probe.getsockname()[1]
    made = PublishingWorld(folder, free_ports(), lambda _line: None, http_port=http_port)
    try:
        made.set_up()
        made.admit_reviewers()
        yield made
    finally:
        if made.gateway is not None:
            made.gateway.stop()
        stop_agents(list(made.parties.values()))
        stop_agent(made.signers_home)
        shutil.rmtree(folder, ignore_errors=True)
