"""A custodian with full write access to the database swaps a reading certificate, and is caught each time."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, insert, update

from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.officers import suspend_officer
from keyring_admin.acts.parties import suspend_party
from keyring_admin.acts.proposable import octets_text
from keyring_admin.acts.proposals import propose
from keyring_admin.acts.reading import admit_reading_certificate
from keyring_admin.acts.rights import Act
from keyring_admin.acts.signers import this_gateway
from keyring_admin.acts.statements import Succession, write_head, write_succession
from keyring_admin.administration_schema import key_log, key_log_evidence, key_log_heads
from keyring_admin.certificates import examine_certificate
from keyring_admin.chain_state import ChainState
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.chain import BEGINNING, Detail, Entry
from keyring_admin.key_log.exported import ExportedLog, read_export, write_export
from keyring_admin.key_log.exporting import export_log
from keyring_admin.key_log.heads import countersign, head_to_sign
from keyring_admin.key_log.log import entries, record
from keyring_admin.key_log.verification import Verified, verify_log
from keyring_admin.key_log.watching import Seen, Watched, read_seen, watch, write_seen
from keyring_admin.schema import certificate_keys, certificates

from ..administration import NOW, RULES, Cast, World, reading_certificate
from ..people import Person

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def mallory(cast: Cast) -> Person:
    """The custodian's own reading certificate for Kenya: certified by nobody."""
    return cast("KE of the custodian <ke@gsp.test>")


def exported(world: World, party: str | None = None) -> ExportedLog:
    """Through the file, as a Party gets it."""
    log = export_log(world.connection, special_use_domains=True, now=LATER, party=party)
    return read_export(list(write_export(log)))


def verified(world: World, log: ExportedLog | None = None) -> Verified:
    return verify_log(log or exported(world), world.root.fingerprint, now=LATER)


def first_look(world: World) -> Seen:
    """What Kenya keeps after its first look, through its file."""
    log = exported(world)
    assert verify_log(log, world.root.fingerprint, now=LATER).findings == ()
    watched = watch(log, Seen("KE", log.header.gateway, world.root.fingerprint))
    assert (watched.rewritten, watched.unknown) == ((), ())
    return read_seen(write_seen(watched.seen))


def countersigned(world: World, person: Person) -> None:
    statement = person.sign(write_head(head_to_sign(world.connection)))
    countersign(world.connection, statement, now=NOW)


def swap(world: World, mallory: Person) -> None:
    """Kenya's mail is encrypted to the custodian from now on: written past every act."""
    facts = examine_certificate(mallory.certificate, "ke@gsp.test", now=NOW, special_use_domains=True, must_sign=False)
    connection, old = world.connection, world.reading("KE").fingerprint
    connection.execute(update(certificates).where(certificates.c.fingerprint == old).values(withdrawn_at=NOW))
    values = {"octets": facts.octets, "purpose": "reading", "party": "KE", "admitted_at": NOW}
    chain = ChainState.IN_FORCE.value
    connection.execute(insert(certificates).values(fingerprint=facts.fingerprint, chain=chain, **values))
    for key in facts.keys:
        connection.execute(
            insert(certificate_keys).values(
                key_id=key.key_id,
                fingerprint=key.fingerprint,
                certificate=facts.fingerprint,
                can_encrypt=key.can_encrypt,
                can_sign=key.can_sign,
                expires_at=key.expires_at,
                revoked=key.revoked,
            )
        )


def rewrite(connection: Connection, every: list[Entry]) -> None:
    """The log anew, with fitting hashes. The custodian is root and can do that."""
    connection.execute(delete(key_log_heads))
    connection.execute(delete(key_log))
    previous = BEGINNING
    for number, entry in enumerate(every, 1):
        fresh = replace(entry, sequence=number, previous=previous, hash="")
        fresh = replace(fresh, hash=fresh.computed_hash())
        values = {column.name: getattr(fresh, column.name) for column in key_log.columns}
        connection.execute(insert(key_log).values(values))
        previous = fresh.hash


def said(found: Verified | Watched) -> str:
    if isinstance(found, Verified):
        return "; ".join(f"{one.party}: {one.text}" for one in found.findings)
    return "; ".join([*found.rewritten, *found.unknown])


def test_an_honest_log_verifies_and_its_changes_are_told(world: World, cast: Cast) -> None:
    seen = first_look(world)
    alice = cast("Alice <alice@customs.ke.test>")
    world.admit_officer(alice, "KE")
    suspend_officer(world.connection, CUSTODIAN, alice.address, now=LATER)
    suspend_party(world.connection, CUSTODIAN, "UT", now=LATER)
    log = exported(world)
    assert said(verified(world, log)) == ""
    watched = watch(log, seen)
    assert said(watched) == ""
    assert [act for _number, act, _subject in watched.changes] == ["officer-admitted", "officer-suspended"]
    assert watch(log, watched.seen).changes == ()


