"""What people read: complete, in their language, safe, and the same content as page and as text."""

import re
import resource
from html.parser import HTMLParser

import pytest

from forms import (
    LANGUAGES,
    Answer,
    AnswerStatus,
    BindingErrorCode,
    Entry,
    FormErrorCode,
    Item,
    bind,
    core_shelf,
    inspect,
    new_reply,
    render_html,
    render_text,
    validate,
)
from forms.damage import Damage
from forms.fields import Kind
from forms.problem_text import describe, message

from .builders import bindings, query, reply_to

FORMS = {
    path.parts[-5]: validate(path.read_bytes())
    for path in sorted(core_shelf().folder.glob("*/*/examples/valid/full.xml"))
}
VOID = {"meta", "link", "br", "hr", "img", "input"}


class _Page(HTMLParser):
    """Headings, ids, references to ids, attributes and text of a page; raises if tags do not nest."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tables = self.captions = 0
        self.text = ""
        self.feed(page.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        assert not any(name.startswith("on") or name in {"src", "href", "style", "action"} for name in values)
        self.ids += [values["id"]] if "id" in values else []
        self.references += [values["aria-labelledby"]] if "aria-labelledby" in values else []
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FORMS)
def test_a_page_is_well_made_and_its_headings_and_labels_hold_together(name: str, language: str) -> None:
    page = _Page(render_html(FORMS[name], language))
    assert page.open == []
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)
    assert page.tables == page.captions


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FORMS)
def test_page_and_text_show_the_same_values(name: str, language: str) -> None:
    form = FORMS[name]
    pack = core_shelf().pack(form.pack, form.version)
    page = re.sub(r"\s+", " ", _Page(render_html(form, language)).text)
    text = re.sub(r"\s+", " ", render_text(form, language).replace("\u2068", "").replace("\u2069", ""))
    kinds = {field.path.rpartition("/")[2]: field.kind for field in pack.root.walk()}
    shown = 0
    for element in form.tree().iter("{*}*"):
        value = element.text or ""
        kind = kinds.get(re.sub(r"\{.*\}", "", str(element.tag)))
        if value and len(element) == 0 and kind in {Kind.TEXT, Kind.DATE, Kind.SHA256, Kind.E_MAIL, Kind.FINGERPRINT}:
            assert value in page
            assert value in text
            shown += 1
    assert shown


def test_arabic_reads_right_to_left_with_codes_left_to_right() -> None:
    page = render_html(query((b"KE24T",)), "ar").decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert '<bdi class="code" dir="ltr">KE24T</bdi>' in page
    assert "\u2068KE24T\u2069" in render_text(query((b"KE24T",)), "ar")
    assert "\u2068" not in render_text(query((b"KE24T",)), "ru")


def test_a_draft_pack_a_draft_wording_and_an_unreviewed_language_say_so() -> None:
    assert "Draft: the list of fields is not confirmed." in render_text(FORMS["seizure-report"], "en")
    assert "Draft: the list" not in render_text(FORMS["uid-query"], "en")
    assert "First customer not affiliated with the manufacturer [draft wording]" in render_text(query(), "en")
    assert message("not-reviewed", "fr") in render_text(FORMS["uid-query"], "fr")
    assert message("not-reviewed", "en") not in render_text(FORMS["uid-query"], "en")
    assert message("unsent", "en") in render_text(query(), "en")
    assert message("unsent", "en") not in render_text(bind(query(), bindings()), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence_in_every_language(language: str) -> None:
    for code in (*FormErrorCode, *BindingErrorCode, *Damage):
        assert message(code.value, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_problem_is_told_in_the_readers_language_without_content(language: str) -> None:
    octets = reply_to(bind(query(), bindings())).canonical
    spoiled = octets.replace(b"<status>partial", b"<status>CANARY").replace(b"2024-05-19", b"CANARY")
    inspection = inspect(spoiled)
    sentences = [describe(problem, inspection.pack, language) for problem in inspection.problems]
    assert len(sentences) == 2
    assert all("CANARY" not in sentence for sentence in sentences)
    assert "(answer[1]/status)" in sentences[0]


@pytest.mark.parametrize("name", FORMS)
def test_chinese_and_arabic_pages_have_their_own_punctuation(name: str) -> None:
    chinese = re.sub(r'<bdi.*?</bdi>|<span class="prose".*?</span>|<style>.*?</style>', "", html_of(name, "zh"))
    assert not re.findall("[\u4e00-\u9fff] ?[(),:;?!]|[(),:;?!][\u4e00-\u9fff]", chinese)
    arabic = re.sub(r'<bdi.*?</bdi>|<span class="prose".*?</span>|<style>.*?</style>', "", html_of(name, "ar"))
    assert not re.findall("[\u0600-\u06ff][,;?]", arabic)


def html_of(name: str, language: str) -> str:
    return render_html(FORMS[name], language).decode("utf-8").replace("\n", "")


@pytest.mark.parametrize(("language", "heading"), [("en", "Answer 2"), ("fr", "Réponse 2"), ("zh", "答复 2")])
def test_one_of_several_is_called_by_its_own_word(language: str, heading: str) -> None:
    reply = validate(FORMS["uid-reply"].canonical)
    assert f"\n{heading}\n" in render_text(reply, language)
    spoiled = inspect(reply.canonical.replace(b"<status>", b"<status>x"))
    assert heading in describe(spoiled.problems[1], spoiled.pack, language)


def test_hostile_text_in_every_text_field_stays_text() -> None:
    hostile = "</span></body><script>x</script><img src=x onerror=x>{{ 7*7 }}{% raw %}"
    for name, form in FORMS.items():
        text = form.canonical.replace(
            b"Example text. Nothing here is about a real case.", hostile.replace("<", "&lt;").encode()
        )
        page = render_html(validate(text), "en").decode()
        assert "<script" not in page, name
        assert "<img" not in page
        assert page.count("{{ 7*7 }}") == text.count(b"{{ 7*7 }}"), "templates in it are not run"
        _Page(page.encode())


def test_ten_thousand_uids_validate_and_render_with_bounded_memory() -> None:
    """How long it takes is in docs/benchmarks.md."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    asked = query(tuple(b"QCALL%09d\x1d%04d" % (number, number) for number in range(10_000)))
    assert validate(asked.canonical) == asked
    for language in ("ar", "en"):
        assert render_html(asked, language).count(b"<tr>") == 10_001
        assert render_text(asked, language).count("\n  ") >= 10_000
    answers = [Answer((uid,), AnswerStatus.FOUND, (Entry("manufacture/date", "2024"),)) for uid in asked.uids]
    assert len(render_html(new_reply(asked, answers), "zh")) > 10_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 1024


def test_an_unknown_language_is_a_key_error() -> None:
    for render in (render_html, render_text):
        with pytest.raises(KeyError):
            render(query(), "xx")


def test_all_ten_items_of_the_protocol_are_shown_by_their_letters() -> None:
    text = render_text(validate(FORMS["uid-reply"].canonical), "en")
    for item in Item:
        assert f"({item.name.lower()}) " in text
