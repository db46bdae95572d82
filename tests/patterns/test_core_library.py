"""The shipped library keeps what it promises."""

from datetime import date

import pytest

from pattern_rules import Library, Verdict, core_library_octets, load_library, recognise
from pattern_rules.checks import Rule


def everyone(_party: str, _on: date | None) -> bool:
    return True


def test_it_holds_the_thirty_patterns(core: Library) -> None:
    assert len(core.patterns) == 30
    assert core.version == 1
    assert core.expires > core.issued


def test_its_hash_is_that_of_the_file(core: Library) -> None:
    assert (
        load_library(core_library_octets() + b"\n").sha256 != core.sha256 == load_library(core_library_octets()).sha256
    )


def test_every_example_is_recognised_by_its_own_pattern_and_its_checks_pass(core: Library) -> None:
    for pattern in core.patterns:
        for example in pattern.examples:
            found = recognise(core, example, on=date(2026, 11, 21), members=everyone)
            own = next(candidate for candidate in found.candidates if candidate.pattern_id == pattern.id)
            assert not own.checks_failed, pattern.id


def test_a_pattern_whose_format_is_not_public_is_labelled_synthetic(core: Library) -> None:
    synthetic = {pattern.id for pattern in core.patterns if pattern.synthetic}
    assert synthetic == {pattern.id for pattern in core.patterns if pattern.provenance.startswith("synthetic")}
    assert len(synthetic) == 9


@pytest.mark.parametrize(
    ("pattern_id", "parties"),
    [
        ("eu-qcall-l", {"EU"}),
        ("uk-qcukt", {"GB"}),
        ("ecowas-xx", {"CI", "SN", "BF", "ML", "BJ"}),
        ("gs1-sscc", set()),
        ("generic-15459", set()),
        ("ru-pack29", set()),
        ("mx-12", set()),
        ("no-such-pattern", set()),
    ],
)
def test_parties_a_pattern_routes_to(core: Library, pattern_id: str, parties: set[str]) -> None:
    assert core.pattern_parties(pattern_id) == parties


def test_the_owner_of_a_shared_prefix_follows_from_its_part(core: Library) -> None:
    assert core.owner("ecowas-xx") is None
    assert core.owner("ecowas-xx", {"cc": b"SN"}) == "SN"
    assert core.owner("ecowas-xx", {"cc": b"NG"}) is None
    assert core.owner("ke-stamp") == core.owner("ke-stamp", {}) == "KE"
    assert core.owner("ru-block") is None


def test_no_pattern_without_a_party_ever_routes(core: Library) -> None:
    for pattern in core.patterns:
        if not pattern.owners:
            for example in pattern.examples:
                assert recognise(core, example, on=None, members=everyone).verdict is not Verdict.ROUTABLE


def test_time_stamps_are_checked_where_the_form_has_one(core: Library) -> None:
    assert {p.id for p in core.patterns if any(check.rule is Rule.TIMESTAMP for check in p.checks)} == {
        "eu-qcall-l",
        "eu-qcall-a",
        "gs1-upui-es",
    }
