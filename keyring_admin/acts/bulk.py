"""Many officers at once: a Party moves in. Each is examined as one alone would be; one that is refused stops no other.

Officers only: administrators are appointed, reading certificates admitted, by their own acts.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine, select, update

from keyring_admin.acts.actor import Actor
from keyring_admin.acts.officers import address_digest
from keyring_admin.acts.recording import record_act
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.addresses import domain_of
from keyring_admin.certificate_refusal import CertificateRefusal
from keyring_admin.certificate_store import Purpose, admit_certificate
from keyring_admin.certificates import Candidate, CertificateFacts
from keyring_admin.chain.derivation import Derivation
from keyring_admin.chain.directory import root_octets
from keyring_admin.chain.judgement import Verdict
from keyring_admin.chain.verifying import Examined, examine_and_read
from keyring_admin.chain_state import ChainState
from keyring_admin.database import write_transaction
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import Officer, OfficerKind, Role, admit_officer
from keyring_admin.parties import require_party
from keyring_admin.people import add_person, folded, hold_certificate, list_people, name_on
from keyring_admin.schema import certificates, officers

BATCH = 200  # officers in one transaction: mail is accepted between two


@dataclass(frozen=True, slots=True)
class BulkOfficer:
    """One row. address: canonical. certificate: as it came."""

    address: str
    party: str
    roles: frozenset[Role]
    language: str
    kind: OfficerKind
    certificate: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of one row. refused: why, or None. state: what the chain says, or None where there is no root."""

    address: str
    refused: CertificateRefusal | str | None
    state: ChainState | None = None


@dataclass(frozen=True, slots=True)
class _Looked:
    """Rows of one Party, before anything is stored. known: addresses that are admitted already."""

    known: tuple[str, ...]
    judged: tuple[tuple[BulkOfficer, Examined, Verdict | None], ...]


