"""Access derived from certifications: who certified whom, how far that reaches, and how long it holds."""

from collections.abc import Callable

from keyring_admin.chain_state import ChainState
from keyring_admin.key_log.chain import verify_entries
from keyring_admin.key_log.log import entries

from ..conftest import Homes
from ..people import Person, certify, make_person
from .conftest import NOW, Directory, ago

ALICE = "alice@customs.ke.test"


def test_administrator_and_officer_are_in_force_and_the_log_says_since_when(
    directory: Directory, admin_ke: Person, alice: Person
) -> None:
    fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80)), ALICE)
    assert directory.certificate(fingerprint).chain is ChainState.UNDERIVED
    assert not directory.certificate(fingerprint).valid_at(NOW)
    changes = directory.derive()
    assert {change.fingerprint: change.after for change in changes} == {
        fingerprint: ChainState.IN_FORCE,
        admin_ke.fingerprint: ChainState.IN_FORCE,
        directory.fingerprints["UT"]: ChainState.IN_FORCE,
    }
    assert directory.certificate(fingerprint).valid_at(NOW)
    assert directory.derive() == ()
    logged = list(entries(directory.connection))
    verify_entries(logged)
    assert {entry.subject for entry in logged if entry.act == "access-derived"} == {c.fingerprint for c in changes}


def test_without_a_certification_there_is_no_access(directory: Directory, alice: Person) -> None:
    fingerprint = directory.admit(alice.certificate, ALICE)
    assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED


def test_a_stranger_s_certification_is_worth_nothing(
    directory: Directory, alice: Person, someone: Callable[[str], Person]
) -> None:
    stranger = someone("Administrator <admin@customs.ke.test>")
    fingerprint = directory.admit(certify(stranger, alice.certificate), ALICE)
    assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED


def test_another_party_s_administrator_can_not_give_access(
    directory: Directory, admin_ut: Person, alice: Person
) -> None:
    fingerprint = directory.admit(certify(admin_ut, alice.certificate, at=ago(80)), ALICE)
    assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED


def test_the_root_s_own_certification_makes_nobody_an_officer(directory: Directory, alice: Person) -> None:
    fingerprint = directory.admit(certify(directory.root, alice.certificate, at=ago(80)), ALICE)
    assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED


def test_a_certification_of_another_user_id_does_not_count(
    directory: Directory, admin_ke: Person, homes: Homes
) -> None:
    """KEY-14: what was certified is a User ID, not a key."""
    person = make_person(homes.new(), f"Alice <{ALICE}>", at=ago(100))
    from ..people import gpg  # noqa: PLC0415 - only here

    other = "Alice <alice@customs.ke.test.evil.test>"
    gpg(person.home, "--quick-add-uid", person.fingerprint, other, at=ago(99))
    fingerprint = directory.admit(certify(admin_ke, person.certificate, other, at=ago(80)), ALICE)
    assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED
