"""From two Parties' declarations to a routed query; and publishing while mail flows."""

import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes

import pytest

from forms.form import Form
from forms.queries import Purpose, new_query
from gateway.demo.running import DemoError
from gateway.library.fetching import open_library
from gateway.officer.problem import OfficerProblemError
from gateway.officer.sealing import SealedMail
from pattern_rules import Library

from ..stamps import Stamp
from .publishing_world import PublishingWorld


def query(uid: str) -> Form:
    return new_query([uid.encode()], justification="Seized.", purpose=Purpose.INVESTIGATION)


@pytest.mark.timeout(240)
def test_from_two_declarations_over_a_conflict_to_a_routed_query(world: PublishingWorld) -> None:
    asking = world.parties["EU"]
    world.fetch()
    with pytest.raises(OfficerProblemError):
        world.seal(asking, query("KES0000000001"), open_library(world.copy))  # nobody's yet
    world.declare("KE", Stamp("KE-STRIP", "KES[0-9]{10}", "KES0000000001"))
    world.declare("PK", Stamp("PK-STRIP", "K[EP]S[0-9]{10}", "KPS0000000001"))
    with pytest.raises(DemoError, match="needs the consent of KE, PK"):
        world.desk("review")
    statement = world.folder / "consent.txt"
    world.desk(
        *("consent", "--statement", str(statement), "--party", "PK", "--pattern", "pk-strip"),
        *("--other", "ke-strip", "--effect", "stands-back"),
    )
    world.desk("consent", world.file("consent.asc", world.keys["PK"].sign(statement.read_bytes())))
    world.approve_and_publish()
    world.fetch()
    for uid, owner in (("KES0000000001", "KE"), ("KPS0000000001", "PK")):
        file = world.form_file(asking, f"query-{uid}", query(uid))
        said = world.seal_and_send(asking, file, "--library", str(world.copy))
        assert f"sealed for {owner}, by pattern {owner.lower()}-strip" in said
        assert "250 2.6.0" in said
        world.open_folder(world.parties[owner], f"Party/{owner}")
        assert uid in (world.parties[owner].home / "forms").joinpath(_newest_form(world, owner)).read_text()


def _newest_form(world: PublishingWorld, owner: str) -> str:
    files = (world.parties[owner].home / "forms").glob("*-uid-query.xml")
    return max(files, key=lambda file: file.stat().st_mtime_ns).name


@dataclass(slots=True)
class Flow:
    """Officers who send without a pause. accepted, refused: SHA-256 of the body, and when. first: what went first."""

    world: PublishingWorld
    uid: str
    library: Library
    accepted: dict[str, float] = field(default_factory=dict)
    refused: dict[str, float] = field(default_factory=dict)
    first: SealedMail | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        officer = self.world.parties["EU"]
        while not self.stop.is_set():
            sealed = self.world.seal(officer, query(self.uid), self.library)
            sent = time.monotonic()
            try:
                self.world.send(officer, sealed)
                self.accepted[sealed.body_sha256] = sent
                self.first = self.first or sealed
            except OfficerProblemError:
                self.refused[sealed.body_sha256] = sent


@pytest.mark.timeout(240)
def test_publishing_while_mail_flows_loses_and_misroutes_nothing(world: PublishingWorld) -> None:
    stamp = Stamp("KE-FLOW", "KEF[0-9]{10}", "KEF0000000001")
    world.declare("KE", stamp)
    world.approve_and_publish()
    world.fetch()
    copy = open_library(world.copy)
    steady = Flow(world, world.parties["KE"].uid, copy)  # its pattern stays: never refused
    ending = Flow(world, stamp.example, copy)  # its pattern is retired: refused from then on
    before = {party: world.bodies_in(party) for party in ("KE", "PK", "EU")}
    threads = [threading.Thread(target=flow.run) for flow in (steady, ending)]
    for thread in threads:
        thread.start()
    try:
        world.declare("PK", Stamp("PK-FLOW", "PKF[0-9]{10}", "PKF0000000001"))
        world.approve_and_publish()
        in_between = time.monotonic()
        world.declare("KE", Stamp("KE-FLOW", stamp.expression, stamp.example, change="retire"))
        retiring = time.monotonic()
        world.approve_and_publish()
        retired = time.monotonic()
        time.sleep(1)
    finally:
        for flow in (steady, ending):
            flow.stop.set()
        for thread in threads:
            thread.join(60)
    world.wait_until_delivered()
    assert not steady.refused
    assert sum(sent > retired for sent in steady.accepted.values())
    assert sum(sent < in_between for sent in ending.accepted.values())
    assert all(sent < retired for sent in ending.accepted.values())
    assert ending.refused
    assert all(sent > retiring - 1 for sent in ending.refused.values())
    arrived = world.bodies_in("KE")[len(before["KE"]) :]
    assert sorted(arrived) == sorted({**steady.accepted, **ending.accepted})
    assert {party: world.bodies_in(party) for party in ("PK", "EU")} == {party: before[party] for party in ("PK", "EU")}
    assert world.fetch().startswith(f"Version {copy.version + 2}")
    _a_retry_keeps_the_decision_made_by_the_old_version(world, ending)


def _a_retry_keeps_the_decision_made_by_the_old_version(world: PublishingWorld, ending: Flow) -> None:
    """RE-b04: the pattern is retired now; the mail accepted before is not judged again, nor delivered again."""
    assert ending.first is not None
    before = world.bodies_in("KE")
    assert world.send(world.parties["EU"], ending.first).startswith("250")
    world.wait_until_delivered()
    assert world.bodies_in("KE") == before
    (mail,) = [
        mail
        for mail in world.mails(world.parties["KE"], "Party/KE")
        if f"h={ending.first.body_sha256}" in "".join(str(message_from_bytes(mail)["GSP-Seal"]).split())
    ]
    assert f"l={ending.library.version};" in "".join(str(message_from_bytes(mail)["GSP-Seal"]).split())


def test_a_library_put_in_place_unsigned_changes_nothing(world: PublishingWorld) -> None:
    file = world.config.parent / "library.toml"
    good = file.read_bytes()
    world.fetch()
    library = open_library(world.copy)
    forged = world.library.read_bytes().replace(b'id = "ke-stamp"\nparty = "KE"', b'id = "ke-stamp"\nparty = "PK"')
    assert forged.count(b'party = "PK"') > world.library.read_bytes().count(b'party = "PK"')
    try:
        file.write_bytes(forged.replace(b"number = 2", b"number = 999"))
        sealed = world.seal(world.parties["EU"], query(world.parties["KE"].uid), library)
        assert world.send(world.parties["EU"], sealed).startswith("250")
    finally:
        file.write_bytes(good)
    world.wait_until_delivered()
    assert sealed.body_sha256 in world.bodies_in("KE")
