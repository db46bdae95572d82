"""An officer, an administrator, a Party leaves: what ends, what is due, and what comes first."""

from datetime import timedelta

import pytest

from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.administrators import appoint_administrator, end_administrator, who_would_lose_access
from keyring_admin.acts.certificates import bring_certificate
from keyring_admin.acts.officers import (
    Admission,
    admit_officer,
    release_officer_address,
    remove_officer,
    resume_officer,
)
from keyring_admin.acts.parties import change_membership
from keyring_admin.acts.rotation import rotations
from keyring_admin.certificate_store import reading_certificates
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.log import entries
from keyring_admin.officers import Role, find_officer
from keyring_admin.parties import require_party
from keyring_admin.people import find_person
from keyring_admin.readiness import Readiness, readiness

from ..administration import NOW, QUERY, RULES, Cast, World, ago
from ..people import certify, tsign


def of(world: World, code: str) -> Readiness:
    return next(one for one in readiness(world.connection, {"KE"}, now=world.now) if one.party.code == code)


def test_an_officer_who_leaves_has_no_access_and_the_reading_key_has_to_go(world: World, cast: Cast) -> None:
    alice = cast("Alice <alice@customs.ke.test>")
    officer = world.admit_officer(alice, "KE")
    removal = remove_officer(world.connection, CUSTODIAN, alice.address, rules=RULES, now=NOW)
    assert removal.rotate == (world.reading("KE").fingerprint,)
    assert not world.in_force(alice)
    left = world.officer(alice.address)
    assert (left.active, left.roles, left.removed_at) == (False, frozenset(), NOW)
    person = find_person(world.connection, officer.person or 0)
    assert person is not None
    assert not person.in_office_at(NOW)
    with pytest.raises(DirectoryError):
        resume_officer(world.connection, CUSTODIAN, alice.address, rules=RULES, now=NOW)
    assert of(world, "KE").overdue == ()
    world.now = NOW + RULES.rotation
    assert of(world, "KE").overdue == removal.rotate


def test_the_day_on_which_a_rotation_is_due_does_not_move(world: World, cast: Cast) -> None:
    for number, name in enumerate(("Alice <alice@customs.ke.test>", "Bob <bob@customs.ke.test>")):
        world.admit_officer(cast(name), "KE")
        at = NOW + timedelta(days=number)
        remove_officer(world.connection, CUSTODIAN, cast(name).address, rules=RULES, now=at)
    assert [one.due_at for one in rotations(world.connection, "KE")] == [NOW + RULES.rotation]


def test_an_officer_without_a_role_never_held_the_reading_key(world: World, cast: Cast) -> None:
    alice = cast("Alice <alice@customs.ke.test>")
    octets = world.certified(alice, world.administrator("KE"))
    admission = Admission(alice.address, "KE", octets, "$argon2id$none", frozenset())
    admit_officer(world.connection, CUSTODIAN, admission, rules=RULES, now=NOW)
    assert remove_officer(world.connection, CUSTODIAN, alice.address, rules=RULES, now=NOW).rotate == ()
    assert rotations(world.connection, "KE") == []


def test_an_address_is_somebody_elses_only_after_its_quarantine_and_empty(world: World, cast: Cast) -> None:  # KEY-27
    alice, other = cast("Alice <alice@customs.ke.test>"), cast("Alice Other <alice@customs.ke.test>")
    former = world.admit_officer(alice, "KE")
    remove_officer(world.connection, CUSTODIAN, alice.address, rules=RULES, now=NOW)
    with pytest.raises(DirectoryError, match="quarantine"):
        world.admit_officer(other, "KE")

    def release(*, days: int, emptied: bool) -> None:
        at = NOW + timedelta(days=days)
        release_officer_address(
            world.connection, CUSTODIAN, alice.address, mailbox_emptied=emptied, rules=RULES, now=at
        )

    with pytest.raises(DirectoryError, match="until"):
        release(days=89, emptied=True)
    with pytest.raises(DirectoryError, match="still has mail"):
        release(days=90, emptied=False)
    release(days=90, emptied=True)
    assert find_officer(world.connection, alice.address) is None
    assert world.admit_officer(other, "KE").id != former.id
    with pytest.raises(DirectoryError, match="withdrawn"):  # a certificate that was withdrawn does not come back
        world.admit_officer(alice, "KE")


def test_before_an_administrator_goes_the_successor_certifies(world: World, cast: Cast) -> None:
    alice, bob = cast("Alice <alice@customs.ke.test>"), cast("Bob <bob@customs.ke.test>")
    world.admit_officer(alice, "KE")
    world.admit_officer(bob, "KE")
    old = world.administrator("KE")
    before = len(list(entries(world.connection)))
    losses = who_would_lose_access(world.connection, CUSTODIAN, old.address, rules=RULES, now=NOW)
    assert {loss.address for loss in losses} == {alice.address, bob.address, None}
    assert None in {loss.address for loss in losses}  # the reading certificate, too
    assert len(list(entries(world.connection))) == before
    assert world.in_force(alice)

    successor = cast("Successor <successor@customs.ke.test>")
    world.admit_officer(successor, "KE")
    appoint_administrator(world.connection, CUSTODIAN, successor.address, rules=RULES, now=NOW)
    octets = successor.certificate
    for domain in ("customs.ke.test", "coast.ke.test"):
        octets = tsign(world.root, octets, domain, at=ago(10))
    bring_certificate(world.connection, CUSTODIAN, octets, rules=RULES, now=NOW)
    for certificate in (alice.certificate, world.certificate(world.reading("KE").fingerprint).octets):
        fresh = certify(successor, certificate, at=ago(5))
        bring_certificate(world.connection, CUSTODIAN, fresh, rules=RULES, now=NOW)

    lost = end_administrator(world.connection, CUSTODIAN, old.address, rules=RULES, now=NOW)
    assert [loss.address for loss in lost] == [bob.address]
    assert world.in_force(alice)
    assert not world.in_force(bob)
    assert [one.fingerprint for one in reading_certificates(world.connection, "KE") if one.valid_at(NOW)] != []
    assert Role.ADMINISTER not in world.officer(old.address).roles
    assert of(world, "KE").administrator


def test_an_administrator_is_not_removed_in_passing(world: World) -> None:
    with pytest.raises(DirectoryError, match="administrators end"):
        remove_officer(world.connection, CUSTODIAN, world.administrator("KE").address, rules=RULES, now=NOW)


def test_a_party_that_leaves_is_out_on_its_day(world: World, cast: Cast) -> None:
    alice = cast("Alice <alice@customs.ke.test>")
    world.admit_officer(alice, "KE")
    last = (NOW + timedelta(days=30)).date()
    change_membership(world.connection, CUSTODIAN, "KE", member_until=last, rules=RULES, now=NOW)
    party = require_party(world.connection, "KE")
    assert party.member_on(last - timedelta(days=1))
    assert not party.member_on(last)
    assert world.in_force(alice)
    world.now = NOW + timedelta(days=31)  # nobody has to do anything on that day
    assert not world.in_force(alice)
    assert not of(world, "KE").member
    assert world.officer(alice.address).roles >= QUERY


def test_readiness_says_what_a_party_lacks(world: World) -> None:
    kenya, utopia = of(world, "KE"), of(world, "UT")
    assert (kenya.administrator, bool(kenya.reading), kenya.patterns, kenya.protection) == (True, True, True, False)
    assert (kenya.ready, kenya.authority) == (False, None)
    assert not utopia.patterns
