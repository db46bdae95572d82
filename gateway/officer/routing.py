"""Which Party does a form go to? Decided on the officer's machine; a list that spans Parties is never guessed at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from forms.form import Form
from forms.pack import core_shelf
from gateway.officer.address_book import AddressBook
from gateway.officer.memory import Memory
from gateway.officer.problem import OfficerProblemError
from gateway.officer.sealing import Route, message_class_of
from gateway.words import RecognitionSentence, phrase
from pattern_rules import Library, MembershipPeriod, Recognition, Standing, Verdict, recognise


@dataclass(frozen=True, slots=True)
class Wish:
    """What the officer says about where a form goes. exchange: the one it answers. library: the officer's own copy."""

    own_party: str
    exchange: str | None = None
    party: str | None = None
    library: Library | None = field(default=None, repr=False)


def route_form(form: Form, wish: Wish, book: AddressBook, memory: Memory, *, today: date) -> Route:
    """An answer goes by its exchange, a query about UIDs by their pattern, any other form by choice.

    today: the day of the question. Raises OfficerProblemError.
    """
    message_class_of(form, answers=wish.exchange is not None)
    if wish.exchange is not None:
        route = _route_answer(wish.exchange, memory, own_party=wish.own_party)
    elif not core_shelf().pack(form.pack, form.version).routed_by_pattern:
        route = _route_to_party(wish.party, book, own_party=wish.own_party)
    elif wish.library is not None:
        route = route_query(form, wish.library, book, own_party=wish.own_party, today=today)
    else:
        raise OfficerProblemError(phrase("a query about UIDs goes by their pattern: give --library"))
    if wish.party not in {None, route.receiver}:
        raise OfficerProblemError(
            phrase("this form goes to {party}, not to {named}", party=route.receiver, named=str(wish.party))
        )
    return route


def _route_to_party(party: str | None, book: AddressBook, *, own_party: str) -> Route:
    if party is None:
        raise OfficerProblemError(phrase("nothing in this form says where it goes: name the Party with --to"))
    if party == own_party:
        raise OfficerProblemError(phrase("a form is not sealed to your own Party"))
    return Route(requesting_party=own_party, requested_party=book.party(party).code)


def _route_answer(exchange: str, memory: Memory, *, own_party: str) -> Route:
    query = memory.query_of(exchange)
    if query is None:
        raise OfficerProblemError(phrase("the query of this exchange is not in your memory: open it first"))
    if query.requesting_party == own_party:
        raise OfficerProblemError(phrase("your own Party began this exchange: name the other one with --to instead"))
    return Route(query.requesting_party, query.requested_party, query=query)


def route_query(form: Form, library: Library, book: AddressBook, *, own_party: str, today: date) -> Route:
    """The Party all UIDs of a query belong to, and the pattern that says so. Raises OfficerProblemError."""
    if library.expired(today):
        raise OfficerProblemError(phrase("your copy of the pattern library has expired; fetch the current one"))
    members = membership(book)
    found = [recognise(library, uid, on=today, members=members, own_party=own_party) for uid in form.uids]
    if not found:
        raise OfficerProblemError(phrase("the form holds no UID; nothing says where it should go"))
    for position, recognition in enumerate(found, 1):
        if recognition.verdict is not Verdict.ROUTABLE:
            raise OfficerProblemError(
                phrase(
                    "UID {position} of {count} goes to nobody: {reason} `gsp uid explain -` tells more",
                    position=position,
                    count=len(found),
                    reason=RecognitionSentence(recognition),
                )
            )
    by_party: dict[str, list[int]] = {}
    for position, recognition in enumerate(found, 1):
        by_party.setdefault(recognition.party, []).append(position)
    if len(by_party) > 1:
        groups = "; ".join(f"{party} {', '.join(map(str, where))}" for party, where in sorted(by_party.items()))
        raise OfficerProblemError(
            phrase(
                "the UIDs belong to several Parties, write one query for each (Party, and which of the UIDs): {groups}",
                groups=groups,
            )
        )
    return Route(
        requesting_party=own_party,
        requested_party=found[0].party,
        pattern_id=_deciding_pattern(found[0]),
        library_version=library.version,
    )


def membership(book: AddressBook) -> Mapping[str, tuple[MembershipPeriod, ...]]:
    """The membership of the Parties in the address book."""
    return {
        party.code: (
            MembershipPeriod(
                since=party.member_from,
                until=party.member_until - timedelta(days=1) if party.member_until is not None else None,
            ),
        )
        for party in book.parties
    }


def _deciding_pattern(recognition: Recognition) -> str:
    return next(
        candidate.pattern_id
        for candidate in recognition.candidates
        if candidate.standing is Standing.DECIDES and candidate.party == recognition.party
    )
