"""A directory with a root, two Parties, their administrators, officers and reading certificates; all keys real."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, update

from keyring_admin.administration_schema import administrator_domains, administrators, root_certificates
from keyring_admin.certificate_store import Certificate, Purpose, admit_certificate, find_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.chain.derive import AccessChange, derive_access
from keyring_admin.chain_state import ChainState
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.officers import Officer, Role, admit_officer, find_officer
from keyring_admin.parties import Party, admit_party
from keyring_admin.schema import certificates

from ..conftest import Homes
from ..people import Person, make_person, tsign

NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=100)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture(scope="session")
def cast(homes: Homes) -> Callable[[str], Person]:
    """The same person each time, with a key that is 100 days old; do not revoke or renew them."""
    known: dict[str, Person] = {}

    def find(user_id: str) -> Person:
        if user_id not in known:
            known[user_id] = make_person(homes.new(), user_id, at=LONG_AGO, expire="2y")
        return known[user_id]

    return find


@dataclass
class Directory:
    """What tests change and ask."""

    connection: Connection
    root: Person
    now: datetime = NOW
    fingerprints: dict[str, str] = field(default_factory=dict)

    def admit(self, octets: bytes, address: str, party: str | None = "KE", purpose: Purpose = Purpose.OFFICER) -> str:
        """Examined and stored, with an officer where there is none yet. The fingerprint."""
        must_sign = purpose is not Purpose.READING
        facts = examine_certificate(octets, address, now=NOW, special_use_domains=True, must_sign=must_sign)
        admit_certificate(self.connection, facts, purpose=purpose, party=party, now=self.now)
        if purpose is Purpose.OFFICER and find_officer(self.connection, address) is None:
            roles = frozenset({Role.QUERY})
            officer = Officer(0, address, party or "", "en", roles, True, facts.fingerprint, "x")
            admit_officer(self.connection, officer)
        return facts.fingerprint

    def appoint(self, address: str, *domains: str, region: str | None = None) -> int:
        officer = find_officer(self.connection, address)
        assert officer is not None
        made = self.connection.execute(
            insert(administrators)
            .values(officer=officer.id, party=officer.party, region=region, appointed_at=LONG_AGO)
            .returning(administrators.c.id)
        ).scalar_one()
        self.connection.execute(
            insert(administrator_domains), [{"administrator": made, "domain": domain} for domain in domains]
        )
        return int(made)

    def install_root(self, octets: bytes) -> None:
        self.connection.execute(delete(root_certificates))
        values = {"fingerprint": self.root.fingerprint, "octets": octets, "installed_at": LONG_AGO}
        self.connection.execute(insert(root_certificates).values(**values))

    def derive(self, **options: Any) -> tuple[AccessChange, ...]:
        return derive_access(self.connection, now=self.now, special_use_domains=True, **options)

    def certificate(self, fingerprint: str) -> Certificate:
        found = find_certificate(self.connection, fingerprint)
        assert found is not None
        return found

    def state(self, fingerprint: str) -> ChainState:
        """Derived now."""
        self.derive()
        return self.certificate(fingerprint).chain

    def replace(self, fingerprint: str, octets: bytes) -> None:
        """As if this had been what came first."""
        self.connection.execute(
            update(certificates).where(certificates.c.fingerprint == fingerprint).values(octets=octets)
        )


@pytest.fixture
def directory(tmp_path: Path, cast: Callable[[str], Person]) -> Iterator[Directory]:
    """The root is installed, Kenya's and Utopia's administrators are appointed; nobody else."""
    engine = open_database(f"sqlite:///{tmp_path / 'directory.db'}")
    metadata.create_all(engine)
    root = cast("GSP root <root@secretariat.test>")
    with write_transaction(engine) as connection:
        made = Directory(connection, root)
        made.install_root(root.certificate)
        gateway = cast("gateway <query@gsp.test>").certificate
        made.admit(gateway, "query@gsp.test", None, Purpose.GATEWAY)
        for code, domains in (("KE", ("customs.ke.test", "coast.ke.test")), ("UT", ("utopia.test",))):
            admit_party(connection, Party(code, code, date(2020, 1, 1), None, True, domains))
        for code, address, domain in (
            ("KE", "admin@customs.ke.test", "customs.ke.test"),
            ("UT", "admin@utopia.test", "utopia.test"),
        ):
            person = cast(f"Administrator <{address}>")
            octets = tsign(root, person.certificate, domain, at=ago(90))
            made.fingerprints[code] = made.admit(octets, address, code)
            made.appoint(address, domain)
        yield made
    engine.dispose()


@pytest.fixture
def admin_ke(cast: Callable[[str], Person]) -> Person:
    return cast("Administrator <admin@customs.ke.test>")


@pytest.fixture
def admin_ut(cast: Callable[[str], Person]) -> Person:
    return cast("Administrator <admin@utopia.test>")


@pytest.fixture
def alice(cast: Callable[[str], Person]) -> Person:
    """An officer of Kenya."""
    return cast("Alice <alice@customs.ke.test>")
