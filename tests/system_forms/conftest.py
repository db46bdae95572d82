"""A running gateway with one exchange in it: a query and its partial reply.

Nothing of a gateway runs as root. Started by root, the other tests are run by test_unprivileged.py as another account.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from forms.entries import Entry
from forms.form import Form
from forms.queries import Answer, AnswerStatus, Item, Purpose, new_query, new_reply
from forms.validation import validate
from gateway.cli.main import main
from gateway.demo.people import stop_agents
from gateway.demo.running import free_ports
from gateway.demo.world import DemoWorld

_RUNNING = sorted(file.name for file in Path(__file__).parent.glob("test_*.py") if file.name != "test_unprivileged.py")
collect_ignore = _RUNNING if os.geteuid() == 0 else ["test_unprivileged.py"]


UIDS = (b"QCALLa7K2m9XqZB4c124051914", b"QCALLz9Y8x7WvUB4c124051914")
JUSTIFICATION = "Seized at Mombasa, case KRA-2231; the origin decides who is prosecuted."
FACILITY = "Usine n° 7, Łódź"
EXCHANGE = re.compile(r"exchange ([0-9A-Z]{26})")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What both sides of one exchange can open."""

    world: DemoWorld
    id: str
    query: Form
    reply: Form

    def read(self, party: str, language: str) -> str:
        """What `gsp open` shows an officer of a Party who reads this language, of this exchange's mail."""
        world, officer = self.world, self.world.parties[party]
        (mail,) = [mail for mail in world.mails(officer, f"Party/{party}") if self.id in _unfolded(mail)]
        file = officer.home / "exchange.eml"
        file.write_bytes(mail)
        return run(main, "open", str(file), "--language", language, *world.officer_arguments(officer))


def run(command: click.Command, *arguments: str) -> str:
    """What a command says when all is well."""
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def _unfolded(mail: bytes) -> str:
    return "".join(mail.partition(b"\r\n\r\n")[0].decode("ascii").split())


@pytest.fixture(scope="session")
def exchange() -> Iterator[Exchange]:
    """Kenya asks the European Union about two UIDs; the Union finds one of them and withholds two items."""
    folder = Path(tempfile.mkdtemp(prefix="gspf-", dir="/tmp"))
    world = DemoWorld(folder, free_ports(), lambda _line: None)
    try:
        world.set_up()
        yield _exchange(world)
    finally:
        if world.gateway is not None:
            world.gateway.stop()
        stop_agents(list(world.parties.values()))
        shutil.rmtree(folder, ignore_errors=True)


def _exchange(world: DemoWorld) -> Exchange:
    kenya, union = world.parties["KE"], world.parties["EU"]
    asked = (Item.A, Item.B, Item.E, Item.I)
    form = new_query(UIDS, justification=JUSTIFICATION, purpose=Purpose.INVESTIGATION, items=asked)
    said = world.seal_and_send(kenya, world.form_file(kenya, "query", form), "--library", str(world.library))
    found = EXCHANGE.search(said)
    assert found is not None, said
    number = found.group(1)
    world.open_folder(union, "Party/EU")
    query = validate((union.home / "forms" / f"{number}-uid-query.xml").read_bytes())
    answers = (
        Answer(
            uids=UIDS[:1],
            status=AnswerStatus.PARTIAL,
            entries=(
                Entry("manufacture/date", "2024-05-19"),
                Entry("facility/name", FACILITY),
                Entry("first-customer", answer="withheld", reason="ongoing-investigation"),
                Entry("subsequent-purchasers", answer="withheld", reason="commercial-sensitivity"),
            ),
        ),
        Answer(uids=UIDS[1:], status=AnswerStatus.NOT_FOUND),
    )
    file = world.form_file(union, "reply", new_reply(query, answers, language="fr"))
    world.seal_and_send(union, file, "--reply-to", number)
    world.open_folder(kenya, "Party/KE")
    reply = validate((kenya.home / "forms" / f"{number}-uid-reply.xml").read_bytes())
    return Exchange(world, number, query, reply)