@dataclass(frozen=True, slots=True)
class BulkImport:
    """Admits officers. password_hash: of a password nobody knows; `gsp officers password` issues one to each."""

    engine: Engine
    actor: Actor
    password_hash: str = field(repr=False)
    rules: DirectoryRules
    now: datetime

    def run(self, rows: Sequence[BulkOfficer], *, dry_run: bool = False) -> Iterator[list[BulkOutcome]]:
        """Admit them some at a time. Who is admitted already is told and left as is: it can be run again.

        dry_run: examine and judge, change nothing. Raises GnuPGError.
        """
        batches = list(_batches(rows))
        with ThreadPoolExecutor(1) as ahead:  # GnuPG looks at the next batch while this one is stored
            coming = ahead.submit(self._look, *batches[0]) if batches else None
            for number, (code, _rows) in enumerate(batches, 1):
                if coming is None:
                    return
                looked = coming.result()
                coming = ahead.submit(self._look, *batches[number]) if number < len(batches) else None
                yield list(self._outcomes(code, looked, dry_run=dry_run))

    def _look(self, code: str, rows: Sequence[BulkOfficer]) -> _Looked:
        """Rows of one Party: GnuPG runs before the transaction that writes."""
        with self.engine.connect() as connection:
            addresses = [row.address for row in rows]
            known = set(connection.scalars(select(officers.c.address).where(officers.c.address.in_(addresses))))
            fresh = [row for row in rows if row.address not in known]
            return _Looked(tuple(sorted(known)), tuple(self._judge(connection, code, fresh)))

    def _outcomes(self, code: str, looked: _Looked, *, dry_run: bool) -> Iterator[BulkOutcome]:
        for address in looked.known:
            yield BulkOutcome(address, "already admitted")
        if dry_run:
            for row, examined, verdict in looked.judged:
                refused = examined.verdict if isinstance(examined.verdict, CertificateRefusal) else None
                yield BulkOutcome(row.address, refused, verdict.state if verdict is not None else None)
            return
        with write_transaction(self.engine) as connection:
            people = _people(connection, code, self.now)
            for row, examined, verdict in looked.judged:
                yield self._admit(connection, row, examined.verdict, verdict, people)

    def _judge(
        self, connection: Connection, code: str, rows: Sequence[BulkOfficer]
    ) -> Iterator[tuple[BulkOfficer, Examined, Verdict | None]]:
        special = self.rules.special_use_domains
        root = root_octets(connection)
        derivation = Derivation(connection, root, self.now, special) if root is not None else None
        issuers = [root, *derivation.judged_administrators(code)[1]] if root is not None and derivation else []
        candidates = [Candidate(row.certificate, row.address) for row in rows]
        examined = examine_and_read(candidates, issuers, now=self.now, special_use_domains=special)
        for row, each in zip(rows, examined, strict=True):
            if derivation is None or each.signed is None:
                yield row, each, None
            else:
                yield row, each, derivation.officer_verdict(each.signed, code, row.address)

    def _admit(
        self,
        connection: Connection,
        row: BulkOfficer,
        facts: CertificateFacts | CertificateRefusal,
        verdict: Verdict | None,
        people: dict[str, int],
    ) -> BulkOutcome:
        if isinstance(facts, CertificateRefusal):
            return BulkOutcome(row.address, facts)
        attempt = connection.begin_nested()
        try:
            require_party(connection, row.party)
            domain = domain_of(row.address)
            require_right(connection, self.actor, Act.OFFICER_ADMITTED, now=self.now, party=row.party, domain=domain)
            admit_certificate(connection, facts, purpose=Purpose.OFFICER, party=row.party, now=self.now)
            person = _person(connection, row, facts.octets, people, self.now)
            hold_certificate(connection, facts.fingerprint, person)
            officer = Officer(
                id=0,
                address=row.address,
                party=row.party,
                language=row.language,
                roles=row.roles,
                active=True,
                certificate=facts.fingerprint,
                password_hash=self.password_hash,
                kind=row.kind,
                person=person,
            )
            number = admit_officer(connection, officer)
        except DirectoryError as error:
            attempt.rollback()
            return BulkOutcome(row.address, str(error))
        attempt.commit()
        if verdict is not None:
            connection.execute(
                update(certificates)
                .where(certificates.c.fingerprint == facts.fingerprint)
                .values(chain=verdict.state.value, chain_until=verdict.until)
            )
        record_act(
            connection,
            Act.OFFICER_ADMITTED,
            self.actor,
            now=self.now,
            party=row.party,
            subject=facts.fingerprint,
            details={
                "officer": number,
                "address-sha256": address_digest(row.address),
                "kind": row.kind.value,
                "roles": sorted(role.value for role in row.roles),
                "person": person,
                "chain": verdict.state.value if verdict is not None else None,
                "certified-by": verdict.certifier if verdict is not None else None,
            },
        )
        return BulkOutcome(row.address, None, verdict.state if verdict is not None else None)


def _batches(rows: Sequence[BulkOfficer]) -> Iterator[tuple[str, list[BulkOfficer]]]:
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        for code in dict.fromkeys(row.party for row in batch):
            yield code, [row for row in batch if row.party == code]


def _people(connection: Connection, code: str, now: datetime) -> dict[str, int]:
    """The Party's people in office by their names, as keyring_admin.people.person_for compares them."""
    found = [person for person in list_people(connection, party=code) if person.party == code]
    return {folded(person.name): person.id for person in reversed(found) if person.in_office_at(now)}


def _person(
    connection: Connection, row: BulkOfficer, certificate: bytes, people: dict[str, int], now: datetime
) -> int | None:
    """A machine is nobody: it is no pair of eyes."""
    if row.kind is OfficerKind.MACHINE:
        return None
    name = name_on(certificate)
    if folded(name) not in people:
        people[folded(name)] = add_person(connection, name, party=row.party, now=now)
    return people[folded(name)]