def test_no_officers_name_or_address_is_in_what_everybody_gets(world: World, cast: Cast) -> None:
    world.admit_officer(cast("Alice <alice@customs.ke.test>"), "KE")
    text = "\n".join(write_export(export_log(world.connection, special_use_domains=True, now=LATER)))
    assert "alice" not in text.lower()
    assert "officer-admitted" in text


class TestSwapWithoutAnEntry:
    @pytest.fixture(autouse=True)
    def _swapped(self, world: World, mallory: Person) -> None:
        self.seen = first_look(world)
        swap(world, mallory)

    def test_the_export_tells_that_mail_goes_to_a_certificate_the_log_does_not_have(
        self, world: World, mallory: Person
    ) -> None:
        log = exported(world)
        assert mallory.fingerprint in watch(log, self.seen).unknown
        assert "which the log does not have" in said(verified(world, log))
        assert "which the chain does not carry" in said(verified(world, log))

    def test_a_lie_in_the_export_is_told_by_the_address_book(self, world: World, mallory: Person) -> None:
        log = replace(exported(world), reading=(("KE", world.reading("KE").fingerprint),))
        assert said(verified(world, log)) == ""
        assert watch(log, self.seen, frozenset({mallory.fingerprint})).unknown == (mallory.fingerprint,)


class TestForgedEntry:
    def test_appended_it_is_told_to_the_party_and_carried_by_no_chain(self, world: World, mallory: Person) -> None:
        seen = first_look(world)
        swap(world, mallory)
        record(
            world.connection,
            "reading-certificate-admitted",
            CUSTODIAN,
            now=NOW,
            party="KE",
            subject=mallory.fingerprint,
        )
        log = exported(world)
        assert (watch(log, seen).changes[-1])[1:] == ("reading-certificate-admitted", mallory.fingerprint)
        found = said(verified(world, log))
        assert "replaced without signatures" in found
        assert "which the chain does not carry" in found

    @pytest.mark.parametrize("act", ["reading-certificate-admitted", "reading-certificate-replaced"])
    def test_in_the_past_with_recomputed_hashes_it_is_another_log(
        self, world: World, mallory: Person, act: str
    ) -> None:
        countersigned(world, world.administrator("UT"))
        heads = exported(world).heads
        seen = first_look(world)
        swap(world, mallory)
        every = list(entries(world.connection))
        place = next(number for number, one in enumerate(every) if one.act == "reading-certificate-admitted")
        every[place] = replace(every[place], act=act, subject=mallory.fingerprint)
        rewrite(world.connection, every)
        log = exported(world)
        assert "rewritten" in said(watch(log, seen))
        # Utopia's countersigned head convicts the custodian before anybody who has it.
        convicted = replace(log, heads=heads)
        assert "UT: this Party has countersigned another past" in said(verified(world, convicted))

    def test_a_replacement_with_approvals_of_nobody_is_told(self, world: World, mallory: Person, cast: Cast) -> None:
        swap(world, mallory)
        number, payload_sha256 = "0" * 16, "1" * 64
        common = {"proposal": number, "act": "reading-certificate-replaced", "payload-sha256": payload_sha256}
        record(world.connection, "proposal-opened", CUSTODIAN, now=NOW - timedelta(days=8), party="KE", details=common)
        for person in (world.adaeze, world.bruno):
            actor = replace(world.actor(person), evidence=cast("Eve <eve@secretariat.test>").sign(b"I approve"))
            record(world.connection, "proposal-approved", actor, now=NOW, party="KE", details=common)
        record(
            world.connection,
            "reading-certificate-replaced",
            CUSTODIAN,
            now=NOW,
            party="KE",
            subject=mallory.fingerprint,
            details={"proposal": number, "withdrawn": [world.reading("KE").fingerprint]},
        )
        assert "there is no proposal" in said(verified(world))


class TestRollBack:
    def test_a_shorter_log_is_told_by_what_the_party_has_seen(self, world: World, mallory: Person) -> None:
        suspend_party(world.connection, CUSTODIAN, "UT", now=NOW)
        seen = first_look(world)
        rewrite(world.connection, list(entries(world.connection))[:-2])
        swap(world, mallory)
        assert "rolled back" in said(watch(exported(world), seen))

    def test_a_shorter_log_does_not_reach_the_countersigned_head(self, world: World) -> None:
        countersigned(world, world.administrator("KE"))
        heads = exported(world).heads
        rewrite(world.connection, list(entries(world.connection))[:-1])
        assert "countersigned another past" in said(verified(world, replace(exported(world), heads=heads)))


