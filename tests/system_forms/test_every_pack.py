"""Every core pack travels through the running gateway, in each class it may have, and opens without a warning."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from forms import core_shelf, digest
from forms.entries import compose, flatten
from forms.form import Form
from forms.pack import Pack
from forms.skeleton import starting_entries
from forms.validation import validate
from gateway.cli.main import main
from gateway.demo.world import DemoWorld
from gateway.words import phrase, words_in

from .conftest import EXCHANGE, UIDS, Exchange, run

pytestmark = pytest.mark.timeout(300)  # the first test starts the gateway

_PACKS = [core_shelf().pack(name, version) for name, version in core_shelf().names()]  # older versions travel, too
_OPENINGS = ("query", "notice")
_REQUEST = "administrative-assistance/2"
OPENING = [pack for pack in _PACKS if set(pack.message_classes) & set(_OPENINGS)]
ANSWERING = [pack for pack in _PACKS if set(pack.message_classes) - set(_OPENINGS) and pack.id != "uid-reply"]


def _key(pack: Pack) -> str:
    return f"{pack.id}/{pack.version}"


def example(pack: Pack) -> Form:
    """The fullest example of a pack; if a pattern routes it, with UIDs of the European Union in it."""
    form = validate((pack.folder / "examples" / "valid" / "full.xml").read_bytes())
    if not pack.routed_by_pattern:
        return form
    kept = [entry for entry in flatten(form) if not entry.path.startswith("binding/")]
    return compose(pack, form.language, starting_entries(pack, uids=UIDS, earlier=kept))


@dataclass(frozen=True, slots=True)
class Travelled:
    """What became of a form of each pack. said: by `gsp seal`. exchange: its id. opened: what the Party saved."""

    said: str
    exchange: str
    sent: Form
    opened: Form


@dataclass(frozen=True, slots=True)
class Journey:
    """begun: from Kenya to the Union. answered: from the Union to Kenya, in the exchange of a request."""

    begun: dict[str, Travelled]
    answered: dict[str, Travelled]
    shown: dict[str, str]


@pytest.fixture(scope="session")
def journey(exchange: Exchange) -> Journey:
    world = exchange.world
    kenya, union = world.parties["KE"], world.parties["EU"]
    begun, answered = {}, {}
    for pack in OPENING:
        where = ("--library", str(world.library)) if pack.routed_by_pattern else ("--to", "EU")
        begun[_key(pack)] = _seal(world, "KE", pack, *where)
    shown_to_union = world.open_folder(union, "Party/EU")
    request = begun[_REQUEST][1]
    for pack in ANSWERING:
        answered[_key(pack)] = _seal(world, "EU", pack, "--reply-to", request)
    shown_to_kenya = world.open_folder(kenya, "Party/KE")
    return Journey(
        {name: _opened(union.home, *what) for name, what in begun.items()},
        {name: _opened(kenya.home, *what) for name, what in answered.items()},
        {union.language: shown_to_union, kenya.language: shown_to_kenya},
    )


def _seal(world: DemoWorld, party: str, pack: Pack, *where: str) -> tuple[str, str, Form]:
    officer, form = world.parties[party], example(pack)
    said = world.seal_and_send(officer, world.form_file(officer, pack.id, form), *where)
    found = EXCHANGE.search(said)
    assert found is not None, said
    return said, found.group(1), form


def _opened(home: Path, said: str, exchange: str, sent: Form) -> Travelled:
    return Travelled(said, exchange, sent, validate((home / "forms" / f"{exchange}-{sent.pack}.xml").read_bytes()))


def _content(form: Form) -> list[object]:
    return [entry for entry in flatten(form) if not entry.path.startswith("binding/")]


@pytest.mark.parametrize("pack", OPENING, ids=_key)
def test_it_begins_an_exchange_and_arrives_as_it_was_written(journey: Journey, pack: Pack) -> None:
    travelled = journey.begun[_key(pack)]
    assert _content(travelled.opened) == _content(travelled.sent)
    bound = travelled.opened.bindings
    assert bound is not None
    assert (bound.requesting_party, bound.requested_party, bound.query_sha256) == ("KE", "EU", None)
    assert ("by pattern" in travelled.said) is pack.routed_by_pattern


@pytest.mark.parametrize("pack", ANSWERING, ids=_key)
def test_it_answers_a_request_in_its_exchange(journey: Journey, pack: Pack) -> None:
    travelled, request = journey.answered[_key(pack)], journey.begun[_REQUEST]
    assert travelled.exchange == request.exchange
    assert _content(travelled.opened) == _content(travelled.sent)
    bound = travelled.opened.bindings
    assert bound is not None
    assert bound.query_sha256 == digest(request.opened)


def test_nobody_was_warned(journey: Journey) -> None:
    for language, shown in journey.shown.items():
        assert words_in(language).text(phrase("WARNING: {warning}"), warning="").strip() not in shown


def test_the_log_of_the_gateway_has_each_pack_in_its_class(exchange: Exchange, journey: Journey) -> None:
    assert journey.begun
    rows = json.loads(run(main, "--config", str(exchange.world.config), "log", "--last", "1000", "--format", "json"))
    logged = {
        (f"{row['form_pack']}/{row['form_version']}", row["message_class"])
        for row in rows
        if row["outcome"] == "accepted"
    }
    assert logged == {(_key(pack), name) for pack in _PACKS for name in pack.message_classes}
