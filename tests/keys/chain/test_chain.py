"""Access derived from certifications: who certified whom, how far that reaches, and how long it holds."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from keyring_admin.administration_schema import administrators, root_certificates
from keyring_admin.certificate_store import Purpose, reading_certificates
from keyring_admin.certificates import merged
from keyring_admin.chain_state import ChainState
from keyring_admin.key_log.chain import verify_entries
from keyring_admin.key_log.log import entries
from keyring_admin.schema import officers, parties

from ..conftest import Homes
from ..people import Person, certify, gpg, make_person, renew, revoke, revoke_certification, tsign
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
    """KEY-14: what is certified is a User ID, not a key."""
    person = make_person(homes.new(), f"Alice <{ALICE}>", at=ago(100))
    other = "Alice <alice@customs.ke.test.evil.test>"
    gpg(person.home, "--quick-add-uid", person.fingerprint, other, at=ago(99))
    fingerprint = directory.admit(certify(admin_ke, person.certificate, other, at=ago(80)), ALICE)
    assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED
    directory.admit(certify(admin_ke, person.certificate, f"Alice <{ALICE}>", at=ago(80)), ALICE)
    assert directory.state(fingerprint) is ChainState.IN_FORCE


def test_a_user_id_its_holder_revoked_does_not_count(directory: Directory, admin_ke: Person, homes: Homes) -> None:
    person = make_person(homes.new(), f"Alice <{ALICE}>", at=ago(100))
    gpg(person.home, "--quick-add-uid", person.fingerprint, "Alice <alice@other.test>", at=ago(99))
    fingerprint = directory.admit(certify(admin_ke, person.certificate, at=ago(80)), ALICE)
    assert directory.state(fingerprint) is ChainState.IN_FORCE
    gpg(person.home, "--quick-revoke-uid", person.fingerprint, f"Alice <{ALICE}>", at=ago(70))
    directory.replace(fingerprint, certify(admin_ke, person.certificate, at=ago(60)))
    assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED


class TestTime:
    """KEY-17, KEY-18: what has expired, was revoked, or has not begun."""

    def test_a_certification_expires_at_its_moment_even_if_nothing_is_derived(
        self, directory: Directory, admin_ke: Person, alice: Person
    ) -> None:
        fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80), expire="90d"), ALICE)
        assert directory.state(fingerprint) is ChainState.IN_FORCE
        end = ago(80) + timedelta(days=90)
        assert directory.certificate(fingerprint).chain_until == end
        assert directory.certificate(fingerprint).valid_at(end - timedelta(seconds=1))
        assert not directory.certificate(fingerprint).valid_at(end)
        directory.now = end
        assert directory.state(fingerprint) is ChainState.CERTIFICATION_EXPIRED

    def test_a_certification_of_tomorrow_counts_tomorrow(
        self, directory: Directory, admin_ke: Person, alice: Person
    ) -> None:
        fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(-1)), ALICE)
        assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED
        directory.now = ago(-1)
        changes = directory.derive(due_only=True)
        assert [(change.fingerprint, change.after) for change in changes] == [(fingerprint, ChainState.IN_FORCE)]

    def test_a_revoked_certification_and_one_made_after(
        self, directory: Directory, admin_ke: Person, alice: Person
    ) -> None:
        certified = certify(admin_ke, alice.certificate, at=ago(80))
        revoked = revoke_certification(admin_ke, certified, at=ago(70))
        fingerprint = directory.admit(revoked, ALICE)
        assert directory.state(fingerprint) is ChainState.CERTIFICATION_REVOKED
        directory.admit(certified, ALICE)  # an older copy
        assert directory.state(fingerprint) is ChainState.CERTIFICATION_REVOKED
        directory.admit(certify(admin_ke, revoked, at=ago(60)), ALICE)
        assert directory.state(fingerprint) is ChainState.IN_FORCE

    def test_of_one_second_the_revocation_counts(self, directory: Directory, admin_ke: Person, homes: Homes) -> None:
        """GnuPG itself would go on taking the certification for good."""
        person = make_person(homes.new(), f"Alice <{ALICE}>", at=ago(100))
        certified = certify(admin_ke, person.certificate, at=ago(80))
        fingerprint = directory.admit(revoke_certification(admin_ke, certified, at=ago(80)), ALICE)
        assert directory.state(fingerprint) is ChainState.CERTIFICATION_REVOKED

    def test_a_revoked_administrator_gives_access_to_nobody(
        self, directory: Directory, homes: Homes, alice: Person
    ) -> None:
        administrator = make_person(homes.new(), "Second <second@customs.ke.test>", at=ago(100))
        octets = tsign(directory.root, administrator.certificate, "customs.ke.test", at=ago(90))
        own = directory.admit(octets, "second@customs.ke.test")
        directory.appoint("second@customs.ke.test", "customs.ke.test")
        fingerprint = directory.admit(certify(administrator, alice.certificate, at=ago(80)), ALICE)
        assert directory.state(fingerprint) is ChainState.IN_FORCE
        directory.replace(own, merged(octets, revoke(administrator, at=ago(5))))
        assert directory.state(own) is ChainState.REVOKED
        assert directory.state(fingerprint) is ChainState.CERTIFIER_NOT_IN_FORCE

    def test_an_administrator_s_end_takes_access_from_those_only_they_certified(
        self, directory: Directory, admin_ke: Person, alice: Person
    ) -> None:
        fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80)), ALICE)
        assert directory.state(fingerprint) is ChainState.IN_FORCE
        directory.connection.execute(update(administrators).values(ended_at=NOW))
        assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED

    def test_an_administrator_s_expiry_ends_what_they_certified(
        self, directory: Directory, homes: Homes, alice: Person
    ) -> None:
        administrator = make_person(homes.new(), "Brief <brief@customs.ke.test>", at=ago(100), expire="120d")
        octets = tsign(directory.root, administrator.certificate, "customs.ke.test", at=ago(90))
        directory.admit(octets, "brief@customs.ke.test")
        directory.appoint("brief@customs.ke.test", "customs.ke.test")
        fingerprint = directory.admit(certify(administrator, alice.certificate, at=ago(80)), ALICE)
        directory.derive()
        end = ago(100) + timedelta(days=120)
        assert directory.certificate(fingerprint).chain_until == end
        directory.now = end
        assert directory.state(fingerprint) is ChainState.CERTIFIER_NOT_IN_FORCE
        renewed = tsign(directory.root, renew(administrator, "2y", at=ago(1)), "customs.ke.test", at=ago(90))
        directory.admit(renewed, "brief@customs.ke.test")
        assert directory.state(fingerprint) is ChainState.IN_FORCE

    @pytest.mark.parametrize("reason", [1, 2])
    def test_a_revoked_root_leaves_nobody_in_force(
        self, directory: Directory, homes: Homes, admin_ke: Person, alice: Person, reason: int
    ) -> None:
        root = make_person(homes.new(), "Short root <root@secretariat.test>", at=ago(100))
        directory.root = root
        directory.install_root(root.certificate)
        own = directory.admit(tsign(root, admin_ke.certificate, "customs.ke.test", at=ago(90)), admin_ke.address)
        fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80)), ALICE)
        assert directory.state(fingerprint) is ChainState.IN_FORCE
        directory.install_root(revoke(root, at=ago(3), reason=reason))
        assert directory.state(fingerprint) is ChainState.CERTIFIER_NOT_IN_FORCE
        assert directory.certificate(own).chain is ChainState.CERTIFIER_NOT_IN_FORCE

    def test_an_expired_root_leaves_nobody_in_force(
        self, directory: Directory, admin_ke: Person, alice: Person
    ) -> None:
        fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80)), ALICE)
        directory.now = ago(-800)
        assert directory.state(fingerprint) is ChainState.EXPIRED  # Alice's own key, too
        assert directory.state(admin_ke.fingerprint) is ChainState.EXPIRED

    def test_a_root_that_was_retired_without_another_leaves_nobody_in_force(
        self, directory: Directory, admin_ke: Person, alice: Person
    ) -> None:
        fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80)), ALICE)
        directory.connection.execute(update(root_certificates).values(retired_at=NOW))
        assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED_BY_ROOT


class TestScope:
    """KEY-14, KEY-15, KEY-16: how far the root's trust signature lets an administrator reach."""

    @pytest.mark.parametrize(
        "domain", ["", "test", "ke.test", "customs.ke.test.evil.test", "evilcustoms.ke.test", ".*"]
    )
    def test_no_scope_or_another_one_makes_no_administrator(
        self, directory: Directory, cast: Callable[[str], Person], domain: str
    ) -> None:
        person = cast("New <new@customs.ke.test>")
        octets = tsign(directory.root, person.certificate, domain, at=ago(90))
        fingerprint = directory.admit(octets, "new@customs.ke.test")
        directory.appoint("new@customs.ke.test", "customs.ke.test")
        assert directory.state(fingerprint) is ChainState.TRUST_NOT_SCOPED

    @pytest.mark.parametrize(("depth", "full"), [(2, True), (1, False)])
    def test_another_depth_or_half_trust_makes_no_administrator(
        self, directory: Directory, cast: Callable[[str], Person], depth: int, *, full: bool
    ) -> None:
        person = cast("New <new@customs.ke.test>")
        octets = tsign(directory.root, person.certificate, "customs.ke.test", depth=depth, full=full, at=ago(90))
        fingerprint = directory.admit(octets, "new@customs.ke.test")
        directory.appoint("new@customs.ke.test", "customs.ke.test")
        assert directory.state(fingerprint) is ChainState.TRUST_NOT_SCOPED

    def test_a_plain_certification_by_the_root_makes_no_administrator(
        self, directory: Directory, cast: Callable[[str], Person]
    ) -> None:
        person = cast("New <new@customs.ke.test>")
        fingerprint = directory.admit(certify(directory.root, person.certificate, at=ago(90)), "new@customs.ke.test")
        directory.appoint("new@customs.ke.test", "customs.ke.test")
        assert directory.state(fingerprint) is ChainState.TRUST_NOT_SCOPED

    def test_an_appointment_without_the_root_s_signature_makes_no_administrator(
        self, directory: Directory, cast: Callable[[str], Person], alice: Person
    ) -> None:
        """The custodian can write the row, and nothing else."""
        person = cast("Friend <friend@customs.ke.test>")
        own = directory.admit(person.certificate, "friend@customs.ke.test")
        directory.appoint("friend@customs.ke.test", "customs.ke.test")
        fingerprint = directory.admit(certify(person, alice.certificate, at=ago(80)), ALICE)
        assert directory.state(fingerprint) is ChainState.CERTIFIER_NOT_IN_FORCE
        assert directory.certificate(own).chain is ChainState.NOT_CERTIFIED_BY_ROOT

    def test_several_trust_signatures_add_up_and_one_too_wide_spoils_them(
        self, directory: Directory, cast: Callable[[str], Person]
    ) -> None:
        person = cast("Both <both@customs.ke.test>")
        octets = tsign(directory.root, person.certificate, "customs.ke.test", at=ago(90))
        octets = tsign(directory.root, octets, "coast.ke.test", at=ago(89))
        own = directory.admit(octets, "both@customs.ke.test")
        directory.appoint("both@customs.ke.test", "customs.ke.test", "coast.ke.test")
        diver = cast("Diver <diver@coast.ke.test>")
        fingerprint = directory.admit(certify(person, diver.certificate, at=ago(80)), "diver@coast.ke.test")
        assert directory.state(fingerprint) is ChainState.IN_FORCE
        directory.admit(tsign(directory.root, octets, "utopia.test", at=ago(70)), "both@customs.ke.test")
        assert directory.state(own) is ChainState.TRUST_NOT_SCOPED
        assert directory.certificate(fingerprint).chain is ChainState.CERTIFIER_NOT_IN_FORCE

    def test_a_regional_administrator_reaches_the_region_only(
        self, directory: Directory, cast: Callable[[str], Person], alice: Person
    ) -> None:
        person = cast("Coast <coast@coast.ke.test>")
        directory.admit(tsign(directory.root, person.certificate, "coast.ke.test", at=ago(90)), "coast@coast.ke.test")
        directory.appoint("coast@coast.ke.test", "coast.ke.test", region="Coast")
        diver = cast("Diver <diver@coast.ke.test>")
        inside = directory.admit(certify(person, diver.certificate, at=ago(80)), "diver@coast.ke.test")
        outside = directory.admit(certify(person, alice.certificate, at=ago(80)), ALICE)
        assert directory.state(inside) is ChainState.IN_FORCE
        assert directory.state(outside) is ChainState.OUT_OF_SCOPE

    def test_the_gateway_s_own_domain_is_nobody_s_to_certify(self, directory: Directory, homes: Homes) -> None:
        person = make_person(homes.new(), "Wide <wide@customs.ke.test>", at=ago(100))
        octets = tsign(directory.root, person.certificate, "gsp.test", at=ago(90))
        own = directory.admit(octets, "wide@customs.ke.test")
        directory.appoint("wide@customs.ke.test", "customs.ke.test")
        assert directory.state(own) is ChainState.TRUST_NOT_SCOPED

    def test_an_officer_whom_an_administrator_trusts_certifies_nobody(
        self, directory: Directory, admin_ke: Person, cast: Callable[[str], Person], alice: Person
    ) -> None:
        """KEY-15: there is no second level."""
        middle = cast("Middle <middle@customs.ke.test>")
        octets = tsign(admin_ke, middle.certificate, "customs.ke.test", at=ago(90))
        directory.admit(octets, "middle@customs.ke.test")
        fingerprint = directory.admit(certify(middle, alice.certificate, at=ago(80)), ALICE)
        assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED


