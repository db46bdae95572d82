"""Who may do what: an administrator of one Party never edits another; the custodian alone only takes access away."""

from dataclasses import replace
from datetime import date

import pytest

from keyring_admin.acts.actor import CUSTODIAN, Actor
from keyring_admin.acts.administrators import appoint_administrator
from keyring_admin.acts.certificates import bring_certificate
from keyring_admin.acts.officers import (
    Admission,
    admit_officer,
    change_roles,
    remove_officer,
    resume_officer,
    suspend_officer,
)
from keyring_admin.acts.parties import add_domain, admit_party, change_membership, remove_domain, suspend_party
from keyring_admin.acts.people import admit_secretariat_person
from keyring_admin.acts.rights import RIGHTS, Act, Kind, NeedsApprovalError, NotAllowedError, standing
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import OfficerKind, Role
from keyring_admin.parties import Party, find_party

from ..administration import NOW, QUERY, RULES, Cast, World, ago
from ..conftest import Homes
from ..people import certify, gpg, make_person, tsign

SEYCHELLES = Party("SC", "Seychelles", date(2020, 1, 1), None, active=True, domains=("customs.sc.test",))


def test_everybody_stands_where_the_chain_puts_them(world: World, cast: Cast) -> None:
    alice = cast("Alice <alice@customs.ke.test>")
    world.admit_officer(alice, "KE")
    kinds = {
        person.address: standing(world.connection, world.actor(person), NOW).kind
        for person in (world.adaeze, world.administrator("KE"), alice)
    }
    assert list(kinds.values()) == [Kind.SECRETARIAT, Kind.NATIONAL, Kind.NOBODY]
    assert standing(world.connection, CUSTODIAN, NOW).kind is Kind.CUSTODIAN


def test_an_administrator_of_another_party_is_refused(world: World, cast: Cast) -> None:  # KEY-22
    alice = cast("Alice <alice@customs.ke.test>")
    world.admit_officer(alice, "KE", actor=world.actor(world.administrator("KE")))
    foreign = world.actor(world.administrator("UT"))
    with pytest.raises(NotAllowedError):
        suspend_officer(world.connection, foreign, alice.address, now=NOW)
    with pytest.raises(NotAllowedError):
        world.admit_officer(cast("Bob <bob@customs.ke.test>"), "KE", actor=foreign)
    with pytest.raises(NotAllowedError):
        remove_domain(world.connection, foreign, "KE", "coast.ke.test", rules=RULES, now=NOW)
    assert world.officer(alice.address).active


def test_a_regional_administrator_acts_in_the_region_only(world: World, cast: Cast) -> None:
    otieno = cast("Otieno <otieno@coast.ke.test>")
    world.admit_officer(otieno, "KE")
    octets = tsign(world.root, otieno.certificate, "coast.ke.test", at=ago(10))
    appoint_administrator(
        world.connection, CUSTODIAN, otieno.address, region="Coast", domains=["coast.ke.test"], rules=RULES, now=NOW
    )
    bring_certificate(world.connection, CUSTODIAN, octets, rules=RULES, now=NOW)
    regional = world.actor(otieno)
    assert standing(world.connection, regional, NOW).kind is Kind.REGIONAL
    inside, outside = cast("Amina <amina@coast.ke.test>"), cast("Alice <alice@customs.ke.test>")
    for person in (inside, outside):
        world.admit_officer(person, "KE")
    suspend_officer(world.connection, regional, inside.address, now=NOW)
    with pytest.raises(NotAllowedError):
        suspend_officer(world.connection, regional, outside.address, now=NOW)


def test_the_custodian_alone_gives_nothing_that_nobody_signed(world: World, cast: Cast) -> None:
    alice = cast("Alice <alice@customs.ke.test>")
    world.admit_officer(alice, "KE")
    with pytest.raises(NeedsApprovalError, match="2 signatures"):
        admit_party(world.connection, CUSTODIAN, SEYCHELLES, rules=RULES, now=NOW)
    with pytest.raises(NeedsApprovalError):
        add_domain(world.connection, CUSTODIAN, "KE", "other.ke.test", rules=RULES, now=NOW)
    with pytest.raises(NeedsApprovalError):
        change_roles(world.connection, CUSTODIAN, alice.address, QUERY | {Role.REVIEW}, now=NOW)
    assert find_party(world.connection, "SC") is None
    assert world.officer(alice.address).roles == QUERY


