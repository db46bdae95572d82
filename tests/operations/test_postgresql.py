"""The whole gateway on PostgreSQL: every program, Dovecot's logins, and the demonstration's whole story."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo import acts
from gateway.demo.looking_back import look_back
from gateway.demo.people import stop_agents
from gateway.demo.running import free_ports, gsp
from gateway.demo.world import DemoWorld
from mailroom.mailboxes.installation import find_installation

from .postgresql import PROGRAMS, Postgresql

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not (PROGRAMS / "initdb").exists() or not find_installation().has_driver("pgsql"),
        reason="needs the packages postgresql and dovecot-pgsql",
    ),
]


class PostgresqlWorld(DemoWorld):
    """The demonstration's world with its state in PostgreSQL."""

    url = ""

    def _publish_libraries(self) -> None:
        super()._publish_libraries()
        with self.config.open("a", encoding="utf-8") as file:
            file.write(f'\n[database]\nurl = "{self.url}"\n')
        (self.folder / "gw" / "gateway.db").unlink()
        gsp("upgrade", config=self.config)


@pytest.fixture
def world() -> Iterator[PostgresqlWorld]:
    folder = Path(tempfile.mkdtemp(prefix="gspo-", dir="/tmp"))
    server = Postgresql(folder)
    server.make()
    server.start()
    world = PostgresqlWorld(folder, free_ports(), lambda _line: None)
    try:
        server.create("gsp")
        world.url = server.url()
        world.set_up()
        yield world
    finally:
        if world.gateway is not None:
            world.gateway.stop()
        server.stop()
        stop_agents(list(world.parties.values()))
        shutil.rmtree(folder)


def test_the_whole_story_runs_on_postgresql(world: PostgresqlWorld) -> None:
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
    assert not (world.folder / "gw" / "gateway.db").exists()
