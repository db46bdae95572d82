"""The demonstration's world with two release keys, an HTTP server, and reviewers of the Parties; all by command."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

from forms.form import Form
from gateway.cli.main import main
from gateway.demo.people import DemoParty
from gateway.demo.running import DemoError, gsp
from gateway.demo.world import DemoWorld
from gateway.gate import Accepted, judge
from gateway.officer.address_book import AddressBook, load_address_book
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.routing import route_query
from gateway.officer.sealing import SealedMail, seal_form
from gateway.officer.submitting import submit
from gnupg_keys import Key, make_key
from pattern_rules import Library

from ..stamps import Stamp, declaration

_RELEASES = ("release-1", "release-2")
_PEOPLE = {
    "release-1": ("Release one", "one@secretariat.test"),
    "release-2": ("Release two", "two@secretariat.test"),
    "clara": ("Clara Meier", "clara@secretariat.test"),
    "KE": ("Juma Otieno", "juma@customs.ke.test"),
    "PK": ("Sana Malik", "sana@fbr.pk.test"),
}


@dataclass(slots=True)
class PublishingWorld(DemoWorld):
    """http_port: where the signed library is served."""

    http_port: int = 0
    keys: dict[str, Key] = field(default_factory=dict)

    @property
    def signers_home(self) -> Path:
        """GnuPG home of everybody who signs something about the library."""
        return self.folder / "sign"

    @property
    def copy(self) -> Path:
        """The officers' copy of the signed library."""
        return self.folder / "library.gsp"

    @property
    def address(self) -> str:
        """Where the newest library is."""
        return f"http://127.0.0.1:{self.http_port}/library/current"

    def admit_reviewers(self) -> None:
        """Officers who speak for their Party about patterns."""
        for party in ("KE", "PK"):
            key = self.keys[party]
            certificate = self.file("reviewer.pgp", key.certificate)
            gsp(
                *("officers", "admit", key.address, "--party", party, "--role", "review"),
                *("--certificate", certificate),
                config=self.config,
            )

    def _publish_libraries(self) -> None:
        """Release keys from the start: the shipped library is signed before the gateway first runs."""
        DemoWorld._publish_libraries(self)  # slots=True makes a new class, so that super() does not find its way
        self.keys = {
            short: make_key(self.signers_home, address, name=name) for short, (name, address) in _PEOPLE.items()
        }
        place = self.config.parent
        (place / "release-keys.asc").write_bytes(b"".join(self.keys[one].certificate for one in _RELEASES))
        (place / "library-secretariat.asc").write_bytes(self.keys["clara"].certificate)
        text = self.config.read_text(encoding="utf-8")
        text = text.replace("[submission]\n", "[submission]\nmails_per_minute = 10000\n")
        fingerprints = [self.keys[one].fingerprint for one in _RELEASES]
        text += f"\n[library]\nrelease_keys = {fingerprints}\n\n[http]\nenabled = true\nport = {self.http_port}\n"
        self.config.write_text(text, encoding="utf-8")
        library = (place / "library.toml").read_bytes()
        signatures = [self.file(f"{one}.sig", self.keys[one].detach_sign(library)) for one in _RELEASES]
        self.desk("adopt", *signatures)

    def file(self, name: str, octets: bytes) -> str:
        path = self.folder / name
        path.write_bytes(octets)
        return str(path)

    def desk(self, *arguments: str) -> str:
        """`gsp library …`, in this process: the gateway beside it is what runs for real."""
        done = CliRunner().invoke(main, ["--config", str(self.config), "library", *arguments])
        if done.exit_code:
            raise DemoError(done.output)
        return done.output

    def declare(self, party: str, *stamps: Stamp) -> str:
        return self.desk("declare", self.file("d.asc", self.keys[party].sign(declaration(*stamps).canonical)))

    def approve_and_publish(self) -> None:
        """Review, the approval of a second person, the signatures of two release keys."""
        statement = self.folder / "approval.txt"
        self.desk("review", "--statement", str(statement))
        self.desk("approve", self.file("approval.asc", self.keys["clara"].sign(statement.read_bytes())))
        out = self.folder / "out"
        self.desk("publish", "--request", str(out))
        octets = max(out.glob("*.toml"), key=lambda one: int(one.stem.partition("-")[2])).read_bytes()
        signatures = [self.file(f"{one}.sig", self.keys[one].detach_sign(octets)) for one in _RELEASES]
        self.desk("publish", "--signatures", *signatures)

    def fetch(self) -> str:
        """An officer brings the own copy up to date."""
        first_time: list[str] = []
        if not self.copy.exists():
            first_time = ["--release-certificates", str(self.config.parent / "release-keys.asc")]
            for one in _RELEASES:
                first_time += ["--release-key", self.keys[one].fingerprint]
        return self.desk("fetch", self.address, "--library", str(self.copy), *first_time)

    # Mail, without a process for each

    def book_of_addresses(self) -> AddressBook:
        return load_address_book(self.book.read_bytes())

    def seal(self, officer: DemoParty, form: Form, library: Library) -> SealedMail:
        """A sealed query, by this library."""
        book, now = self.book_of_addresses(), datetime.now(UTC)
        route = route_query(form, library, book, own_party=officer.code, today=now.date())
        return seal_form(
            form,
            route,
            officer_address=officer.officer,
            officer_fingerprint=officer.officer_fingerprint,
            book=book,
            keyring=OfficerKeyring(officer.gnupg),
            declare_uids=False,
            now=now,
        )

    def send(self, officer: DemoParty, sealed: SealedMail) -> str:
        return submit(
            sealed.mail,
            sender=officer.officer,
            recipient=f"query@{self.book_of_addresses().domain}",
            host="localhost",
            port=self.ports.submission,
            password=officer.password,
            certificate_authority=self.authority,
        )

    def bodies_in(self, party: str) -> list[str]:
        """SHA-256 of the sealed body of each mail in a Party's mailbox."""
        found = []
        for mail in self.mails(self.parties[party], f"Party/{party}"):
            accepted = judge(mail, size_limit=1 << 20)
            assert isinstance(accepted, Accepted)
            found.append(hashlib.sha256(accepted.messages[0].octets).hexdigest())
        return found
