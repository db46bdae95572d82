"""Fresh copies: what a holder renews, an administrator certifies, or somebody revokes, comes in; nothing goes back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete

from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.certificates import Brought, bring_certificate
from keyring_admin.acts.root import install_root, root_in_force
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.administration_schema import root_certificates
from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.certificate_refusal import CertificateError, CertificateRefusal
from keyring_admin.certificate_store import withdraw_certificate
from keyring_admin.chain.explanation import explain
from keyring_admin.chain_state import ChainState
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.log import entries

from ..conftest import Homes
from ..people import Person, certify, gpg, make_person, renew, revoke, tsign
from .conftest import NOW, Directory, ago

ALICE = "alice@customs.ke.test"
RULES = DirectoryRules(gateway_domain="gsp.test", special_use_domains=True)


def bring(directory: Directory, octets: bytes) -> Brought:
    return bring_certificate(directory.connection, CUSTODIAN, octets, rules=RULES, now=directory.now)


def acts(directory: Directory) -> list[str]:
    return [entry.act for entry in entries(directory.connection)]


@pytest.fixture
def mortal(homes: Homes) -> Person:
    """An officer whose key a test may change."""
    return make_person(homes.new(), f"Alice <{ALICE}>", expire="30d", at=ago(20))


def test_the_certified_copy_brings_access_and_a_second_time_nothing(
    directory: Directory, admin_ke: Person, alice: Person
) -> None:
    fingerprint = directory.admit(alice.certificate, ALICE)
    directory.derive()
    brought = bring(directory, certify(admin_ke, alice.certificate, at=ago(80)))
    assert [(each.fingerprint, each.after) for each in brought.access] == [(fingerprint, ChainState.IN_FORCE)]
    again = bring(directory, certify(admin_ke, alice.certificate, at=ago(80)))
    assert again.access == ()
    assert bring(directory, alice.certificate) == Brought(fingerprint, "KE", changed=False, revoked=False, access=())


def test_a_renewal_keeps_access_and_an_older_copy_does_not_shorten_it(
    directory: Directory, admin_ke: Person, mortal: Person
) -> None:
    """KEY-10."""
    first = certify(admin_ke, mortal.certificate, at=ago(10))
    fingerprint = directory.admit(first, ALICE)
    assert directory.state(fingerprint) is ChainState.IN_FORCE
    brought = bring(directory, renew(mortal, "1y", at=ago(1)))
    assert brought.changed
    assert directory.certificate(fingerprint).valid_at(NOW + timedelta(days=300))
    assert not bring(directory, first).changed
    assert directory.certificate(fingerprint).valid_at(NOW + timedelta(days=300))
    assert directory.certificate(fingerprint).encryption_key_ids(NOW + timedelta(days=300))


def test_a_revocation_that_comes_with_a_fresh_copy_counts_and_sticks(
    directory: Directory, admin_ke: Person, mortal: Person
) -> None:
    """KEY-07, KEY-09, k05, k06."""
    good = certify(admin_ke, mortal.certificate, at=ago(10))
    fingerprint = directory.admit(good, ALICE)
    directory.derive()
    brought = bring(directory, revoke(mortal, at=ago(1)))
    assert brought.revoked
    assert brought.access[0].after is ChainState.REVOKED
    assert "certificate-revoked" in acts(directory)
    assert bring(directory, good).access == ()
    assert directory.state(fingerprint) is ChainState.REVOKED
    assert not directory.certificate(fingerprint).valid_at(NOW)


def test_the_revocation_certificate_alone_is_enough(directory: Directory, admin_ke: Person, mortal: Person) -> None:
    fingerprint = directory.admit(certify(admin_ke, mortal.certificate, at=ago(10)), ALICE)
    directory.derive()
    file = mortal.home / "openpgp-revocs.d" / f"{mortal.fingerprint}.rev"
    assert bring(directory, file.read_bytes()).revoked  # with GnuPG's text before it, as it lies in the folder
    assert directory.state(fingerprint) is ChainState.REVOKED


def test_a_forged_revocation_changes_nothing(directory: Directory, alice: Person, mortal: Person) -> None:
    fingerprint = directory.admit(mortal.certificate, ALICE)
    file = mortal.home / "openpgp-revocs.d" / f"{mortal.fingerprint}.rev"
    signature = bytearray(gpg(mortal.home, "--dearmor", stdin=file.read_bytes().replace(b":-----", b"-----")))
    signature[-2] ^= 1
    stored = directory.certificate(fingerprint).octets
    with pytest.raises(DirectoryError, match="not signed by the key"):
        bring(directory, bytes(signature))
    stranger = alice.home / "openpgp-revocs.d" / f"{alice.fingerprint}.rev"
    with pytest.raises(DirectoryError, match="not in the directory"):
        bring(directory, stranger.read_bytes())
    assert directory.certificate(fingerprint).octets == stored


def test_who_is_not_in_the_directory_or_was_withdrawn_is_not_let_in_this_way(
    directory: Directory, admin_ke: Person, alice: Person
) -> None:
    with pytest.raises(DirectoryError, match="not in the directory"):
        bring(directory, alice.certificate)
    fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80)), ALICE)
    withdraw_certificate(directory.connection, fingerprint, now=NOW)
    with pytest.raises(DirectoryError, match="withdrawn"):
        bring(directory, alice.certificate)


def test_a_copy_the_door_refuses_is_refused(directory: Directory, mortal: Person) -> None:
    directory.admit(mortal.certificate, ALICE)
    gpg(mortal.home, "--allow-freeform-uid", "--quick-add-uid", mortal.fingerprint, "A <a@b.test> <c@d.test>")
    with pytest.raises(CertificateError) as error:
        bring(directory, mortal.certificate)
    assert error.value.reason is CertificateRefusal.TWO_ADDRESSES


class TestRoot:
    def test_the_first_root_takes_access_from_all_it_did_not_certify(self, directory: Directory, alice: Person) -> None:
        directory.connection.execute(delete(root_certificates))
        fingerprint = directory.admit(alice.certificate, ALICE)
        assert directory.certificate(fingerprint).chain is ChainState.BY_HAND
        octets = directory.root.certificate
        changes = install_root(directory.connection, CUSTODIAN, octets, rules=RULES, now=NOW)
        assert {each.after for each in changes if each.fingerprint == fingerprint} == {ChainState.NOT_CERTIFIED}
        root = root_in_force(directory.connection)
        assert root is not None
        assert root.fingerprint == directory.root.fingerprint
        assert acts(directory)[0] == "root-installed"
        with pytest.raises(DirectoryError, match="a root is installed"):
            install_root(directory.connection, CUSTODIAN, octets, rules=RULES, now=NOW)

    def test_somebody_s_own_certificate_is_no_root(self, directory: Directory, admin_ke: Person) -> None:
        directory.connection.execute(delete(root_certificates))
        with pytest.raises(DirectoryError, match="for somebody else"):
            install_root(directory.connection, CUSTODIAN, admin_ke.certificate, rules=RULES, now=NOW)

    def test_an_expired_revoked_or_secret_root_is_refused(self, directory: Directory, homes: Homes) -> None:
        directory.connection.execute(delete(root_certificates))
        old = make_person(homes.new(), "Old root <root@secretariat.test>", expire="10d", at=ago(50))
        revoked = make_person(homes.new(), "Bad root <root@secretariat.test>", at=ago(50))
        revoke(revoked, at=ago(40))
        for octets, reason in (
            (old.certificate, CertificateRefusal.EXPIRED),
            (revoked.certificate, CertificateRefusal.REVOKED),
            (directory.root.secret, CertificateRefusal.SECRET),
        ):
            with pytest.raises(CertificateError) as error:
                install_root(directory.connection, CUSTODIAN, octets, rules=RULES, now=NOW)
            assert error.value.reason is reason

    def test_a_revoked_root_ends_all_access_and_no_older_copy_brings_it_back(
        self, directory: Directory, homes: Homes, admin_ke: Person
    ) -> None:
        root = make_person(homes.new(), "Second root <root@secretariat.test>", at=ago(100))
        directory.root = root
        directory.install_root(root.certificate)
        own = directory.admit(tsign(root, admin_ke.certificate, "customs.ke.test", at=ago(90)), admin_ke.address)
        assert directory.state(own) is ChainState.IN_FORCE
        good = root.certificate
        brought = bring(directory, revoke(root, at=ago(3)))
        assert brought.revoked
        assert {each.after for each in brought.access} >= {ChainState.CERTIFIER_NOT_IN_FORCE}
        assert bring(directory, good).revoked
        assert directory.state(own) is ChainState.CERTIFIER_NOT_IN_FORCE


def test_the_explanation_names_each_link_and_changes_nothing(
    directory: Directory, admin_ke: Person, alice: Person
) -> None:
    fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80), expire="90d"), ALICE)
    found = explain(directory.connection, ALICE, rules=RULES, now=NOW)
    assert [link.role for link in found.links] == ["root", "administrator", "officer"]
    assert found.links[1].domains[0][0] == "customs.ke.test"
    last = found.last
    assert last is not None
    assert (last.state, last.certifier) == (ChainState.IN_FORCE, admin_ke.fingerprint)
    assert last.until == ago(80) + timedelta(days=90)
    assert last.stored is ChainState.UNDERIVED
    assert directory.certificate(fingerprint).chain is ChainState.UNDERIVED


def test_a_certificate_does_not_grow_without_end(
    directory: Directory, admin_ke: Person, alice: Person, someone: Callable[[str], Person]
) -> None:
    """k11: what strangers sign is dropped each time it comes."""
    fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80)), ALICE)
    size = len(directory.certificate(fingerprint).octets)
    octets = certify(admin_ke, alice.certificate, at=ago(80))
    for day in range(3):
        octets = certify(someone("Stranger <stranger@elsewhere.test>"), octets, at=ago(day))
        bring(directory, octets)
    stored = directory.certificate(fingerprint).octets
    assert len(read_one_certificate(stored).components[1].signatures) <= 3
    assert len(stored) < size + 400
