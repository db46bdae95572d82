"""The awkward cases of real identifiers: what is recognised, as whose, by which reading, and what is said about it.

One line a case: octets, verdict, Parties, the pattern that is ranked first, and the notations undone to match it.
"""

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pattern_rules import Candidate, Library, MembershipPeriod, Recognition, Standing, Verdict, load_library, recognise
from pattern_rules.checks import Outcome
from pattern_rules.readings import Step
from pattern_rules.recognition import Obstacle
from pattern_rules.sentences import LANGUAGES, explain

Text = Callable[..., bytes]
Record = Callable[..., str]
TODAY = date(2026, 11, 21)
TPX = rb"51qIgY)<&Jp3*j7SDB"
ELEMENT_STRING = b"010123456798765123551qIgY)<&Jp3*j7SDB"


def ask(library: Library, uid: bytes, *, own: str | None = None, made: date | None = None) -> Recognition:
    members = library.declared_members()
    return recognise(library, uid, on=TODAY, members=lambda party, _on: party in members, own_party=own, made=made)


UPUI = "gs1-upui-es"
V = Verdict
S = Step
CASES = [
    # 1 several match; RU, UZ and KZ packs match each other completely, and none is a Party
    ("29 characters of three States", b"00000046198488X?io+qCABm8wAYa", V.NOT_A_MEMBER, "KZ RU UZ", "ru-pack29", ()),
    ("a Party's prefix inside another State's form", b"KPL2F0000000", V.SEVERAL_PARTIES, "EU MX", "eu-kpl2f", ()),
    # 3 one prefix for several States: the region code inside decides
    ("shared prefix, Senegal", b"WASN0A1B2C3D4E5F", V.ROUTABLE, "SN", "ecowas-xx", ()),
    ("shared prefix, Benin", b"WABJ0A1B2C3D4E5F", V.ROUTABLE, "BJ", "ecowas-xx", ()),
    ("shared prefix, State outside of the group", b"WANG0A1B2C3D4E5F", V.ISSUER_UNKNOWN, "", "generic-15459", ()),
    # 4 a Member State's issuer goes to the regional mailbox
    ("Romanian issuer", b"LECNIzzzz000010000SLE", V.ROUTABLE, "EU", "eu-lecni", ()),
    # 5 recognised, but not a Party
    ("Mexican 12", b"A1B2C3D4E5F6", V.NOT_A_MEMBER, "MX", "mx-12", ()),
    # 8 several generations
    ("Turkish, second generation", b"TR0A1B2C3D4E5F6G", V.ROUTABLE, "TR", "tr-bandrol-new", ()),
    # 9 three forms of one pack
    ("with time stamp", b"QCALLa7K2m9XqZB4c124051914", V.ROUTABLE, "EU", "eu-qcall-l", ()),
    ("without time stamp", b"QCALLa7K2m9XqZB4c1", V.ROUTABLE, "EU", "eu-qcall-i", ()),
    ("short", b"QCALLa7K2m9XqZ", V.ROUTABLE, "EU", "eu-qcall-s", ()),
    # 10 aggregates; an SSCC names no State
    ("aggregate", b"QCALLa7K2m9XqZQCALLF00124051914", V.ROUTABLE, "EU", "eu-qcall-a", ()),
    ("SSCC with application identifier", b"00001234560000000018", V.NO_PARTY, "", "gs1-sscc", ()),
    ("SSCC alone", b"001234560000000018", V.NO_PARTY, "", "gs1-sscc-raw", ()),
    ("SGTIN, and a Russian form", b"010460043993125621JgXJ5.TqZ0a1b", V.NOT_A_MEMBER, "RU", "ru-ends31", ()),
    # 11 GS absent, present, spelt; symbology identifiers; brackets
    ("GS absent, no time stamp", ELEMENT_STRING, V.ROUTABLE, "EU", "gs1-upui-es", ()),
    ("GS present", ELEMENT_STRING + b"\x1d800824052008", V.ROUTABLE, "EU", "gs1-upui-es", ()),
    *[
        (f"GS as {spelling!r}", ELEMENT_STRING + spelling + b"800824052008", V.ROUTABLE, "EU", UPUI, (S.GS_SPELLING,))
        for spelling in (b"<GS>", b"{GS}", b"[GS]", b"^]", b"~1", b"\\x1d", b"\\u001D", "␝".encode())
    ],
    *[
        (f"{symbology!r} in front", symbology + ELEMENT_STRING, V.ROUTABLE, "EU", UPUI, (S.SYMBOLOGY_IDENTIFIER,))
        for symbology in (b"]C1", b"]d2", b"]Q3", b"]e0", b"]J1", b"\x1d", b"]d2\x1d")
    ],
    (
        "symbology identifier and spelt GS",
        b"]d2" + ELEMENT_STRING + b"<GS>800824052008",
        V.ROUTABLE,
        "EU",
        "gs1-upui-es",
        (S.SYMBOLOGY_IDENTIFIER, S.GS_SPELLING),
    ),
    ("brackets; ) is part of the code", b"(01)01234567987651(235)" + TPX, V.ROUTABLE, "EU", UPUI, (S.BRACKETS,)),
    (
        "brackets with time stamp: GS comes back",
        b"(01)01234567987651(235)" + TPX + b"(8008)24052008",
        V.ROUTABLE,
        "EU",
        "gs1-upui-es",
        (S.BRACKETS,),
    ),
    # 12 a lost GS makes AI 235 swallow 8008…: too long for AI 235 here, so nothing names the Party
    ("lost GS", ELEMENT_STRING + b"800824052008", V.ISSUER_UNKNOWN, "", "generic-15459", ()),
    # 14 printed groups, and a hyphen that is part of the code
    ("hyphens between printed groups", b"A1B-2C3-D4E-5F6", V.NOT_A_MEMBER, "MX", "mx-12", (S.SPACES_AND_HYPHENS,)),
    ("spaces between printed groups", b"A1B 2C3 D4E 5F6", V.NOT_A_MEMBER, "MX", "mx-12", (S.SPACES_AND_HYPHENS,)),
    ("hyphens of the code itself", b"BR-24-0A1B2C3D4E", V.ROUTABLE, "BR", "br-selo", ()),
    ("spaces where the code has hyphens", b"BR 24 0A1B2C3D4E", V.ROUTABLE, "BR", "br-selo", (S.SPACES_AND_HYPHENS,)),
    ("a significant hyphen stays", b"KPL2F9m-Xq27TbWs", V.ROUTABLE, "EU", "eu-kpl2f", ()),
    # 15 Digital Link and URN
    ("Digital Link", b"https://id.gs1.org/01/01234567987651/235/51qIgY%29%3C", V.ROUTABLE, "EU", "gs1-upui-dl", ()),
    ("Digital Link of any host", b"http://a.example/x/01/01234567987651/235/51qI", V.ROUTABLE, "EU", "gs1-upui-dl", ()),
    ("URN", b"urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7SDB", V.ROUTABLE, "EU", "gs1-upui-urn", ()),
    ("link to something else", b"https://a.example/01/01234567987651/10/ABC", V.UNKNOWN, "", "", ()),
    # 17 checks
    ("check digit fails", b"KE24T00012345675", V.CHECKS_FAILED, "KE", "ke-stamp", ()),
    ("impossible time stamp", b"QCALLa7K2m9XqZB4c199999999", V.CHECKS_FAILED, "EU", "eu-qcall-l", ()),
    ("time stamp of next year", b"QCALLa7K2m9XqZB4c127051914", V.CHECKS_FAILED, "EU", "eu-qcall-l", ()),
    ("30 February", b"QCALLa7K2m9XqZB4c124023014", V.CHECKS_FAILED, "EU", "eu-qcall-l", ()),
    ("hour 24", b"QCALLa7K2m9XqZB4c124051924", V.CHECKS_FAILED, "EU", "eu-qcall-l", ()),
    ("an hour after the end of the day", b"QCALLa7K2m9XqZB4c126112200", V.ROUTABLE, "EU", "eu-qcall-l", ()),
    ("two hours after the end of the day", b"QCALLa7K2m9XqZB4c126112201", V.CHECKS_FAILED, "EU", "eu-qcall-l", ()),
    # 19 a torn pack is no UID: nothing is completed
    ("torn", b"KE24T0001234", V.NOT_A_MEMBER, "MX", "mx-12", ()),
    ("torn shorter", b"KE24T", V.UNKNOWN, "", "", ()),
    # case is never folded, a facility identifier is no UID
    ("lower case", b"qcalla7k2m9xqzb4c124051914", V.UNKNOWN, "", "", ()),
    ("facility identifier", b"QCALLF001", V.UNKNOWN, "", "", ()),
    ("legal though it has O, l and I", b"QCALLOlI000000", V.ROUTABLE, "EU", "eu-qcall-s", ()),
    ("issuer nobody declared", b"QCXYZ0123456789", V.ISSUER_UNKNOWN, "", "generic-15459", ()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("uid", "verdict", "parties", "first", "steps"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_what_is_recognised(
    *, core: Library, uid: bytes, verdict: Verdict, parties: str, first: str, steps: tuple[Step, ...]
) -> None:
    found = ask(core, uid)
    assert found.verdict is verdict
    assert found.parties == tuple(parties.split())
    assert (found.candidates[0].pattern_id if found.candidates else "") == first
    assert (found.candidates[0].reading.steps if found.candidates else ()) == steps
    assert found.library_version == core.version
    for language in LANGUAGES:
        sentence = explain(found, language)
        assert "{" not in sentence
        for party in found.parties:
            assert party in sentence


ANSWERS = tomllib.loads((Path(__file__).parent / "awkward_answers.toml").read_text(encoding="utf-8"))


def test_every_case_has_an_answer_written_down() -> None:
    assert list(ANSWERS) == [case[0] for case in CASES]


@pytest.mark.parametrize(("name", "uid"), [pytest.param(*case[:2], id=case[0]) for case in CASES])
def test_every_candidate_and_the_sentence_are_those_written_down(core: Library, name: str, uid: bytes) -> None:
    found = ask(core, uid)
    assert [in_one_line(candidate) for candidate in found.candidates] == ANSWERS[name]["candidates"]
    assert explain(found, "en").startswith(f"{ANSWERS[name]['sentence']} Answered with version")
    # The five other languages say another sentence about the same Parties; their wording is held by test_sentences.py.
    assert len({explain(found, language) for language in LANGUAGES}) == len(LANGUAGES)


def in_one_line(candidate: Candidate) -> str:
    wrong = {Outcome.FAILED, Outcome.IN_FUTURE}
    failed = [f"{check.rule} {check.outcome}" for check in candidate.checks if check.outcome in wrong]
    return " ".join([candidate.pattern_id, candidate.party or "-", candidate.standing, *failed])


@pytest.mark.parametrize(
    ("uid", "obstacle"),
    [
        (b"", Obstacle.EMPTY),
        (b"K" * 129, Obstacle.TOO_LONG),
        (b"K" * 10_000_000, Obstacle.TOO_LONG),
        (b"KE24T0001234\x005674", Obstacle.CONTROL_CHARACTER),
        (b"KE24T00012345674\n", Obstacle.CONTROL_CHARACTER),
        (b"KE24T00012345674\x7f", Obstacle.CONTROL_CHARACTER),
        ("КЕ24T00012345674".encode(), Obstacle.NOT_ASCII),
        ("\u202eKE24T00012345674".encode(), Obstacle.NOT_ASCII),
        (b"\xff\xfe", Obstacle.NOT_ASCII),
    ],
)
def test_octets_that_can_be_no_uid_match_nothing_and_are_told_why(
    core: Library, uid: bytes, obstacle: Obstacle
) -> None:
    found = ask(core, uid)
    assert (found.verdict, found.obstacle, found.candidates) == (Verdict.INADMISSIBLE, obstacle, ())


def test_128_octets_are_still_read(core: Library) -> None:
    assert ask(core, b"!" * 128).verdict is Verdict.UNKNOWN


def test_the_own_partys_uid_is_told_apart(core: Library) -> None:
    assert ask(core, b"KE24T00012345674", own="KE").verdict is Verdict.OWN_PARTY
    assert ask(core, b"KE24T00012345674", own="EU").verdict is Verdict.ROUTABLE


def test_membership_counts_on_the_day_of_the_question(core: Library) -> None:
    members = {"KE": (MembershipPeriod(date(2020, 5, 4), date(2024, 12, 31)), MembershipPeriod(date(2026, 1, 1)))}

    def on(day: date | None) -> Verdict:
        return recognise(core, b"KE24T00012345674", on=day, members=members).verdict

    assert on(date(2024, 12, 31)) is Verdict.ROUTABLE
    assert on(date(2025, 1, 1)) is Verdict.NOT_A_MEMBER
    assert on(date(2026, 1, 1)) is Verdict.ROUTABLE
    assert on(None) is Verdict.ROUTABLE
    assert recognise(core, b"KE24T00012345674", on=TODAY, members={}).verdict is Verdict.NOT_A_MEMBER


def test_a_state_the_library_holds_for_no_party_never_routes_whatever_the_directory_says(core: Library) -> None:
    found = recognise(core, b"A1B2C3D4E5F6", on=TODAY, members=lambda _party, _on: True)
    assert found.verdict is Verdict.NOT_A_MEMBER


def test_a_generation_counts_by_day_of_manufacture_not_of_the_question(core: Library) -> None:
    old = b"AB123456789"  # first generation, made until 2025-12-27
    assert ask(core, old).verdict is Verdict.ROUTABLE, "asked a year later, of unknown manufacture"
    assert ask(core, old, made=date(2025, 12, 27)).verdict is Verdict.ROUTABLE
    assert ask(core, old, made=date(2025, 12, 28)).verdict is Verdict.NOT_IN_FORCE
    assert ask(core, b"TR0A1B2C3D4E5F6G", made=date(2025, 12, 27)).verdict is Verdict.NOT_IN_FORCE


def test_the_time_stamp_of_the_uid_tells_the_day_of_manufacture(library_text: Text, pattern_text: Record) -> None:
    record = pattern_text(
        expression=r"'KE\d{4}(?P<ts>\d{8})'",
        examples='["KE000125010100"]',
        checks='[{ rule = "timestamp", over = ["ts"] }]',
        made_from="2025-01-01",
    )
    library = load_library(library_text(record))
    assert ask(library, b"KE000125010100").verdict is Verdict.ROUTABLE
    assert ask(library, b"KE000124123123", made=TODAY).verdict is Verdict.NOT_IN_FORCE


def test_three_forms_of_one_pack_share_a_stem_and_another_pack_does_not(core: Library) -> None:
    forms = [b"QCALLa7K2m9XqZB4c124051914", b"QCALLa7K2m9XqZB4c1", b"QCALLa7K2m9XqZ"]
    stems = [ask(core, uid).stems for uid in forms]
    assert stems[0] == stems[1] == stems[2] != frozenset()
    assert ask(core, b"QCALLa7K2m9XqY").stems.isdisjoint(stems[0])


def test_element_string_link_urn_and_brackets_of_one_pack_share_a_stem(core: Library) -> None:
    spellings = [
        ELEMENT_STRING,
        ELEMENT_STRING + b"\x1d800824052008",
        b"(01)01234567987651(235)51qIgY)<&Jp3*j7SDB",
        b"https://id.gs1.org/01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7SDB",
        b"https://example.org/de/01/1234567987651/235/51qIgY%29%3C%26Jp3%2Aj7SDB?8008=24052008",
        b"urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7SDB",
    ]
    common = frozenset.intersection(*(ask(core, uid).stems for uid in spellings))
    assert len(common) == 1


def test_a_misread_uid_is_not_taken_for_the_pack_it_resembles(core: Library) -> None:
    right, wrong = b"QCALLa7K2m9XqZB4c124051914", b"QCALLa7K2m9XqZB4c199999999"
    assert ask(core, right).stems
    assert not ask(core, wrong).stems


def test_percent_encoding_is_undone_once(core: Library) -> None:
    found = ask(core, b"https://id.gs1.org/01/01234567987651/235/51qI%2529xx")
    decoded = next(candidate for candidate in found.candidates if candidate.pattern_id == "gs1-upui-es")
    assert decoded.parts["tpx"] == b"51qI%29xx"


def test_a_link_that_hides_a_separator_in_its_value_is_not_decoded(core: Library) -> None:
    found = ask(core, b"https://id.gs1.org/01/01234567987651/235/51qI%1D8008240520")
    assert all(candidate.reading.steps == () for candidate in found.candidates)


def test_the_longer_issuer_code_goes_before_its_own_prefix(library_text: Text, pattern_text: Record) -> None:
    library = load_library(
        library_text(
            pattern_text(id='"short"', party='"FR"', expression="'LE[0-9A-Z]{10}'", examples='["LE0000000000"]'),
            pattern_text(id='"long"', party='"RO"', expression="'LECNI[0-9A-Z]{7}'", examples='["LECNI0000000"]'),
        )
    )
    found = ask(library, b"LECNI1234567")
    assert (found.verdict, found.party) == (Verdict.ROUTABLE, "RO")
    assert [(c.pattern_id, c.standing) for c in found.candidates] == [
        ("long", Standing.DECIDES),
        ("short", Standing.YIELDS),
    ]
    assert ask(library, b"LEXXX1234567").party == "FR"


def test_two_parties_with_the_same_form_are_both_shown_until_one_stands_back(
    library_text: Text, pattern_text: Record
) -> None:
    mine = pattern_text(id='"mine"', party='"KE"', expression=r"'\d{12}'", examples='["000000000000"]', priority="90")
    theirs = {"id": '"theirs"', "party": '"UG"', "expression": r"'\d{3}1\d{8}'", "examples": '["000100000000"]'}
    undecided = load_library(library_text(mine, pattern_text(**theirs)))
    assert ask(undecided, b"000100000000").parties == ("KE", "UG"), "priority ranks, and never decides"
    assert ask(undecided, b"000100000000").verdict is Verdict.SEVERAL_PARTIES
    decided = load_library(library_text(mine, pattern_text(**theirs, yields_to='["mine"]')))
    assert (ask(decided, b"000100000000").verdict, ask(decided, b"000100000000").party) == (Verdict.ROUTABLE, "KE")


def test_a_declaration_goes_before_the_longer_prefix_and_mutual_politeness_is_left_to_a_human(
    library_text: Text, pattern_text: Record
) -> None:
    def library(**longer: str) -> Library:
        return load_library(
            library_text(
                pattern_text(id='"short"', party='"FR"', expression="'LE[0-9A-Z]{10}'", examples='["LE0000000000"]'),
                pattern_text(
                    id='"mid"', party='"RO"', expression="'LEC[0-9A-Z]{9}'", examples='["LEC000000000"]', **longer
                ),
            )
        )

    assert ask(library(), b"LEC123456789").party == "RO"
    assert ask(library(yields_to='["short"]'), b"LEC123456789").party == "FR"
    polite = [
        pattern_text(id='"a"', party='"FR"', expression=r"'\d{12}'", examples='["000000000000"]', yields_to='["b"]'),
        pattern_text(id='"b"', party='"RO"', expression=r"'\d{9,12}'", examples='["000000000000"]', yields_to='["a"]'),
    ]
    assert ask(load_library(library_text(*polite)), b"000000000000").verdict is Verdict.SEVERAL_PARTIES


def test_the_order_of_the_library_never_changes_the_answer(library_text: Text, pattern_text: Record) -> None:
    one = pattern_text(id='"a"', party='"KE"', expression=r"'\d{12}'", examples='["000000000000"]')
    two = pattern_text(id='"b"', party='"UG"', expression=r"'[0-9A-F]{12}'", examples='["00000000000A"]')
    there, back = load_library(library_text(one, two)), load_library(library_text(two, one))
    ranked = [[c.pattern_id for c in ask(library, b"123456789012").candidates] for library in (there, back)]
    assert ranked[0] == ranked[1] == ["a", "b"]


def test_a_draft_or_retired_pattern_matches_nothing(library_text: Text, pattern_text: Record) -> None:
    for status, verdict in (("active", V.ROUTABLE), ("draft", V.UNKNOWN), ("retired", V.UNKNOWN)):
        library = load_library(library_text(pattern_text(status=f'"{status}"')))
        assert ask(library, b"KE0001").verdict is verdict


def test_nothing_of_the_uid_is_in_any_repr(core: Library) -> None:
    for uid in (b"QCALLa7K2m9XqZB4c124051914", b"KE24T00012345675", b"BR-24-0A1B2C3D4E"):
        text = repr(ask(core, uid))
        assert "a7K2m9XqZ" not in text
        assert "0001234567" not in text
        assert "0A1B2C3D4E" not in text
