"""A query and its partial reply through the running gateway, read in six languages on both sides."""

import html
import re
import unicodedata

import pytest
from click.testing import CliRunner

from forms import LANGUAGES, core_shelf, digest, render_html
from forms.form import Form
from forms.labels import Words
from forms.view import words_for
from gateway.cli.forms import forms_group
from gateway.words import phrase, words_in

from .conftest import FACILITY, JUSTIFICATION, UIDS, Exchange

pytestmark = pytest.mark.timeout(300)  # the first test starts the gateway

_WITHHELD = ("ongoing-investigation", "commercial-sensitivity")
_SCRIPTS = {"ar": "ARABIC", "ru": "CYRILLIC", "zh": "CJK"}


def words_of(form: Form, language: str) -> Words:
    """The words of a form's pack."""
    return words_for(core_shelf().pack(form.pack, form.version), language)


def plain(text: str) -> str:
    """Without the marks that keep directions apart."""
    return re.sub("[\u2066-\u2069\u200e\u200f]", "", text)


def share_of_script(text: str, script: str) -> float:
    """How much of the words is written in a script, leaving out codes: words in capitals, digits, and UIDs."""
    words = [word for word in re.findall(r"\b[^\W\d_]{3,}\b", text) if not word.isupper()]
    right = [word for word in words if unicodedata.name(word[0]).startswith(script)]
    return len(right) / len(words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_query_is_readable_where_it_was_asked(exchange: Exchange, language: str) -> None:
    shown = plain(exchange.read("EU", language))
    words, other = words_of(exchange.query, language), words_of(exchange.query, "en" if language != "en" else "fr")
    for section, key in (
        ("form", "title"),
        ("label", "justification"),
        ("code", "purpose.investigation"),
        ("code", "item.e"),
        ("label", "handling"),
    ):
        assert words.text(section, key) in shown
        assert other.text(section, key) not in shown
    assert exchange.id in shown
    assert JUSTIFICATION in shown, "free text stays as it was written"
    assert all(uid.decode() in shown for uid in UIDS)
    assert warning(language) not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reply_is_readable_where_the_question_came_from(exchange: Exchange, language: str) -> None:
    shown = plain(exchange.read("KE", language))
    words, other = words_of(exchange.reply, language), words_of(exchange.reply, "en" if language != "en" else "fr")
    for section, key in (
        ("form", "title"),
        ("code", "status.partial"),
        ("code", "status.not-found"),
        ("label", "manufacture.date"),
        ("code", "answer.withheld"),
        *(("code", f"reason.{reason}") for reason in _WITHHELD),
    ):
        assert words.text(section, key) in shown
        assert other.text(section, key) not in shown
    assert shown.count(words.text("code", "answer.withheld")) == 2
    assert "2024-05-19" in shown
    assert FACILITY in shown
    assert all(uid.decode() in shown for uid in UIDS)
    assert digest(exchange.query) in shown, "it says which query it answers"
    assert warning(language) not in shown


@pytest.mark.parametrize("language", _SCRIPTS)
def test_what_is_not_free_text_is_written_in_the_readers_script(exchange: Exchange, language: str) -> None:
    shown = plain(exchange.read("KE", language))
    shown = "\n".join(line for line in shown.splitlines() if "────" not in line)  # the name of the file
    for quoted in (FACILITY, *(uid.decode() for uid in UIDS), "uid-reply"):
        shown = shown.replace(quoted, "")
    assert share_of_script(shown, _SCRIPTS[language]) > 0.9


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_forms_make_a_page_in_every_language(exchange: Exchange, language: str) -> None:
    for form in (exchange.query, exchange.reply):
        page = plain(html.unescape(render_html(form, language).decode("utf-8")))
        assert words_of(form, language).text("form", "title") in page
        assert all(uid.decode() in page for uid in UIDS)


def test_every_pack_lints_clean() -> None:
    result = CliRunner().invoke(forms_group, ["lint"])
    assert result.exit_code == 0, result.output
    assert f"packs: {len(core_shelf().names())}; faults: 0;" in result.output


def warning(language: str) -> str:
    """How a warning of `gsp open` begins."""
    return words_in(language).text(phrase("WARNING: {warning}"), warning="").strip("\u2068\u2069 ")
