"""Every sentence is there in six languages, with the same blanks, in the right script, and none is left over."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

import gateway
from gateway.notices import NOTICES
from gateway.policy.facts import NoticeKind
from gateway.words import LANGUAGES, FormSentence, phrase, words_in
from gateway.words.catalogue import catalogue

from .checks import TRANSLATED, blanks, faults

PACKAGE = Path(gateway.__file__).parent


def marked() -> set[str]:
    """The sentences that the code marks, as Babel finds them."""
    found = extract_from_dir(PACKAGE, [("**.py", "python")], keywords={"phrase": None, "help_text": None})
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def test_there_are_sentences_to_translate() -> None:
    assert len(marked()) > 80


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_is_missing_and_none_is_left_over(language: str) -> None:
    there = {str(entry.id) for entry in catalogue(language) if entry.id}
    assert there == marked(), "run pybabel update, see gateway/words/__init__.py"
    assert not [entry.id for entry in catalogue(language) if entry.id and entry.fuzzy]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_says_the_same_in_its_own_script(language: str) -> None:
    wrong = {
        str(entry.id): found
        for entry in catalogue(language)
        if entry.id and (found := list(faults(language, str(entry.id), str(entry.string))))
    }
    assert not wrong


@pytest.mark.parametrize(
    ("language", "translation", "fault"),
    [
        ("fr", "", "missing"),
        ("fr", "refusé : {reason}", "other blanks"),
        ("fr", "refusé : {reply!r}", "other blanks"),
        ("fr", "refused: {reply} (see --ca)", "identical to English"),
        ("fr", "refusé : {reply}", "other names of programs and options"),
        ("ru", "отклонeно: {reply} (--ca)", "wrong script"),
        ("zh", "отклонено: {reply} (--ca)", "wrong script"),
        ("ar", "refused here: {reply} (--ca)", "wrong script"),
        ("es", "rechazado: {reply} (--ca) ", "stray white space"),
    ],
)
def test_a_bad_translation_is_noticed(language: str, translation: str, fault: str) -> None:
    assert fault in list(faults(language, "refused: {reply} (see --ca)", translation))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_says_whether_a_speaker_has_reviewed_it(language: str) -> None:
    read = catalogue(language)
    assert read.last_translator
    assert (read.last_translator == "not reviewed") == ("Not reviewed by a speaker" in read.header_comment)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_can_be_written_in_every_language(language: str) -> None:
    assert set(NOTICES) == set(NoticeKind)
    details = {"fingerprint": "A" * 40, "date": "2026-12-24", "days": "7"}
    names = ("enrolment", "challenge", "address", "roles", "replaced", "request", "act", "state", "reason")
    details |= dict.fromkeys((*names, "password", "code", "party"), "value")
    for kind, sentence in NOTICES.items():
        text = words_in(language).text(sentence, reference="GSP-7F3K-9Q2M", parties="KE, EU", version="7", **details)
        assert ("GSP-7F3K-9Q2M" in text) == ("reference" in blanks(sentence.template)), kind
        assert "{" not in text
        assert set(blanks(sentence.template)) <= {"reference", "parties", "version", *details}


def test_a_value_is_never_taken_for_a_template() -> None:
    sentence = phrase("the gateway answered: {reply}", reply="{0} {exchange} %s")
    assert words_in("fr").text(sentence) == "la passerelle a répondu : {0} {exchange} %s"
    assert str(sentence) == "the gateway answered: {0} {exchange} %s"


def test_a_sentence_inside_a_sentence_is_translated_too() -> None:
    sentence = phrase("the form does not belong to this exchange: {reason}", reason=FormSentence("replayed"))
    assert words_in("ru").text(sentence).startswith("форма не относится к этому обмену: ")
    assert "replayed" not in words_in("ru").text(sentence)


def test_what_stands_in_an_arabic_sentence_keeps_its_own_direction() -> None:
    sentence = phrase("no IMAP server answers at {server}", server="mail.example:993")
    assert "\u2068mail.example:993\u2069" in words_in("ar").text(sentence)
    assert "\u2068" not in words_in("fr").text(sentence)


def test_an_arabic_line_tells_the_terminal_that_it_runs_from_right_to_left() -> None:
    assert words_in("ar").lines("خطأ\n\nخطأ 1") == "\u2067خطأ\u2069\n\n\u2067خطأ 1\u2069"
    assert words_in("zh").lines("错误\n") == "错误\n"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(KeyError):
        words_in("../en")
