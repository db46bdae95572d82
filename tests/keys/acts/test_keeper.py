"""Once an hour what is signed and has been public is done; one that cannot be done holds up no other."""

import shutil
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from gateway.proposals_keeper import ProposalsKeeper
from gateway.settings import Gateway, Settings
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.proposable import octets_text
from keyring_admin.acts.proposals import propose
from keyring_admin.acts.rights import Act
from keyring_admin.certificate_store import reading_certificates
from keyring_admin.database import open_database, write_transaction
from keyring_admin.proposals import ProposalState, StoredApproval, list_proposals, store_approval

from ..administration import NOW, RULES, Cast, World, reading_certificate

EIGHT_DAYS = timedelta(days=8)


def replacement(world: World, name: str, payload_certificate: bytes | None = None) -> str:
    """A proposal of eight days ago that everybody has signed."""
    person = world.cast(f"{name} <ke@gsp.test>")
    octets = reading_certificate(world, person, "KE")
    payload = {
        "certificate": octets_text(payload_certificate or octets),
        "fingerprint": person.fingerprint,
        "replaces": [world.reading("KE").fingerprint],
    }
    opened = NOW - EIGHT_DAYS
    proposal = propose(
        world.connection, CUSTODIAN, Act.READING_REPLACED, party="KE", payload=payload, rules=RULES, now=opened
    )
    world.now = NOW - timedelta(days=2)  # while it was public: nothing was done then
    for signer in (world.administrator("KE"), world.adaeze):
        statement = world.statement(proposal, signer)
        _store(world.connection, proposal.id, world, signer.fingerprint, statement)
    return person.fingerprint


def _store(connection: Connection, number: str, world: World, fingerprint: str, statement: bytes) -> None:
    person = world.certificate(fingerprint).person
    assert person is not None
    store_approval(connection, StoredApproval(number, person, fingerprint, True, world.now, statement))


def test_what_is_due_is_done_and_what_cannot_be_done_stays_open(template: Path, tmp_path: Path, cast: Cast) -> None:
    file = tmp_path / "directory.db"
    shutil.copyfile(template, file)
    engine = open_database(f"sqlite:///{file}")
    with write_transaction(engine) as connection:
        world = World(connection, cast)
        replacement(world, "KE broken", b"no certificate")
        good = replacement(world, "KE new reading")
        fingerprint = cast("gateway <query@gsp.test>").fingerprint
    gateway = Gateway(domain="gsp.test", fingerprint=fingerprint, special_use_domains=True)
    settings = Settings(folder=tmp_path, gateway=gateway)
    assert ProposalsKeeper(settings, engine, "process").settle(NOW) == 1
    with write_transaction(engine) as connection:
        in_force = [one.fingerprint for one in reading_certificates(connection, "KE") if one.valid_at(NOW)]
        states = {one.state for one in list_proposals(connection)}
    engine.dispose()
    assert in_force == [good]
    assert states == {ProposalState.OPEN, ProposalState.DONE}
