"""Rendered forms in Debian's Chromium: axe-core finds nothing, on the screen and on paper, in either direction."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forms import LANGUAGES, Form, core_shelf, render_html, validate

from .browser import Browser

FORMS = {path.parts[-5]: path for path in sorted(core_shelf().folder.glob("*/*/examples/valid/full.xml"))}
# In `make test`: one language that runs from right to left, one without spaces between words, one of the others.
SOON = ("ar", "en", "zh")
LATER = tuple(language for language in LANGUAGES if language not in SOON)
PAPER = 703  # CSS pixels: A4 within 12 mm margins
TELEPHONE = 360
_WIDTHS = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
_GRIDS = "return [...document.querySelectorAll('.grid')].map(grid => grid.scrollWidth - grid.clientWidth)"
_REQUESTS = "return performance.getEntriesByType('resource').length"
_UNROLLED = """
document.body.style.maxWidth = 'none';
document.body.style.width = 'max-content';
for (const grid of document.querySelectorAll('.grid')) grid.style.overflow = 'visible';
"""
_FIRST_ROW = """
const row = document.querySelector('dl > div');
return [row.querySelector('dt').getBoundingClientRect().left, row.querySelector('dd').getBoundingClientRect().left];
"""


def form(pack: str) -> Form:
    """The fullest example of a pack."""
    return validate(FORMS[pack].read_bytes())


def page(folder: Path, pack: str, language: str) -> Path:
    """The rendered example as a file."""
    file = folder / f"{pack}-{language}.html"
    file.write_bytes(render_html(form(pack), language))
    return file


@pytest.fixture
def narrow(browser: Browser, request: pytest.FixtureRequest) -> Iterator[int]:
    """A window of the width in the parameter, in CSS pixels."""
    size = {"width": request.param, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    yield int(request.param)
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def assert_readable_by_everyone(browser: Browser, file: Path, media: tuple[str, ...]) -> None:
    for medium in media:
        browser.show(file, medium=medium)
        found = browser.ask_axe()
        assert found.violations == ()
        assert found.passed > 10, "axe-core looked at the page"
        # What axe cannot see the background of is judged on the screen, where it can; pictures of control
        # characters hold no text.
        if any('class="control"' not in element for _, element in found.undecided):
            browser.driver.execute_script(_UNROLLED)  # nor that of cells that are scrolled out of sight
            found = browser.ask_axe()
            assert found.violations == ()
        assert {rule for rule, _ in found.undecided} <= {"color-contrast"}
        assert all(medium == "print" or 'class="control"' in element for _, element in found.undecided)


@pytest.mark.parametrize("language", SOON)
@pytest.mark.parametrize("pack", FORMS)
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, pack: str, language: str) -> None:
    media = ("screen", "print") if pack in {"uid-query", "uid-reply"} else ("screen",)
    assert_readable_by_everyone(browser, page(tmp_path, pack, language), media)
    assert browser.driver.execute_script(_REQUESTS) == 0, "nothing is loaded beside the page"


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", FORMS)
def test_axe_finds_nothing_in_any_language_on_screen_and_paper(
    browser: Browser, tmp_path: Path, pack: str, language: str
) -> None:
    assert_readable_by_everyone(browser, page(tmp_path, pack, language), ("screen", "print"))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("<html lang=", "<html data-lang=", "html-has-lang"),
        ("color: #1a1a1a", "color: #aaa", "color-contrast"),
        ("<title>", "<title hidden></title><p>", "document-title"),
    ],
)
def test_axe_does_find_what_is_spoiled(browser: Browser, tmp_path: Path, old: str, new: str, rule: str) -> None:
    file = page(tmp_path, "uid-query", "en")
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    browser.show(file)
    assert rule in {name for name, _ in browser.ask_axe().violations}


@pytest.mark.parametrize(("language", "label_first"), [("ar", False), ("en", True), ("zh", True)])
def test_a_form_runs_in_the_direction_of_its_language(
    browser: Browser, tmp_path: Path, language: str, label_first: bool
) -> None:
    browser.show(page(tmp_path, "uid-query", language))
    label, value = browser.driver.execute_script(_FIRST_ROW)
    assert (label < value) is label_first


@pytest.mark.parametrize("narrow", [PAPER], indirect=True)
@pytest.mark.parametrize("language", SOON)
@pytest.mark.parametrize("pack", ["uid-query", "uid-reply", "seizure-report"])
def test_a_form_fits_on_a4(browser: Browser, tmp_path: Path, narrow: int, pack: str, language: str) -> None:
    browser.show(page(tmp_path, pack, language), medium="print")
    content, window = browser.driver.execute_script(_WIDTHS)
    assert content <= window == narrow
    assert all(excess <= 0 for excess in browser.driver.execute_script(_GRIDS)), "no column is cut off"


@pytest.mark.parametrize("narrow", [TELEPHONE], indirect=True)
@pytest.mark.parametrize("language", SOON)
def test_a_form_can_be_read_on_a_telephone(browser: Browser, tmp_path: Path, narrow: int, language: str) -> None:
    browser.show(page(tmp_path, "uid-query", language))
    content, window = browser.driver.execute_script(_WIDTHS)
    assert content <= window == narrow, "only tables are pushed sideways, never the page"