class TestReading:
    """DESIGN §8: a reading certificate needs its administrator and the root."""

    ADDRESS = "ke@gsp.test"

    def admit(self, directory: Directory, octets: bytes) -> str:
        return directory.admit(octets, self.ADDRESS, purpose=Purpose.READING)

    @pytest.fixture
    def kenya(self, cast: Callable[[str], Person]) -> Person:
        return cast("Kenya <ke@gsp.test>")

    def test_both_certifications_are_needed(self, directory: Directory, admin_ke: Person, kenya: Person) -> None:
        by_root = certify(directory.root, kenya.certificate, at=ago(80))
        by_both = certify(admin_ke, by_root, at=ago(79))
        fingerprint = self.admit(directory, kenya.certificate)
        assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED
        self.admit(directory, by_root)
        assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED
        self.admit(directory, by_both)
        assert directory.state(fingerprint) is ChainState.IN_FORCE
        (stored,) = reading_certificates(directory.connection, "KE")
        assert stored.valid_at(NOW)

    def test_the_administrator_alone_is_not_enough(self, directory: Directory, admin_ke: Person, kenya: Person) -> None:
        fingerprint = self.admit(directory, certify(admin_ke, kenya.certificate, at=ago(79)))
        assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED_BY_ROOT

    def test_another_party_s_administrator_does_not_count_although_gnupg_would_take_it(
        self, directory: Directory, admin_ut: Person, kenya: Person
    ) -> None:
        octets = certify(admin_ut, certify(directory.root, kenya.certificate, at=ago(80)), at=ago(79))
        assert directory.state(self.admit(directory, octets)) is ChainState.NOT_CERTIFIED

    def test_a_regional_administrator_does_not_speak_for_the_party(
        self, directory: Directory, cast: Callable[[str], Person], kenya: Person
    ) -> None:
        person = cast("Coast <coast@coast.ke.test>")
        directory.admit(tsign(directory.root, person.certificate, "coast.ke.test", at=ago(90)), "coast@coast.ke.test")
        directory.appoint("coast@coast.ke.test", "coast.ke.test", region="Coast")
        octets = certify(person, certify(directory.root, kenya.certificate, at=ago(80)), at=ago(79))
        assert directory.state(self.admit(directory, octets)) is ChainState.OUT_OF_SCOPE

    def test_one_that_was_made_a_certifier_is_refused(
        self, directory: Directory, admin_ke: Person, kenya: Person
    ) -> None:
        octets = tsign(directory.root, certify(admin_ke, kenya.certificate, at=ago(80)), "customs.ke.test", at=ago(79))
        assert directory.state(self.admit(directory, octets)) is ChainState.TRUST_NOT_SCOPED