def test_evidence_that_was_exchanged_is_told(world: World) -> None:
    world.connection.execute(insert(key_log_evidence).values(sha256="0" * 64, octets=b"another"))
    log = exported(world)
    assert said(verified(world, replace(log, evidence={"0" * 64: b"another"}))) != ""


def test_another_root_is_told(world: World, cast: Cast) -> None:
    other = cast("Other root <root@elsewhere.test>")
    found = verify_log(exported(world), other.fingerprint, now=LATER)
    assert "no root certificate with the fingerprint from paper" in said(found)


def test_only_an_administrator_countersigns_and_only_this_log(world: World) -> None:
    head = head_to_sign(world.connection)
    for person, statement in (
        (world.adaeze, write_head(head)),
        (world.administrator("KE"), write_head(replace(head, hash="0" * 64))),
        (world.administrator("KE"), write_head(replace(head, gateway="A" * 40))),
    ):
        with pytest.raises(DirectoryError):
            countersign(world.connection, person.sign(statement), now=NOW)
    party, signed = countersign(world.connection, world.administrator("KE").sign(write_head(head)), now=NOW)
    assert (party, signed) == ("KE", head)
    assert verified(world).countersigned_by == ("KE",)
    assert said(verified(world)) == ""


def test_a_four_eyes_replacement_verifies_from_paper(world: World, cast: Cast) -> None:
    fresh = cast("KE new reading <ke@gsp.test>")
    payload = {
        "certificate": octets_text(reading_certificate(world, fresh, "KE")),
        "fingerprint": fresh.fingerprint,
        "replaces": [world.reading("KE").fingerprint],
    }
    opened = NOW - timedelta(days=8)
    proposal = propose(
        world.connection, CUSTODIAN, Act.READING_REPLACED, party="KE", payload=payload, rules=RULES, now=opened
    )
    world.approve(proposal, world.administrator("KE"))
    assert world.approve(proposal, world.bruno).done
    log = exported(world)
    assert said(verified(world, log)) == ""
    # The same log with another payload, or without the signatures.
    assert "has 0" in said(verified(world, replace(log, proposals={proposal.id: "{}"})))
    without = replace(log, evidence={})
    assert "signatures of different people, has 0" in said(verified(world, without))


@pytest.mark.parametrize(
    "line",
    ["", "[]", "{}", '{"type":"entry"}', '{"type":"__init__"}', '{"type":"key-log","format":"other"}', "x" * 2_000_000],
)
def test_a_file_that_is_no_export_is_refused(line: str) -> None:
    with pytest.raises(DirectoryError):
        read_export([line])


@pytest.mark.parametrize(
    ("act", "details"),
    [
        ("party-admitted", {"name": "X", "domains": ["x.test"]}),
        ("domain-added", {"domain": "evil.test"}),
        ("membership-extended", {}),
        ("reading-certificate-replaced", {}),
        ("root-replaced", {}),
        ("root-installed", {}),
    ],
)
def test_an_act_that_people_have_to_sign_is_told_when_nobody_has(
    world: World, cast: Cast, act: str, details: dict[str, Detail]
) -> None:
    other = cast("Other root <root@elsewhere.test>").fingerprint
    record(world.connection, act, CUSTODIAN, now=NOW, party="KE", subject=other, details=details)
    assert said(verified(world)) != ""


def test_a_successor_is_verified_by_its_predecessors_signature(world: World, cast: Cast) -> None:
    old, new = world.reading("KE"), cast("KE new reading <ke@gsp.test>")
    octets = reading_certificate(world, new, "KE")
    statement = Succession(this_gateway(world.connection), "KE", old.fingerprint, new.fingerprint)
    admit_reading_certificate(
        world.connection,
        CUSTODIAN,
        "KE",
        octets,
        succession=old.sign(write_succession(statement)),
        rules=RULES,
        now=NOW,
    )
    log = exported(world)
    assert said(verified(world, log)) == ""
    every = list(log.entries)
    place = next(number for number, one in enumerate(every) if one.act == "reading-certificate-replaced")
    foreign = world.reading("UT").sign(write_succession(statement))
    forged = replace(every[place], evidence_sha256=hashlib.sha256(foreign).hexdigest())
    rewrite(world.connection, [*every[:place], forged, *every[place + 1 :]])
    world.connection.execute(insert(key_log_evidence).values(sha256=forged.evidence_sha256, octets=foreign))
    assert "the predecessor's signature is not good" in said(verified(world))
