"""Another certificate for an officer who stays: both are accepted for a while, or the old one is gone at once."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

import mailroom.schema  # noqa: F401 - its tables belong to the database
from gateway.fact_finding import sender_facts
from gateway.gate import Headers
from gateway.policy.facts import SenderFacts
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.life import replace_certificate
from keyring_admin.acts.officers import Admission, admit_officer
from keyring_admin.acts.parties import admit_party
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.certificate_store import find_certificate
from keyring_admin.certificates import CertificateError
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.directory_cache import DirectoryView, _Kept
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.log import last_entry
from keyring_admin.officers import Role, find_officer
from keyring_admin.parties import Party

from ..people import Person

NOW = datetime.now(UTC)
RULES = DirectoryRules("gsp.test", special_use_domains=True)
ALICE = "alice@customs.ke.test"


@pytest.fixture(scope="module")
def old(someone: Callable[[str], Person]) -> Person:
    return someone(f"Alice <{ALICE}>")


@pytest.fixture(scope="module")
def new(someone: Callable[[str], Person]) -> Person:
    return someone(f"Alice M. <{ALICE}>")


@pytest.fixture
def connection(tmp_path: Path, old: Person) -> Iterator[Connection]:
    """Kenya, and its officer with the old certificate."""
    engine = open_database(f"sqlite:///{tmp_path / 'directory.db'}")
    metadata.create_all(engine)
    with write_transaction(engine) as connection:
        kenya = Party("KE", "Kenya", date(2020, 1, 1), None, active=True, domains=("customs.ke.test",))
        admit_party(connection, CUSTODIAN, kenya, rules=RULES, now=NOW)
        admission = Admission(ALICE, "KE", old.certificate, "$argon2id$", frozenset({Role.QUERY}))
        admit_officer(connection, CUSTODIAN, admission, rules=RULES, now=NOW)
        yield connection
    engine.dispose()


def replaced(connection: Connection, octets: bytes, *, at_once: bool = False) -> None:
    replace_certificate(connection, CUSTODIAN, ALICE, octets, at_once=at_once, rules=RULES, now=NOW)


def sender(connection: Connection, now: datetime) -> SenderFacts:
    officer = find_officer(connection, ALICE)
    assert officer is not None
    return sender_facts(DirectoryView(connection, _Kept(0)), officer.id, Headers(ALICE, (), (), None), now)


def test_both_certificates_count_during_the_overlap_and_the_new_one_afterwards(
    connection: Connection, old: Person, new: Person
) -> None:
    replaced(connection, new.certificate)
    for at, expected in (
        (NOW, [new.fingerprint, old.fingerprint]),
        (NOW + RULES.overlap - timedelta(seconds=1), [new.fingerprint, old.fingerprint]),
        (NOW + RULES.overlap, [new.fingerprint]),
    ):
        facts = sender(connection, at)
        assert [certificate.fingerprint for certificate in facts.certificates] == expected
        assert len(facts.signing_fingerprints(at)) == len(facts.encryption_key_ids(at)) == len(expected)
    entry = last_entry(connection)
    assert entry is not None
    assert (entry.act, entry.party, entry.subject) == ("certificate-replaced", "KE", new.fingerprint)
    assert old.fingerprint in entry.details
    assert "alice" not in entry.details


def test_a_lost_key_counts_for_nothing_from_this_moment(connection: Connection, old: Person, new: Person) -> None:
    replaced(connection, new.certificate, at_once=True)
    facts = sender(connection, NOW)
    assert [certificate.fingerprint for certificate in facts.certificates] == [new.fingerprint]
    withdrawn = find_certificate(connection, old.fingerprint)
    assert withdrawn is not None
    assert not withdrawn.valid_at(NOW)
    with pytest.raises(DirectoryError, match="cannot come back"):
        replaced(connection, old.certificate)


def test_a_lost_key_that_is_in_its_overlap_is_withdrawn_too(
    connection: Connection, someone: Callable[[str], Person], old: Person, new: Person
) -> None:
    replaced(connection, new.certificate)
    third = someone(f"Alice Third <{ALICE}>")
    replaced(connection, third.certificate, at_once=True)
    assert [certificate.fingerprint for certificate in sender(connection, NOW).certificates] == [third.fingerprint]
    for gone in (old, new):
        certificate = find_certificate(connection, gone.fingerprint)
        assert certificate is not None
        assert certificate.withdrawn_at == NOW


def test_the_same_certificate_a_foreign_one_and_anothers_are_refused(
    connection: Connection, someone: Callable[[str], Person], old: Person
) -> None:
    with pytest.raises(DirectoryError, match="the certificate the officer has"):
        replaced(connection, old.certificate)
    with pytest.raises(CertificateError):
        replaced(connection, someone("Bob <bob@customs.ke.test>").certificate)
    assert [certificate.fingerprint for certificate in sender(connection, NOW).certificates] == [old.fingerprint]