def test_a_person_of_the_secretariat_needs_the_root(directory: Directory, cast: Callable[[str], Person]) -> None:
    person = cast("Clerk <clerk@secretariat.test>")
    address = "clerk@secretariat.test"
    fingerprint = directory.admit(person.certificate, address, None, Purpose.SECRETARIAT)
    assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED_BY_ROOT
    directory.admit(certify(directory.root, person.certificate, at=ago(80)), address, None, Purpose.SECRETARIAT)
    assert directory.state(fingerprint) is ChainState.IN_FORCE


def test_membership_is_part_of_the_chain(directory: Directory, admin_ke: Person, alice: Person) -> None:
    fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80)), ALICE)
    last = NOW.date() + timedelta(days=10)
    directory.connection.execute(update(parties).where(parties.c.code == "KE").values(member_until=last))
    assert directory.state(fingerprint) is ChainState.IN_FORCE
    end = datetime(last.year, last.month, last.day, tzinfo=UTC)
    assert directory.certificate(fingerprint).chain_until == end
    directory.now = end
    assert directory.state(fingerprint) is ChainState.NOT_A_MEMBER
    directory.connection.execute(update(parties).values(member_until=None, member_from=date(2099, 1, 1)))
    assert directory.state(fingerprint) is ChainState.NOT_A_MEMBER