def test_an_officer_the_custodian_admits_without_certification_gets_no_access(world: World, cast: Cast) -> None:
    mallory = cast("Mallory <mallory@customs.ke.test>")
    world.admit_officer(mallory, "KE", certified=False)
    assert not world.in_force(mallory)
    alice = cast("Alice <alice@customs.ke.test>")
    world.admit_officer(alice, "KE")
    assert world.in_force(alice)


def test_a_certificate_that_reads_for_a_party_makes_nobody_of_the_secretariat(world: World, homes: Homes) -> None:
    """The root certifies both: what it certified to read is no pair of eyes."""
    rules = replace(RULES, gateway_domain="elsewhere.test")  # so that only the chain is asked
    person = make_person(homes.new(), "Second reader <ke@gsp.test>", at=ago(60))
    gpg(person.home, "--quick-add-uid", person.fingerprint, "Adam <adam@secretariat.test>", at=ago(59))
    reads = certify(world.root, person.certificate, "Second reader <ke@gsp.test>", at=ago(50))
    with pytest.raises(DirectoryError, match="at the gateway"):
        admit_secretariat_person(world.connection, CUSTODIAN, "Adam", "ke@gsp.test", reads, rules=RULES, now=NOW)
    admit_secretariat_person(world.connection, CUSTODIAN, "Adam", "adam@secretariat.test", reads, rules=rules, now=NOW)
    assert not world.in_force(person)
    both = certify(world.root, reads, "Adam <adam@secretariat.test>", at=ago(40))
    bring_certificate(world.connection, CUSTODIAN, both, rules=RULES, now=NOW)
    assert world.in_force(person)


def test_the_custodian_alone_takes_access_away(world: World, cast: Cast) -> None:
    alice = cast("Alice <alice@customs.ke.test>")
    world.admit_officer(alice, "KE")
    change_roles(world.connection, CUSTODIAN, alice.address, frozenset({Role.QUERY}), now=NOW)
    suspend_officer(world.connection, CUSTODIAN, alice.address, now=NOW)
    resume_officer(world.connection, CUSTODIAN, alice.address, rules=RULES, now=NOW)
    suspend_party(world.connection, CUSTODIAN, "KE", now=NOW)
    change_membership(world.connection, CUSTODIAN, "KE", member_until=NOW.date(), rules=RULES, now=NOW)
    assert not world.in_force(alice)
    with pytest.raises(NeedsApprovalError):
        change_membership(world.connection, CUSTODIAN, "KE", member_until=None, rules=RULES, now=NOW)


def test_whom_an_administrator_suspended_the_custodian_does_not_let_in(world: World, cast: Cast) -> None:
    alice = cast("Alice <alice@customs.ke.test>")
    world.admit_officer(alice, "KE")
    administrator = world.actor(world.administrator("KE"))
    suspend_officer(world.connection, administrator, alice.address, now=NOW)
    with pytest.raises(NeedsApprovalError):
        resume_officer(world.connection, CUSTODIAN, alice.address, rules=RULES, now=NOW)
    resume_officer(world.connection, administrator, alice.address, rules=RULES, now=NOW)
    assert world.officer(alice.address).active


def test_somebody_elses_certificate_makes_nobody_an_administrator(world: World, cast: Cast) -> None:
    alice = cast("Alice <alice@customs.ke.test>")
    world.admit_officer(alice, "KE")
    administrator = world.actor(world.administrator("KE"))
    borrowed = replace(administrator, certificate=alice.fingerprint)
    nobody = Actor(person=administrator.person, certificate=None)
    for actor in (borrowed, nobody, Actor(person=9999, certificate=alice.fingerprint)):
        with pytest.raises(NotAllowedError):
            remove_officer(world.connection, actor, alice.address, rules=RULES, now=NOW)


def test_every_act_has_a_row_in_the_table() -> None:
    assert set(RIGHTS) == set(Act)


def test_a_machine_is_no_administrator(world: World, cast: Cast) -> None:
    robot = cast("Robot <robot@customs.ke.test>")
    octets = world.certified(robot, world.administrator("KE"))
    admission = Admission(robot.address, "KE", octets, "$argon2id$none", QUERY, kind=OfficerKind.MACHINE)
    assert admit_officer(world.connection, CUSTODIAN, admission, rules=RULES, now=NOW).person is None
    with pytest.raises(DirectoryError, match="machine"):
        appoint_administrator(world.connection, CUSTODIAN, robot.address, rules=RULES, now=NOW)
