"""What `gsp seal` does with a UID that is not surely one other Party's: it sends nothing and tells the officer."""

from datetime import date

import pytest

from forms.queries import Purpose, new_query
from gateway.officer.address_book import AddressBook, BookCertificate, BookParty
from gateway.officer.problem import OfficerProblemError
from gateway.officer.routing import route_query
from gateway.officer.sealing import Route
from pattern_rules import core_library_octets, load_library
from pattern_rules.sentences import catalogue

TODAY = date(2026, 11, 21)
UNION, KENYA = b"QCALLa7K2m9XqZB4c124051914", b"KE24T00012345674"


def route(*uids: bytes, own: str = "KE", union_until: date | None = None) -> Route:
    parties = tuple(
        BookParty(code, code, f"{code.lower()}@gsp.test", date(2020, 1, 1), until, ())
        for code, until in (("KE", None), ("EU", union_until), ("PK", None))
    )
    book = AddressBook("gsp.test", True, BookCertificate("A" * 40, ""), parties)
    form = new_query(list(uids), justification="Seized.", purpose=Purpose.INVESTIGATION)
    return route_query(form, load_library(core_library_octets()), book, own_party=own, today=TODAY)


def test_a_uid_of_another_party_is_routed_by_its_pattern() -> None:
    assert (route(UNION).requested_party, route(UNION).pattern_id) == ("EU", "eu-qcall-l")


@pytest.mark.parametrize(
    ("uid", "own", "verdict"),
    [
        (KENYA, "KE", "own-party"),
        (b"A1B2C3D4E5F6", "KE", "not-a-member"),
        (b"KPL2F0000000", "KE", "several-parties"),
        (b"QCALLa7K2m9XqZB4c199999999", "KE", "checks-failed"),
        (b"001234560000000018", "KE", "no-party"),
        (b"QCXYZ0123456789", "KE", "issuer-unknown"),
        (b"KE24T", "EU", "unknown"),
    ],
)
def test_what_is_not_surely_one_other_partys_goes_nowhere(uid: bytes, own: str, verdict: str) -> None:
    for uids in ([uid], [UNION, uid] if own == "KE" else [KENYA, uid]):
        with pytest.raises(OfficerProblemError) as refused:
            route(*uids, own=own)
        why = catalogue("en").template("verdict", verdict).partition("{")[0]
        assert f"UID {len(uids)} of {len(uids)} goes to nobody: {why}" in str(refused.value)
        assert uid.decode() not in str(refused.value)


def test_membership_is_that_of_the_day() -> None:
    assert route(UNION, union_until=date(2026, 11, 22)).requested_party == "EU"
    with pytest.raises(OfficerProblemError, match="the State is not a Party"):
        route(UNION, union_until=TODAY)


def test_uids_of_several_parties_are_grouped_not_guessed_at() -> None:
    with pytest.raises(OfficerProblemError, match="EU 1; PK 2"):
        route(UNION, b"PKH7MQ2XW9RT4B")
