"""Mails full of canaries through a running gateway: none is found anywhere, whatever happened to the mails."""

import time
from collections.abc import Callable

import pytest

from .search import search_all
from .world import LeftoverWorld

pytestmark = pytest.mark.timeout(200)
ACCEPTED = "250 2.6.0 accepted "
CRASHES = {
    "gateway.edge.data:DataScan.feed": "SIGSEGV",
    "gateway.gate.verdict:judge": "SIGABRT",
    "keyring_admin.openpgp.opening:OpeningKey.open": "SIGSEGV",
    "gateway.delivered_mail:head_and_tail": "SIGABRT",
    "mailroom.lmtp:LmtpConnection.deliver": "SIGSEGV",
}
QUICK = {"gateway.edge.data:DataScan.feed", "keyring_admin.openpgp.opening:OpeningKey.open"}
STARTED = time.time()


def test_after_sealed_and_direct_mail(world: LeftoverWorld) -> None:
    assert world.send("query", world.sealed()[0]).startswith(ACCEPTED)
    assert world.send("pk", world.direct()[0]).startswith(ACCEPTED)
    world.settle()
    assert search_all(world, STARTED) == []


def test_after_refusals(world: LeftoverWorld) -> None:
    mails: list[tuple[Callable[[], tuple[bytes, bytes]], str]] = [
        (lambda: world.direct(preamble=True), "550 5.7.1"),
        (lambda: world.direct(part=True), "550 5.6.0"),
        (lambda: world.direct(clear=True), "5"),
    ]
    for make, reply in mails:
        assert world.send("pk", make()[0]).startswith(reply)
    assert world.send("eu", world.direct()[0]).startswith("550")
    assert world.send(world.canaries["to"], world.direct()[0]).startswith("550")
    with world.session() as client:
        for command in (f"MAIL FROM:<{world.canaries['to']}@b.test>", f"XYZZY {world.canaries['subject']}"):
            assert client.docmd(command)[0] >= 500
    assert search_all(world, STARTED) == []


def test_after_an_error_in_each_stage(world: LeftoverWorld) -> None:
    unreached = []
    for point in world.points:
        armed = world.arm(point, world.canaries["fault"])
        sealed, direct = world.sealed()[0], world.direct()[0]
        world.send_until_accepted("query", sealed)
        world.send_until_accepted("pk", direct)
        world.settle_after(armed)
        unreached += [point] if armed.exists() else []
        armed.unlink(missing_ok=True)
    assert unreached == []
    assert search_all(world, STARTED) == []


@pytest.mark.parametrize(
    "point",
    [pytest.param(point, marks=() if point in QUICK else pytest.mark.slow) for point in CRASHES],
)
def test_after_a_crash(world: LeftoverWorld, point: str) -> None:
    armed = world.arm(point, CRASHES[point])
    world.send_until_accepted("query", world.sealed()[0])
    world.settle()
    assert not armed.exists()
    assert search_all(world, STARTED) == []
    assert not list(world.folder.rglob("core*"))
