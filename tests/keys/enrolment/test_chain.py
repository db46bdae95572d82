"""Enrolment where a root is installed: the administrator's certification has to be in the certificate."""

import pytest

from keyring_admin.acts.actor import CUSTODIAN, Actor
from keyring_admin.acts.enrolment import (
    Invitation,
    approve_enrolment,
    begin_replacement,
    invite,
    offer_certificate,
    prove_possession,
    responsible_administrators,
    sha256_of,
)
from keyring_admin.acts.enrolment_error import EnrolmentError, EnrolmentRefusal
from keyring_admin.acts.rights import NotAllowedError
from keyring_admin.certificate_store import find_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.chain_state import ChainState
from keyring_admin.enrolments import Enrolment, set_challenge
from keyring_admin.key_log.log import entries
from keyring_admin.officers import Officer

from ..administration import QUERY, RULES, World, ago
from ..people import Person, certify


def proved(world: World, person: Person) -> Enrolment:
    """Invited by the custodian, and everything done that needs no administrator."""
    invitation = Invitation(person.address, "KE", QUERY, "$argon2id$none", sha256_of("code"))
    enrolment = invite(world.connection, CUSTODIAN, invitation, rules=RULES, now=world.now)
    facts = examine_certificate(person.certificate, person.address, now=world.now, special_use_domains=True)
    offer_certificate(world.connection, world.officer(person.address), "code", facts, now=world.now)
    return challenged(world, person, enrolment)


def challenged(world: World, person: Person, enrolment: Enrolment) -> Enrolment:
    set_challenge(world.connection, enrolment.id, sha256_of("challenge"), now=world.now)
    officer = world.officer(person.address)
    return prove_possession(world.connection, officer, enrolment.id, "challenge", "$argon2id$own", now=world.now)


def approve(world: World, actor: Actor, enrolment: Enrolment, person: Person, octets: bytes | None) -> Officer:
    attempt = world.connection.begin_nested()
    try:
        approval = approve_enrolment(
            world.connection, actor, enrolment.id, person.fingerprint, octets, rules=RULES, now=world.now
        )
    except Exception:
        attempt.rollback()
        raise
    attempt.commit()
    return approval.officer


def test_the_certification_in_the_certificate_gives_access(world: World) -> None:
    person, administrator = world.cast("Njeri <njeri@customs.ke.test>"), world.administrator("KE")
    enrolment = proved(world, person)
    assert find_certificate(world.connection, person.fingerprint) is None
    certified = certify(administrator, person.certificate, at=ago(1))
    officer = approve(world, world.actor(administrator), enrolment, person, certified)
    assert officer.enrolled
    assert world.certificate(person.fingerprint).chain is ChainState.IN_FORCE
    last = list(entries(world.connection))[-1]
    assert (last.act, last.subject, last.signed_by) == (
        "officer-admitted",
        person.fingerprint,
        administrator.fingerprint,
    )
    assert person.address not in last.details


@pytest.mark.parametrize("by", ["nobody", "another Party's administrator", "a stranger"])
def test_an_approval_without_the_chain_changes_nothing(world: World, by: str) -> None:
    person, administrator = world.cast("Otieno <otieno@customs.ke.test>"), world.administrator("KE")
    enrolment = proved(world, person)
    signers = {"another Party's administrator": world.administrator("UT"), "a stranger": world.cast("X <x@x.test>")}
    octets = certify(signers[by], person.certificate, at=ago(1)) if by in signers else None
    for actor in (world.actor(administrator), CUSTODIAN):
        with pytest.raises(EnrolmentError) as refused:
            approve(world, actor, enrolment, person, octets)
        assert refused.value.reason is EnrolmentRefusal.NOT_CERTIFIED
    assert not world.officer(person.address).enrolled
    assert find_certificate(world.connection, person.fingerprint) is None
    certified = certify(administrator, person.certificate, at=ago(1))
    assert approve(world, CUSTODIAN, enrolment, person, certified).enrolled  # the chain decides, whoever brings it


def test_another_partys_administrator_does_not_approve(world: World) -> None:
    person = world.cast("Wambui <wambui@customs.ke.test>")
    enrolment = proved(world, person)
    certified = certify(world.administrator("KE"), person.certificate, at=ago(1))
    with pytest.raises(NotAllowedError):
        approve(world, world.actor(world.administrator("UT")), enrolment, person, certified)


def test_a_replacement_needs_its_own_certification(world: World) -> None:
    old, administrator = world.cast("Kamau <kamau@customs.ke.test>"), world.administrator("KE")
    world.admit_officer(old, "KE")
    fresh = world.cast("Kamau Njoroge <kamau@customs.ke.test>")
    facts = examine_certificate(fresh.certificate, fresh.address, now=world.now, special_use_domains=True)
    begun = begin_replacement(world.connection, world.officer(old.address), facts, rules=RULES, now=world.now)
    enrolment = challenged(world, fresh, begun)
    with pytest.raises(EnrolmentError):
        approve(world, world.actor(administrator), enrolment, fresh, None)
    assert world.officer(old.address).certificate == old.fingerprint
    officer = approve(
        world, world.actor(administrator), enrolment, fresh, certify(administrator, fresh.certificate, at=ago(1))
    )
    assert (officer.certificate, officer.previous_certificate) == (fresh.fingerprint, old.fingerprint)
    assert officer.previous_until == world.now + RULES.overlap


def test_the_administrators_in_force_are_asked(world: World) -> None:
    person = world.cast("Njeri <njeri@customs.ke.test>")
    proved(world, person)
    asked = responsible_administrators(world.connection, world.officer(person.address), world.now)
    assert [one.address for one in asked] == [world.administrator("KE").address]
