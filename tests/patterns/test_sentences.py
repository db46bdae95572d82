"""Six languages say the same, and none of them says a UID."""

import string
from datetime import date

import pytest

from pattern_rules import Library, Standing, Verdict, recognise
from pattern_rules.checks import Outcome, Rule
from pattern_rules.readings import Step
from pattern_rules.recognition import Obstacle
from pattern_rules.sentences import LANGUAGES, catalogue, explain, explain_candidate
from pattern_rules.suggestions import Cause
from pattern_rules.why_not import Reason

TODAY = date(2026, 11, 21)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_exists_with_the_same_blanks_as_in_english(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    assert other.keys() == english.keys()
    for group, key in sorted(english.keys()):
        assert fields(other.template(group, key)) == fields(english.template(group, key)), (group, key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_program_has_a_sentence(language: str) -> None:
    keys = catalogue(language).keys()
    for group, words in (
        ("verdict", Verdict),
        ("standing", Standing),
        ("step", Step),
        ("rule", Rule),
        ("outcome", Outcome),
        ("obstacle", Obstacle),
        ("suggestion", Cause),
        ("why-not", Reason),
    ):
        assert {(group, word.value) for word in words} <= keys


def test_no_language_is_another_one_copied() -> None:
    for verdict in Verdict:
        assert len({catalogue(language).template("verdict", verdict.value) for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_candidate_is_explained_in_one_sentence_without_its_uid(core: Library, language: str) -> None:
    found = recognise(core, b"KE24T00012345675", on=TODAY, members=lambda _party, _on: True)
    sentence = explain_candidate(found.candidates[0], language)
    assert "KE" in sentence
    assert "ke-stamp" in sentence
    assert catalogue(language).text("outcome", "failed") in sentence
    assert "0001234567" not in sentence + explain(found, language)


def test_a_synthetic_pattern_is_called_so_in_the_answer(core: Library) -> None:
    synthetic = recognise(core, b"KE24T00012345674", on=TODAY, members=lambda _party, _on: True)
    published = recognise(core, b"QCALLa7K2m9XqZ", on=TODAY, members=lambda _party, _on: True)
    assert "synthetic" in explain(synthetic, "en")
    assert "synthetic" not in explain(published, "en")


def test_codes_keep_their_direction_inside_arabic_text(core: Library) -> None:
    found = recognise(core, b"QCALLa7K2m9XqZ", on=TODAY, members=lambda _party, _on: True)
    assert "\u2068EU\u2069" in explain(found, "ar")
    assert "\u2068" not in explain(found, "en")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(KeyError):
        catalogue("../en")
