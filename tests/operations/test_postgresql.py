"""The whole gateway on PostgreSQL: every program, Dovecot's logins, the demonstration's whole story, and a backup."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo import acts
from gateway.demo.looking_back import look_back
from gateway.demo.running import gsp, run_gsp
from mailroom.mailboxes.installation import find_installation

from .postgresql import PROGRAMS, Postgresql
from .world import running_world

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not (PROGRAMS / "initdb").exists() or not find_installation().has_driver("pgsql"),
        reason="needs the packages postgresql and dovecot-pgsql",
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    folder = Path(tempfile.mkdtemp(prefix="gspo-", dir="/tmp"))
    server = Postgresql(folder)
    server.make()
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def test_the_whole_story_runs_on_postgresql(server: Postgresql) -> None:
    server.create("story")
    with running_world(server.url("story")) as world:
        acts.query(world, "KE", "EU")
        acts.query(world, "EU", "KE")
        acts.reply(world, "KE", "EU")
        acts.read_reply(world, "KE", "EU")
        acts.direct_query_by_client(world, "EU", "PK")
        acts.direct_reply_by_client(world, "PK", "EU")
        acts.resolve_by_client(world, "EU")
        acts.refuse_in_the_clear(world)
        acts.refuse_wrong_party(world)
        acts.refuse_stale_library(world)
        look_back(world)
        assert not (world.gateway_folder / "gateway.db").exists()


def test_a_backup_of_a_gateway_on_postgresql_comes_back(server: Postgresql) -> None:
    server.create("drill")
    with running_world(server.url("drill")) as world:
        file = world.folder / "backup.tar"
        with world.session("KE") as client:
            sent = [world.submit(client, "KE", "EU") for _ in range(5)]
            said = run_gsp("backup", "--plain", str(file), config=world.config)
            assert said.returncode == 0, said.stderr
        world.settle()
        assert world.arrived("EU") == Counter(sent)
        world.lose_machine()

        refused = run_gsp("restore", str(file), str(world.gateway_folder))
        assert refused.returncode == 1
        assert "is not empty" in refused.stderr
        assert not world.gateway_folder.exists()

        server.drop("drill")
        server.create("drill")
        gsp("restore", str(file), str(world.gateway_folder))
        assert not (world.gateway_folder / "database.dump").exists()
        world.start_again()
        with world.session("KE") as client:
            sent.append(world.submit(client, "KE", "EU"))
        world.settle()
        assert world.arrived("EU") == Counter(sent)
        assert "restored" in gsp("log", "--format", "csv", config=world.config)