def test_an_administrator_who_replaces_a_key_counts_with_both_for_the_overlap(
    directory: Directory, admin_ke: Person, alice: Person, homes: Homes
) -> None:
    fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80)), ALICE)
    new = make_person(homes.new(), "Administrator <admin@customs.ke.test>", at=ago(50))
    own = directory.admit(tsign(directory.root, new.certificate, "customs.ke.test", at=ago(40)), admin_ke.address)
    overlap = {"previous_certificate": admin_ke.fingerprint, "previous_until": ago(-14)}
    directory.connection.execute(
        update(officers).where(officers.c.address == admin_ke.address).values(certificate=own, **overlap)
    )
    assert directory.state(fingerprint) is ChainState.IN_FORCE
    directory.now = ago(-15)
    assert directory.state(fingerprint) is ChainState.NOT_CERTIFIED
    assert directory.certificate(own).chain is ChainState.IN_FORCE


def test_the_certification_of_a_look_alike_of_the_root_is_not_the_root_s(
    directory: Directory, admin_ke: Person, alice: Person, homes: Homes, cast: Callable[[str], Person]
) -> None:
    false_root = make_person(homes.new(), "GSP root <root@secretariat.test>", at=ago(100))
    person = cast("New <new@customs.ke.test>")
    octets = tsign(false_root, person.certificate, "customs.ke.test", at=ago(90))
    own = directory.admit(octets, "new@customs.ke.test")
    directory.appoint("new@customs.ke.test", "customs.ke.test")
    assert directory.state(own) is ChainState.NOT_CERTIFIED_BY_ROOT


def test_signatures_of_strangers_are_not_stored(
    directory: Directory, admin_ke: Person, alice: Person, someone: Callable[[str], Person]
) -> None:
    stranger = someone("Stranger <stranger@elsewhere.test>")
    certified = certify(admin_ke, alice.certificate, at=ago(80))
    fingerprint = directory.admit(certify(stranger, certified), ALICE)
    stored = directory.certificate(fingerprint).octets
    assert bytes.fromhex(stranger.fingerprint) not in stored
    assert bytes.fromhex(admin_ke.fingerprint) in stored


def test_one_derivation_for_one_certificate_leaves_the_others_alone(
    directory: Directory, admin_ke: Person, alice: Person
) -> None:
    fingerprint = directory.admit(certify(admin_ke, alice.certificate, at=ago(80)), ALICE)
    assert [change.fingerprint for change in directory.derive(certificate=fingerprint)] == [fingerprint]
    changed = {change.fingerprint for change in directory.derive(certificate=admin_ke.fingerprint)}
    assert changed == {admin_ke.fingerprint}
    assert directory.derive(party="KE") == ()
    assert {change.party for change in directory.derive()} == {"UT"}
