"""Four eyes: two different people sign exactly what is then done."""

from datetime import date, timedelta

import pytest

from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.people import admit_secretariat_person, end_secretariat_person
from keyring_admin.acts.proposable import octets_text
from keyring_admin.acts.proposals import (
    approval_to_sign,
    approve,
    complete,
    due_proposals,
    expire_proposals,
    propose,
)
from keyring_admin.acts.rights import Act
from keyring_admin.acts.statements import write_approval
from keyring_admin.certificate_store import reading_certificates
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.log import entries
from keyring_admin.parties import find_party
from keyring_admin.proposals import Proposal, ProposalState, require_proposal

from ..administration import NOW, RULES, Cast, World, ago, reading_certificate
from ..people import certify

SEYCHELLES = {
    "code": "SC",
    "name": "Seychelles",
    "domains": ["customs.sc.test"],
    "member-from": str(date(2020, 1, 1)),
    "member-until": None,
}


def seychelles(world: World) -> Proposal:
    return propose(
        world.connection, CUSTODIAN, Act.PARTY_ADMITTED, party=None, payload=SEYCHELLES, rules=RULES, now=NOW
    )


def test_two_people_of_the_secretariat_admit_a_party(world: World) -> None:
    proposal = seychelles(world)
    first = world.approve(proposal, world.adaeze)
    assert (first.done, first.missing) == (False, 1)
    assert find_party(world.connection, "SC") is None
    assert world.approve(proposal, world.bruno).done
    party = find_party(world.connection, "SC")
    assert party is not None
    assert party.domains == ("customs.sc.test",)
    acts = [entry.act for entry in entries(world.connection)][-4:]
    assert acts == ["proposal-opened", "proposal-approved", "proposal-approved", "party-admitted"]


def test_one_person_is_one_pair_of_eyes(world: World, cast: Cast) -> None:  # KEY-23
    proposal = seychelles(world)
    world.approve(proposal, world.adaeze)
    with pytest.raises(DirectoryError, match="four eyes"):
        world.approve(proposal, world.adaeze)
    same_name = cast("adaeze  OBI <adaeze.obi@ministry.test>")
    same_address = cast("Somebody Else <adaeze@secretariat.test>")
    for person, name in ((same_name, "Adaeze Obi"), (same_name, "A. Obi"), (same_address, "Somebody Else")):
        octets = certify(world.root, person.certificate, at=ago(50))
        admit_secretariat_person(world.connection, CUSTODIAN, name, person.address, octets, rules=RULES, now=NOW)
        with pytest.raises(DirectoryError, match="four eyes"):
            world.approve(proposal, person)
    assert find_party(world.connection, "SC") is None


def test_only_people_of_the_secretariat_admit_a_party(world: World, cast: Cast) -> None:
    proposal = seychelles(world)
    uncertified = cast("Mallory <mallory@secretariat.test>")
    admit_secretariat_person(
        world.connection, CUSTODIAN, "Mallory", uncertified.address, uncertified.certificate, rules=RULES, now=NOW
    )
    with pytest.raises(DirectoryError, match="signature is not good"):
        world.approve(proposal, uncertified)
    with pytest.raises(DirectoryError, match="does not count"):
        world.approve(proposal, world.administrator("KE"))
    with pytest.raises(DirectoryError, match="not known"):
        world.approve(proposal, cast("Stranger <stranger@elsewhere.test>"))
    assert world.approve(proposal, world.adaeze).missing == 1


def test_a_statement_counts_for_one_proposal_to_the_octet(world: World) -> None:
    proposal, other = seychelles(world), seychelles(world)
    text = write_approval(approval_to_sign(world.connection, proposal, approves=True))
    for forged in (
        text.replace(proposal.id.encode(), other.id.encode()).replace(b"approves = true", b"approves = 1"),
        text.replace(proposal.payload_sha256.encode(), b"0" * 64),
        text.replace(b'party-admitted"', b'root-replaced"'),
        text.replace(approval_to_sign(world.connection, proposal, approves=True).gateway.encode(), b"A" * 40),
    ):
        assert forged != text
        with pytest.raises(DirectoryError):
            approve(world.connection, world.adaeze.sign(forged), rules=RULES, now=NOW)
    with pytest.raises(DirectoryError, match="another proposal"):
        approve(world.connection, world.adaeze.sign(text), rules=RULES, now=NOW, expected=other.id)
    old = world.adaeze.sign(text, at=ago(40))
    with pytest.raises(DirectoryError, match="sign again"):
        approve(world.connection, old, rules=RULES, now=NOW)
    assert approve(world.connection, world.adaeze.sign(text), rules=RULES, now=NOW).missing == 1


def test_one_rejection_ends_a_proposal(world: World) -> None:
    proposal = seychelles(world)
    world.approve(proposal, world.adaeze)
    world.approve(proposal, world.bruno, approves=False)
    assert require_proposal(world.connection, proposal.id).state is ProposalState.REJECTED
    with pytest.raises(DirectoryError, match="rejected already"):
        complete(world.connection, proposal.id, rules=RULES, now=NOW)


def test_what_nobody_signs_in_time_expires(world: World) -> None:
    proposal = seychelles(world)
    late = NOW + RULES.proposal_life
    assert expire_proposals(world.connection, CUSTODIAN, now=NOW) == 0
    world.now = late
    with pytest.raises(DirectoryError, match=r"expired|sign again"):
        world.approve(proposal, world.adaeze)
    assert expire_proposals(world.connection, CUSTODIAN, now=late) == 1
    assert require_proposal(world.connection, proposal.id).state is ProposalState.EXPIRED


def test_the_approval_of_somebody_who_left_meanwhile_no_longer_counts(world: World) -> None:
    proposal = seychelles(world)
    world.approve(proposal, world.adaeze)
    number = world.certificate(world.adaeze.fingerprint).person
    assert number is not None
    end_secretariat_person(world.connection, CUSTODIAN, number, now=NOW)
    assert world.approve(proposal, world.bruno).missing == 1


def test_a_lost_reading_certificate_is_replaced_by_four_eyes_after_seven_public_days(world: World, cast: Cast) -> None:
    fresh = cast("KE new reading <ke@gsp.test>")
    old = world.reading("KE").fingerprint
    payload = {
        "certificate": octets_text(reading_certificate(world, fresh, "KE")),
        "fingerprint": fresh.fingerprint,
        "replaces": [old],
    }
    proposal = propose(
        world.connection, CUSTODIAN, Act.READING_REPLACED, party="KE", payload=payload, rules=RULES, now=NOW
    )
    with pytest.raises(DirectoryError, match="does not count"):
        world.approve(proposal, world.administrator("UT"))
    world.approve(proposal, world.administrator("KE"))
    assert not world.approve(proposal, world.adaeze).done
    assert due_proposals(world.connection, now=NOW) == []
    assert not complete(world.connection, proposal.id, rules=RULES, now=NOW + timedelta(days=6)).done
    world.now = NOW + timedelta(days=7)
    assert [one.id for one in due_proposals(world.connection, now=world.now)] == [proposal.id]
    assert complete(world.connection, proposal.id, rules=RULES, now=world.now).done
    in_force = [one.fingerprint for one in reading_certificates(world.connection, "KE") if one.valid_at(world.now)]
    assert in_force == [fresh.fingerprint]
