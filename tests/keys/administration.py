"""A directory as it is after the ceremony: a root, two people of the Secretariat, Kenya and Utopia with administrators,
reading certificates and officers, all certified by the chain; all keys real."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from keyring_admin.acts.actor import CUSTODIAN, Actor
from keyring_admin.acts.administrators import appoint_administrator
from keyring_admin.acts.officers import Admission, admit_officer
from keyring_admin.acts.parties import admit_party
from keyring_admin.acts.people import admit_secretariat_person
from keyring_admin.acts.proposals import Progress, approval_to_sign, approve
from keyring_admin.acts.reading import admit_reading_certificate
from keyring_admin.acts.root import install_root
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.acts.statements import write_approval
from keyring_admin.certificate_store import Certificate, Purpose, admit_certificate, find_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.officers import Officer, Role, find_officer
from keyring_admin.parties import Party
from keyring_admin.proposals import Proposal

from .people import Person, certify, tsign

NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=100)
CEREMONY = NOW - timedelta(days=60)
RULES = DirectoryRules("gsp.test", special_use_domains=True)
QUERY = frozenset({Role.QUERY, Role.REPLY})
PARTIES = {"KE": ("customs.ke.test", "coast.ke.test"), "UT": ("utopia.test",)}
ADMINISTRATORS = {"KE": "admin@customs.ke.test", "UT": "admin@utopia.test"}

Cast = Callable[[str], Person]


def ago(days: float) -> datetime:
    """A moment before now."""
    return NOW - timedelta(days=days)


@dataclass
class World:
    """What tests change and ask."""

    connection: Connection
    cast: Cast
    now: datetime = NOW

    @property
    def root(self) -> Person:
        return self.cast("GSP root <root@secretariat.test>")

    @property
    def adaeze(self) -> Person:
        """Of the Secretariat."""
        return self.cast("Adaeze Obi <adaeze@secretariat.test>")

    @property
    def bruno(self) -> Person:
        """Of the Secretariat, too."""
        return self.cast("Bruno Silva <bruno@secretariat.test>")

    def administrator(self, party: str) -> Person:
        return self.cast(f"Administrator {party} <{ADMINISTRATORS[party]}>")

    def reading(self, party: str) -> Person:
        return self.cast(f"{party} reading <{party.lower()}@gsp.test>")

    def actor(self, person: Person) -> Actor:
        """The person, as an act sees who signed."""
        return Actor(self.certificate(person.fingerprint).person, person.fingerprint, b"")

    def certificate(self, fingerprint: str) -> Certificate:
        found = find_certificate(self.connection, fingerprint)
        assert found is not None
        return found

    def in_force(self, person: Person) -> bool:
        return self.certificate(person.fingerprint).valid_at(self.now)

    def officer(self, address: str) -> Officer:
        found = find_officer(self.connection, address)
        assert found is not None
        return found

    def certified(self, person: Person, by: Person) -> bytes:
        """The person's certificate, certified 50 days ago."""
        return certify(by, person.certificate, at=ago(50))

    def admit_officer(
        self, person: Person, party: str, *, actor: Actor = CUSTODIAN, certified: bool = True, who: int | None = None
    ) -> Officer:
        octets = self.certified(person, self.administrator(party)) if certified else person.certificate
        admission = Admission(person.address, party, octets, "$argon2id$none", QUERY, person=who)
        return admit_officer(self.connection, actor, admission, rules=RULES, now=self.now)

    def statement(self, proposal: Proposal, person: Person, *, approves: bool = True) -> bytes:
        """What the person signs and sends."""
        return person.sign(write_approval(approval_to_sign(self.connection, proposal, approves=approves)))

    def approve(self, proposal: Proposal, person: Person, *, approves: bool = True) -> Progress:
        statement = self.statement(proposal, person, approves=approves)
        return approve(self.connection, statement, rules=RULES, now=self.now)


def reading_certificate(world: World, person: Person, party: str) -> bytes:
    """Certified by the Party's administrator and by the root."""
    by_root = certify(world.root, person.certificate, at=ago(50))
    return certify(world.administrator(party), by_root, at=ago(49))


def make_world(connection: Connection, cast: Cast) -> World:
    """The directory after the ceremony; the root was installed 60 days ago."""
    world = World(connection, cast, CEREMONY)
    gateway = cast("gateway <query@gsp.test>").certificate
    facts = examine_certificate(gateway, "query@gsp.test", now=CEREMONY, special_use_domains=True)
    admit_certificate(connection, facts, purpose=Purpose.GATEWAY, party=None, now=CEREMONY)
    for person in (world.adaeze, world.bruno):
        name = "Adaeze Obi" if person is world.adaeze else "Bruno Silva"
        octets = certify(world.root, person.certificate, at=ago(90))
        admit_secretariat_person(connection, CUSTODIAN, name, person.address, octets, rules=RULES, now=CEREMONY)
    for code, domains in PARTIES.items():
        party = Party(code, code, date(2020, 1, 1), None, active=True, domains=domains)
        admit_party(connection, CUSTODIAN, party, rules=RULES, now=CEREMONY)
        administrator = world.administrator(code)
        octets = administrator.certificate
        for domain in domains:
            octets = tsign(world.root, octets, domain, at=ago(90))
        roles = frozenset({Role.ADMINISTER})
        admission = Admission(administrator.address, code, octets, "$argon2id$none", roles)
        admit_officer(connection, CUSTODIAN, admission, rules=RULES, now=CEREMONY)
        appoint_administrator(connection, CUSTODIAN, administrator.address, rules=RULES, now=CEREMONY)
    install_root(connection, CUSTODIAN, world.root.certificate, rules=RULES, now=CEREMONY)
    world.now = NOW
    for code in PARTIES:
        octets = reading_certificate(world, world.reading(code), code)
        admit_reading_certificate(connection, CUSTODIAN, code, octets, rules=RULES, now=NOW)
    return world
