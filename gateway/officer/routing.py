"""Whose UIDs are in this form? Decided on the officer's machine; a list that spans Parties is never guessed at."""

from collections.abc import Mapping
from datetime import date, timedelta

from forms.form import Form
from gateway.officer.address_book import AddressBook
from gateway.officer.problem import OfficerProblemError
from gateway.officer.sealing import Route
from gateway.words import phrase
from pattern_rules import Library, MembershipPeriod, Recognition, Standing, Verdict, recognise


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
                    "UID {position} of {count} cannot be routed ({verdict}); `gsp uid explain -` tells why",
                    position=position,
                    count=len(found),
                    verdict=recognition.verdict.value,
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
