"""`gsp seal`: where a form goes, and what is said when nothing, or two things, tell."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from forms import Form, core_shelf, digest, validate
from gateway.officer.memory import RECEIVED, Memory, RememberedForm
from gateway.officer.problem import OfficerProblemError
from gateway.officer.routing import Wish, route_form
from gateway.words import LANGUAGES, words_in
from pattern_rules import core_library_octets, load_library
from pattern_rules.sentences import catalogue

from .conftest import World, query

TODAY = date(2026, 11, 21)
EXCHANGE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def example(pack: str) -> Form:
    folder = core_shelf().pack(pack, "1").folder
    return validate((folder / "examples" / "valid" / "minimal.xml").read_bytes())


def asked(form: Form) -> RememberedForm:
    """A form of KE to EU, as EU remembers it."""
    return RememberedForm(
        digest=digest(form),
        exchange=EXCHANGE,
        pack=form.pack,
        requesting_party="KE",
        requested_party="EU",
        direction=RECEIVED,
        seen_at=datetime(2026, 11, 21, tzinfo=UTC),
        body_sha256="ab" * 32,
    )


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "memory.db")


@pytest.fixture
def union(memory: Memory) -> Memory:
    """The Union's memory, with a request of Kenya in it."""
    memory.remember(asked(example("enforcement-request")))
    return memory


@pytest.mark.parametrize(
    "pack", ["enforcement-request", "administrative-assistance", "seizure-report", "clarification"]
)
def test_what_no_pattern_routes_goes_to_the_party_that_is_named(world: World, memory: Memory, pack: str) -> None:
    route = route_form(example(pack), Wish("KE", party="EU"), world.book, memory, today=TODAY)
    assert (route.requesting_party, route.receiver, route.pattern_id, route.query) == ("KE", "EU", None, None)


def test_a_query_goes_by_its_pattern(world: World, memory: Memory) -> None:
    library = load_library(core_library_octets())
    route = route_form(query(), Wish("KE", party="EU", library=library), world.book, memory, today=TODAY)
    assert (route.receiver, route.pattern_id) == ("EU", "eu-qcall-i")


@pytest.mark.parametrize("pack", ["acknowledgement", "clarification", "transfer", "seizure-report"])
def test_an_answer_goes_back_in_its_exchange(world: World, union: Memory, pack: str) -> None:
    route = route_form(example(pack), Wish("EU", EXCHANGE), world.book, union, today=TODAY)
    assert (route.requesting_party, route.receiver) == ("KE", "KE")
    assert route.query is not None
    assert route.query.digest == digest(example("enforcement-request"))


REFUSED = {
    "nothing says where": ("enforcement-request", Wish("KE"), "name the Party with --to"),
    "a query without a library": ("uid-query", Wish("KE", party="EU"), "give --library"),
    "another Party than the UIDs say": (
        "uid-query",
        Wish("KE", party="BR", library=load_library(core_library_octets())),
        "goes to EU, not to BR",
    ),
    "its own Party": ("seizure-report", Wish("KE", party="KE"), "your own Party"),
    "a Party that is not in the book": ("seizure-report", Wish("KE", party="ZZ"), "ZZ is not in the address book"),
    "an answer to nothing": ("uid-reply", Wish("EU", party="KE"), "name its exchange with --reply-to"),
    "an answer to what was never opened": ("acknowledgement", Wish("EU", EXCHANGE[:-1] + "0"), "open it first"),
    "an answer to itself": ("clarification", Wish("KE", EXCHANGE), "your own Party began this exchange"),
    "an answer to another Party": ("acknowledgement", Wish("EU", EXCHANGE, "BR"), "goes to KE, not to BR"),
    "what answers nothing, as an answer": ("enforcement-request", Wish("EU", EXCHANGE), "leave --reply-to away"),
}


@pytest.mark.parametrize(("pack", "wish", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_routed_is_said(world: World, union: Memory, pack: str, wish: Wish, said: str) -> None:
    form = query() if pack == "uid-query" else example(pack)
    with pytest.raises(OfficerProblemError, match=said):
        route_form(form, wish, world.book, union, today=TODAY)


def test_an_answer_is_never_taken_for_what_began_the_exchange(memory: Memory) -> None:
    """A clarification may begin an exchange or answer in one: what it answers tells which."""
    question = example("clarification")
    memory.remember(replace(asked(question), query_sha256="cd" * 32))
    assert memory.query_of(EXCHANGE) is None
    memory.remember(asked(query()))
    began = memory.query_of(EXCHANGE)
    assert began is not None
    assert began.pack == "uid-query"


def test_an_older_memory_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "memory.db"
    Memory(file).remember(asked(query()))
    with create_engine(f"sqlite:///{file}").begin() as connection:
        connection.execute(text("ALTER TABLE forms DROP COLUMN query_sha256"))
    began = Memory(file).query_of(EXCHANGE)
    assert began is not None
    assert began.digest == digest(query())


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_uid_goes_to_nobody_is_said_in_the_language_of_the_officer(
    world: World, memory: Memory, language: str
) -> None:
    library = load_library(core_library_octets())
    with pytest.raises(OfficerProblemError) as caught:
        route_form(query(b"NOBODY-9QX4-77T2"), Wish("KE", library=library), world.book, memory, today=TODAY)
    said = words_in(language).text(caught.value.sentence)
    assert catalogue(language).text("verdict", "issuer-unknown") in said
    assert "NOBODY" not in said
    assert catalogue("en").text("verdict", "issuer-unknown") in str(caught.value)
