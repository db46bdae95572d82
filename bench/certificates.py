"""Ten thousand officers move in: the time to examine, judge, store and log their certificates, and to list them after.

python -m bench.certificates --officers 10000
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert

from bench.certificate_maker import certification, certified, make_certificate, make_key
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.bulk import BulkImport, BulkOfficer
from keyring_admin.acts.officers import Admission, admit_officer
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.administration_schema import administrator_domains, administrators, root_certificates
from keyring_admin.certificate_listing import list_rows
from keyring_admin.certificate_store import find_certificate, gateway_certificates, reading_certificates
from keyring_admin.chain.derive import derive_access, derive_due_access
from keyring_admin.chain_state import ChainState
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.officers import OfficerKind, Role, find_officer
from keyring_admin.parties import Party, admit_party, find_party

_DOMAIN = "customs.bench.test"
_READS = 200
_RULES = DirectoryRules(gateway_domain="gsp.test", special_use_domains=True)


@dataclass(frozen=True, slots=True)
class ImportMeasurement:
    """Seconds. import_seconds: all officers; one_more_seconds: one more act afterwards; hourly_seconds: what the
    gateway does once an hour; list_seconds: all rows of `gsp keys list`; read_before_seconds, read_after_seconds: what
    a mail asks the directory about its sender and the Party, nothing kept from the mail before."""

    officers: int
    import_seconds: float
    one_more_seconds: float
    hourly_seconds: float
    list_seconds: float
    read_before_seconds: float
    read_after_seconds: float


def measure_import(officers: int, folder: Path) -> ImportMeasurement:
    """Make certificates (not measured), then admit them as `gsp keys import` does, into SQLite in `folder`."""
    engine = open_database(f"sqlite:///{folder / 'directory.db'}")
    metadata.create_all(engine)
    now = datetime.now(UTC)
    rows = _party(engine, officers + 1, now)
    read_before = _read_for_a_mail(engine, f"admin@{_DOMAIN}")
    started = time.perf_counter()
    bulk = BulkImport(engine, CUSTODIAN, "$argon2id$", _RULES, now)
    states = [outcome.state for outcomes in bulk.run(rows[:-1]) for outcome in outcomes]
    imported = time.perf_counter() - started
    if states != [ChainState.IN_FORCE] * officers:
        raise RuntimeError("not every certificate of the measurement is in force")
    started = time.perf_counter()
    with write_transaction(engine) as connection:
        last = rows[-1]
        admission = Admission(last.address, last.party, last.certificate, "$argon2id$", last.roles)
        admit_officer(connection, CUSTODIAN, admission, rules=_RULES, now=now)
    one_more = time.perf_counter() - started
    started = time.perf_counter()
    derive_due_access(engine, now=now, special_use_domains=True)
    hourly = time.perf_counter() - started
    started = time.perf_counter()
    with engine.connect() as connection:
        listed = sum(1 for _ in list_rows(connection))
    listing = time.perf_counter() - started
    read_after = _read_for_a_mail(engine, rows[officers // 2].address)
    engine.dispose()
    if listed != officers + 2:
        raise RuntimeError("the list does not have every certificate")
    return ImportMeasurement(officers, imported, one_more, hourly, listing, read_before, read_after)


def _read_for_a_mail(engine: Engine, address: str) -> float:
    """Median seconds of one read transaction: officer, Party, certificate, reading certificates, the gateway's."""
    seconds = []
    for _ in range(_READS):
        started = time.perf_counter()
        with engine.connect() as connection:
            officer = find_officer(connection, address)
            if officer is None or officer.certificate is None:
                raise RuntimeError("the officer of the measurement is not there")
            found = find_party(connection, officer.party), find_certificate(connection, officer.certificate)
            if None in found:
                raise RuntimeError("the officer of the measurement has no certificate")
            reading_certificates(connection, officer.party)
            gateway_certificates(connection)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _party(engine: Engine, officers: int, now: datetime) -> list[BulkOfficer]:
    """A root, one Party, one administrator in force; and the rows of the officers to come."""
    created = int((now - timedelta(days=2)).timestamp())
    root, administrator = make_key(created), make_key(created)
    address = f"admin@{_DOMAIN}"
    user_id = f"Administrator <{address}>".encode()
    own = certified(
        make_certificate(administrator, user_id),
        user_id,
        certification(root, administrator, user_id, created + 60, scope=_DOMAIN),
    )
    roles = frozenset({Role.QUERY})
    with write_transaction(engine) as connection:
        admit_party(connection, Party("BE", "Bench", date(2020, 1, 1), None, True, (_DOMAIN,)))
        octets = make_certificate(root, b"Root <root@secretariat.test>")
        values = {"fingerprint": root.fingerprint.hex().upper(), "octets": octets, "installed_at": now}
        connection.execute(insert(root_certificates).values(**values))
        admission = Admission(address, "BE", own, "$argon2id$", roles)
        admit_officer(connection, CUSTODIAN, admission, rules=_RULES, now=now)
        officer = find_officer(connection, address)
        made = connection.execute(
            insert(administrators)
            .values(officer=officer.id if officer is not None else 0, party="BE", appointed_at=now)
            .returning(administrators.c.id)
        ).scalar_one()
        connection.execute(insert(administrator_domains).values(administrator=made, domain=_DOMAIN))
        derive_access(connection, now=now, special_use_domains=True)
    rows: list[BulkOfficer] = []
    for number in range(officers):
        key, address = make_key(created), f"officer-{number}@{_DOMAIN}"
        user_id = f"Officer {number} <{address}>".encode()
        signature = certification(administrator, key, user_id, created + 120)
        octets = certified(make_certificate(key, user_id), user_id, signature)
        rows.append(BulkOfficer(address, "BE", roles, "en", OfficerKind.PERSON, octets))
    return rows


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--officers", type=int, default=10_000)
    with tempfile.TemporaryDirectory(prefix="gsp-bench-") as folder:
        measured = measure_import(parser.parse_args().officers, Path(folder))
    print(f"officers                         {measured.officers}")
    print(f"import                           {measured.import_seconds:.1f} s")
    print(f"one more officer after that      {measured.one_more_seconds * 1000:.0f} ms")
    print(f"what the gateway does each hour  {measured.hourly_seconds * 1000:.0f} ms")
    print(f"list of all                      {measured.list_seconds * 1000:.0f} ms")
    print(f"read for a mail, one officer     {measured.read_before_seconds * 1000:.2f} ms")
    print(f"read for a mail, all of them     {measured.read_after_seconds * 1000:.2f} ms")


if __name__ == "__main__":
    main()
