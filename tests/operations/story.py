"""A query, its reply and a refusal. Runs inside of a clean root, with the gateway that is installed there.

Usage: story.py FOLDER own              it starts the gateway itself
       story.py FOLDER units            it makes FOLDER/ready, waits for ports 465 and 993, and for FOLDER/again
"""

import sys
import time
from pathlib import Path

import gateway.demo.world
from gateway.demo import acts
from gateway.demo.running import Ports, RunningGateway, free_ports
from gateway.demo.world import DemoWorld
from mailroom.mailboxes.probes import imap_greets


class StartedByUnits(RunningGateway):
    """A gateway that systemd starts."""

    def start(self) -> None:
        """Ask for it, and wait."""
        folder = self._config.parent.parent
        (folder / "ready").touch()
        wait(lambda: imap_greets("127.0.0.1", 993))
        wait((folder / "started").exists)


def wait(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("it does not come")
        time.sleep(0.1)


def main() -> None:
    """The story, once or twice."""
    folder, how = Path(sys.argv[1]), sys.argv[2]
    ports = free_ports()
    if how == "units":
        gateway.demo.world.RunningGateway = StartedByUnits  # type: ignore[attr-defined]
        ports = Ports(465, 587, 993)
    world = DemoWorld(folder, ports, print)
    world.set_up()
    acts.query(world, "KE", "EU")
    acts.reply(world, "KE", "EU")
    acts.read_reply(world, "KE", "EU")
    acts.refuse_wrong_party(world)
    if how == "units":
        (folder / "first").touch()
        wait((folder / "again").exists)
        acts.query(world, "EU", "PK")
        world.open_folder(world.parties["PK"], "Party/PK")
    elif world.gateway is not None:
        world.gateway.stop()
    print("THE END")


if __name__ == "__main__":
    main()
