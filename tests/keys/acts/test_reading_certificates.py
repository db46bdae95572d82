"""A reading certificate follows its predecessor's word, or four eyes; the custodian cannot slip one in."""

from datetime import date

import pytest

from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.reading import admit_reading_certificate, withdraw_reading_certificate
from keyring_admin.acts.rights import NeedsApprovalError, NotAllowedError
from keyring_admin.acts.signers import this_gateway
from keyring_admin.acts.statements import Succession, write_succession
from keyring_admin.certificate_store import reading_certificates
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.log import last_entry
from keyring_admin.parties import Party
from keyring_admin.parties import admit_party as store_party

from ..administration import NOW, RULES, Cast, World, reading_certificate
from ..people import Person


def succession(world: World, party: str, old: Person, new: Person) -> bytes:
    statement = Succession(this_gateway(world.connection), party, old.fingerprint, new.fingerprint)
    return old.sign(write_succession(statement))


def in_force(world: World, party: str) -> set[str]:
    return {one.fingerprint for one in reading_certificates(world.connection, party) if one.valid_at(NOW)}


def test_the_predecessors_signature_brings_the_successor_in_at_once(world: World, cast: Cast) -> None:
    new = cast("KE new reading <ke@gsp.test>")
    octets = reading_certificate(world, new, "KE")
    signed = succession(world, "KE", world.reading("KE"), new)
    admit_reading_certificate(world.connection, CUSTODIAN, "KE", octets, succession=signed, rules=RULES, now=NOW)
    assert in_force(world, "KE") == {world.reading("KE").fingerprint, new.fingerprint}


def test_without_it_nothing_takes_its_place(world: World, cast: Cast) -> None:
    new, other = cast("KE new reading <ke@gsp.test>"), cast("KE other reading <ke@gsp.test>")
    octets = reading_certificate(world, new, "KE")
    with pytest.raises(NeedsApprovalError):
        admit_reading_certificate(world.connection, CUSTODIAN, "KE", octets, rules=RULES, now=NOW)
    administrator = world.actor(world.administrator("KE"))
    with pytest.raises((NeedsApprovalError, NotAllowedError)):
        admit_reading_certificate(world.connection, administrator, "KE", octets, rules=RULES, now=NOW)
    for signed in (
        succession(world, "KE", world.reading("KE"), other),  # names another
        succession(world, "KE", world.reading("UT"), new),  # of another Party
        succession(world, "UT", world.reading("KE"), new),  # for another Party
        succession(world, "KE", world.administrator("KE"), new),  # no reading certificate
        succession(world, "KE", new, new),  # of its own
    ):
        with pytest.raises(DirectoryError):
            admit_reading_certificate(
                world.connection, CUSTODIAN, "KE", octets, succession=signed, rules=RULES, now=NOW
            )
    assert in_force(world, "KE") == {world.reading("KE").fingerprint}


def test_withdrawing_the_old_one_first_is_no_way_round(world: World, cast: Cast) -> None:
    withdraw_reading_certificate(world.connection, CUSTODIAN, "KE", world.reading("KE").fingerprint, now=NOW)
    new = cast("KE new reading <ke@gsp.test>")
    octets = reading_certificate(world, new, "KE")
    with pytest.raises(NeedsApprovalError):
        admit_reading_certificate(world.connection, CUSTODIAN, "KE", octets, rules=RULES, now=NOW)


def test_a_fresh_copy_of_the_same_certificate_needs_nobody(world: World) -> None:
    octets = reading_certificate(world, world.reading("KE"), "KE")
    admit_reading_certificate(world.connection, CUSTODIAN, "KE", octets, rules=RULES, now=NOW)
    assert in_force(world, "KE") == {world.reading("KE").fingerprint}
    last = last_entry(world.connection)
    assert last is not None
    assert last.party == "KE"


def test_one_that_the_chain_never_carried_can_be_followed_freely(world: World, cast: Cast) -> None:
    """It has read nothing."""
    party = Party("SC", "Seychelles", date(2020, 1, 1), None, active=True, domains=("customs.sc.test",))
    store_party(world.connection, party)
    wrong, right = cast("SC wrong <sc@gsp.test>"), cast("SC right <sc@gsp.test>")
    for person in (wrong, right):
        admit_reading_certificate(world.connection, CUSTODIAN, "SC", person.certificate, rules=RULES, now=NOW)
    assert in_force(world, "SC") == set()
    assert len(reading_certificates(world.connection, "SC")) == 2
