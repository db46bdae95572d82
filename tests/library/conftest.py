"""A deployment with two Parties, their officers, the Secretariat and two release keys; commands run in this process."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.library.release import ReleaseKeys, read_release, read_release_keys
from gateway.settings import Settings, load_settings
from gateway.state import open_state, upgrade_database
from gnupg_keys import Key, make_key, stop_agent
from keyring_admin.certificate_store import Purpose, admit_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.database import write_transaction
from keyring_admin.officers import Officer, Role, admit_officer
from keyring_admin.parties import Party, admit_party
from pattern_rules import Library, core_library_octets

from .stamps import Stamp, declaration

_PARTIES = {"KE": "customs.ke.test", "EU": "olaf.eu.test", "PK": "fbr.pk.test"}


@pytest.fixture(scope="session")
def keys() -> Iterator[dict[str, Key]]:
    """Everybody's key, by a short name; names and addresses are what tells people apart."""
    home = Path(tempfile.mkdtemp(prefix="gspl-", dir="/tmp"))
    people = {
        "amina": ("Amina Odhiambo", "amina@customs.ke.test"),
        "bruno": ("Bruno Leroy", "bruno@olaf.eu.test"),
        "dilawar": ("Dilawar Khan", "dilawar@fbr.pk.test"),
        "juma": ("Juma Otieno", "juma@customs.ke.test"),
        "clerk": ("Kito Mwangi", "kito@customs.ke.test"),
        "clara": ("Clara Meier", "clara@secretariat.test"),
        "omar": ("Omar Haddad", "omar@secretariat.test"),
        "amina-again": ("amina  odhiambo", "a.odhiambo@secretariat.test"),
        "release-1": ("Release one", "one@secretariat.test"),
        "release-2": ("Release two", "two@secretariat.test"),
        "outsider": ("Outsider", "outsider@elsewhere.test"),
    }
    yield {short: make_key(home / "home", address, name=name) for short, (name, address) in people.items()}
    stop_agent(home / "home")
    shutil.rmtree(home, ignore_errors=True)


@dataclass(slots=True)
class Office:
    """A deployment, and what people do to it."""

    folder: Path
    keys: dict[str, Key]
    settings: Settings = field(init=False)

    def set_up(self) -> None:
        self.configure()
        upgrade_database(self.settings)
        with write_transaction(open_state(self.settings)) as connection:
            for code, domain in _PARTIES.items():
                admit_party(connection, Party(code, code, date(2020, 1, 1), None, active=True, domains=(domain,)))
        for short, party in (("amina", "KE"), ("bruno", "EU"), ("dilawar", "PK"), ("juma", "KE")):
            self.admit(short, party, Role.REVIEW)
        self.admit("clerk", "KE", Role.QUERY)
        people = ("clara", "omar", "amina-again")
        (self.folder / "library-secretariat.asc").write_bytes(b"".join(self.keys[one].certificate for one in people))
        releases = ("release-1", "release-2")
        (self.folder / "release-keys.asc").write_bytes(b"".join(self.keys[one].certificate for one in releases))
        library = core_library_octets()
        (self.folder / "library.toml").write_bytes(library)
        signatures = [self.file(one, self.keys[one].detach_sign(library)) for one in releases]
        assert self.gsp("adopt", *signatures).exit_code == 0

    def configure(self, **library: object) -> None:
        fingerprints = [self.keys[one].fingerprint for one in ("release-1", "release-2")]
        lines = [f"{key} = {value}" for key, value in library.items()]
        (self.folder / "gsp.toml").write_text(
            f'[gateway]\ndomain = "gsp.test"\nfingerprint = "{"A" * 40}"\nspecial_use_domains = true\npilot = true\n'
            + "\n".join(["[library]", f"release_keys = {fingerprints}", *lines, ""]),
            encoding="utf-8",
        )
        self.settings = load_settings(self.folder / "gsp.toml")

    def admit(self, short: str, party: str, role: Role) -> None:
        key, now = self.keys[short], datetime.now(UTC)
        facts = examine_certificate(key.certificate, key.address, now=now, special_use_domains=True)
        with write_transaction(open_state(self.settings)) as connection:
            admit_certificate(connection, facts, purpose=Purpose.OFFICER, party=party, now=now)
            officer = Officer(0, key.address, party, "en", frozenset({role}), True, key.fingerprint, "-")
            admit_officer(connection, officer)

    def file(self, name: str, octets: bytes) -> str:
        path = self.folder / name
        path.write_bytes(octets)
        return str(path)

    def gsp(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["--config", str(self.folder / "gsp.toml"), "library", *arguments])

    def declare(self, who: str, *stamps: Stamp, remarks: str = "") -> Result:
        signed = self.keys[who].sign(declaration(*stamps, remarks=remarks).canonical)
        return self.gsp("declare", self.file("declaration.asc", signed))

    def consent(self, who: str, party: str, pattern: str, other: str, effect: str) -> Result:
        statement = str(self.folder / "consent.txt")
        written = self.gsp(
            *("consent", "--statement", statement, "--party", party, "--pattern", pattern),
            *("--other", other, "--effect", effect),
        )
        if written.exit_code:
            return written
        signed = self.keys[who].sign(Path(statement).read_bytes())
        return self.gsp("consent", self.file("consent.asc", signed))

    def approve(self, who: str) -> Result:
        """Sign the statement that the last review wrote."""
        signed = self.keys[who].sign((self.folder / "approval.txt").read_bytes())
        return self.gsp("approve", self.file("approval.asc", signed))

    def review(self) -> Result:
        return self.gsp("review", "--statement", str(self.folder / "approval.txt"))

    def publish(self, *signers: str) -> Result:
        """Request out, signatures in."""
        out = self.gsp("publish", "--request", str(self.folder / "out"))
        if out.exit_code:
            return out
        request = max((self.folder / "out").glob("*.toml"), key=lambda file: int(file.stem.partition("-")[2]))
        octets = request.read_bytes()
        signatures = [
            self.file(f"{number}.sig", self.keys[who].detach_sign(octets)) for number, who in enumerate(signers)
        ]
        return self.gsp("publish", "--signatures", *signatures)

    def publish_all(self, approver: str = "clara") -> None:
        """From pending declarations to the library in force."""
        assert self.review().exit_code == 0
        assert self.approve(approver).exit_code == 0
        result = self.publish("release-1", "release-2")
        assert result.exit_code == 0, result.output

    @property
    def release_keys(self) -> ReleaseKeys:
        return read_release_keys((self.folder / "release-keys.asc").read_bytes())

    @property
    def in_force(self) -> Library:
        return read_release((self.folder / "library.toml").read_bytes(), self.release_keys).library


@pytest.fixture(scope="session")
def template(keys: dict[str, Key], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment as it is before anything happens, to be copied."""
    made = Office(tmp_path_factory.mktemp("office"), keys)
    made.set_up()
    return made.folder


@pytest.fixture
def office(keys: dict[str, Key], template: Path, tmp_path: Path) -> Office:
    made = Office(tmp_path / "office", keys)
    shutil.copytree(template, made.folder)
    made.configure()
    return made


@pytest.fixture
def ke_stamp() -> Stamp:
    return Stamp("KE-STRIP", "KES[0-9]{10}", "KES0000000001")
