"""The life of the library with PostgreSQL: from two declarations over a conflict to two versions and back."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from gateway.cli.context import Deployment
from gateway.cli.library_desk import open_desk
from gateway.library.archive import declarations, versions
from gateway.state import open_state
from gnupg_keys import Key

from .conftest import Office
from .stamps import Stamp, declaration

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"))
ACCOUNT = "gsp"  # PostgreSQL does not run as root

pytestmark = pytest.mark.skipif(not (PROGRAMS / "initdb").exists(), reason="needs the package postgresql")


class Server:
    """A server in one folder, reached over its UNIX socket only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        become = ["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups", "--"]
        self._as = become if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(folder, ACCOUNT, ACCOUNT)
        self.url = f"postgresql+psycopg://gsp@/postgres?host={folder}"

    def start(self) -> None:
        data, log = str(self._folder / "pg"), str(self._folder / "log")
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        self._run("initdb", "-D", data, "-U", "gsp", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")
        self._run("pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", options)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self._folder / "pg"))

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(PROGRAMS / program), *arguments]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        nothing = subprocess.DEVNULL
        subprocess.run(command, check=True, cwd="/", env=environment, stdin=nothing, stdout=nothing, stderr=nothing)


class OfficeOnPostgresql(Office):
    """The deployment of the other tests, with its state in PostgreSQL. url: of the database."""

    url = ""

    def configure(self, **library: object) -> None:
        Office.configure(self, **library)
        file = self.folder / "gsp.toml"
        file.write_text(f'{file.read_text(encoding="utf-8")}\n[database]\nurl = "{self.url}"\n', encoding="utf-8")
        self.settings = self.settings.model_copy(
            update={"database": self.settings.database.model_copy(update={"url": self.url})}
        )


@pytest.fixture
def office(keys: dict[str, Key]) -> Iterator[Office]:
    folder = Path(tempfile.mkdtemp(prefix="gsplp-", dir="/tmp"))
    server = Server(folder)
    server.start()
    try:
        (folder / "office").mkdir()
        made = OfficeOnPostgresql(folder / "office", keys)
        made.url = server.url
        made.set_up()
        yield made
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.mark.timeout(120)
def test_from_two_declarations_to_a_version_in_force_and_back(office: Office, ke_stamp: Stamp) -> None:
    first = office.in_force
    assert not list(office.folder.glob("*.db"))
    assert office.declare("amina", ke_stamp).exit_code == 0
    assert office.declare("dilawar", Stamp("PK-STRIP", "K[EP]S[0-9]{10}", "KPS0000000001")).exit_code == 0
    assert "needs the consent of KE, PK" in office.review().output
    given = office.consent("dilawar", "PK", "pk-strip", "ke-strip", "stands-back")
    assert given.exit_code == 0, given.output
    office.publish_all()
    second = office.in_force
    assert second.pattern_parties("ke-strip") == {"KE"}
    assert second.by_id["pk-strip"].yields_to == ("ke-strip",)
    rolled = office.gsp("rollback", str(first.version), "--statement", str(office.folder / "approval.txt"))
    assert rolled.exit_code == 0, rolled.output
    assert [office.approve(who).exit_code for who in ("clara", "omar")] == [0, 0]
    published = office.publish("release-1", "release-2")
    assert published.exit_code == 0, published.output
    assert office.in_force.patterns == first.patterns
    log = office.gsp("log").output
    assert "declared by PK dilawar@fbr.pk.test" in log
    assert "approved by clara@secretariat.test (Secretariat)" in log
    with open_state(office.settings).connect() as connection:
        assert [(one.number, one.rollback_of) for one in versions(connection)] == [(1, None), (2, None), (3, 1)]
        assert {one.state for one in declarations(connection)} == {"published"}


@pytest.mark.timeout(120)
def test_two_desks_work_one_after_the_other(office: Office, ke_stamp: Stamp) -> None:
    signed = office.keys["amina"].sign(declaration(ke_stamp).canonical)
    said: list[Result] = []
    other = threading.Thread(target=lambda: said.append(office.declare("juma", ke_stamp, remarks="the same pattern")))
    with open_desk(Deployment(office.folder / "gsp.toml")) as at:
        at.desk.declare(signed, synthetic=False)
        other.start()
        other.join(1.5)
        assert other.is_alive(), "the second desk did not wait for the first"
    other.join(30)
    assert said[0].exit_code == 1
    assert "another pending declaration already concerns this pattern" in said[0].output
