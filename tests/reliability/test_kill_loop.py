"""SIGKILL at random times, to every process there is: each mail with a `250` is in the Party's mailbox."""

import threading
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from gateway.schema import envelope_log

from .killer import Killer
from .running_world import ReliabilityWorld
from .sealed_mails import MailMaker
from .senders import Sender, Sent

_PAIRS = (("KE", "EU"), ("EU", "PK"), ("PK", "KE"), ("KE", "PK"))


@pytest.mark.timeout(300)
def test_a_few_kills_lose_nothing(world: ReliabilityWorld) -> None:
    kill_while_sending(world, kills=8, shortest=0.2, longest=1.5, seed=8)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_two_hundred_kills_lose_nothing(world: ReliabilityWorld) -> None:
    kill_while_sending(world, kills=200, shortest=0.1, longest=2.5, seed=200)


def kill_while_sending(world: ReliabilityWorld, *, kills: int, shortest: float, longest: float, seed: int) -> None:
    before = delivered_rows(world)
    arrived_before = {code: world.arrivals(code) for code in world.parties}
    stopping = threading.Event()
    senders = [Sender(world, MailMaker(world, *pair), pair[0], stopping) for pair in _PAIRS]
    killer = Killer(world, seed)
    began = time.monotonic()
    try:
        killer.run(kills, shortest=shortest, longest=longest)
    finally:
        stopping.set()
    for sender in senders:
        sender.join(120)
    world.settle(120)
    acknowledged = [sent for sender in senders for sent in sender.acknowledged]
    arrivals = {code: world.arrivals(code) for code in world.parties}
    lost = [sent for sent in acknowledged if sent.mail.body_sha256 not in arrivals[sent.mail.party]]
    replies = sum((sender.replies for sender in senders), Counter[str]())
    accepted_twice, delivered_twice = duplicates(acknowledged, arrivals)
    print(
        f"{killer.kills.total()} kills in {time.monotonic() - began:.0f} s {dict(killer.kills)}; "
        f"{len(acknowledged)} mails with 250, {len(lost)} lost, {sum(sent.attempts > 1 for sent in acknowledged)} sent "
        f"again, {len(accepted_twice)} accepted twice, {len(delivered_twice)} delivered twice; replies {dict(replies)}"
    )
    assert len(acknowledged) > kills
    assert killer.kills.total() >= kills
    assert lost == []
    # A direct mail has nothing it could be recognised by when its client, having read no 250, sends it again.
    assert all(not sent.mail.sealed and sent.attempts > 1 for sent in accepted_twice)
    assert delivered_twice == []
    new = sum(len(ids) for code in arrivals for body, ids in arrivals[code].items() if body not in arrived_before[code])
    assert delivered_rows(world) - before == new, "the envelope log counts what arrived, each once"
    assert not [reply for reply in replies if reply.startswith("5")], "whatever is killed, nothing is refused for good"


def duplicates(sent: list[Sent], arrivals: dict[str, dict[str, list[str]]]) -> tuple[list[Sent], list[Sent]]:
    """Mails that are there under several Message-IDs (accepted twice), or several times under one (delivered twice)."""
    ids = [(each, arrivals[each.mail.party].get(each.mail.body_sha256, [])) for each in sent]
    twice_accepted = [each for each, found in ids if len(set(found)) > 1]
    return twice_accepted, [each for each, found in ids if len(found) > len(set(found))]


def delivered_rows(world: ReliabilityWorld) -> int:
    engine = world.engine()
    with engine.connect() as connection:
        rows = select(func.count()).select_from(envelope_log).where(envelope_log.c.outcome == "delivered")
        number = connection.scalar(rows) or 0
    engine.dispose()
    return number
