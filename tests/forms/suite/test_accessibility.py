"""axe-core finds nothing on any core form in any language, in the distribution's Chromium.

Runs where Debian's `chromium` and the packages `playwright` and `axe-playwright-python` are installed.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forms import LANGUAGES, core_shelf, render_html, validate

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

CHROMIUM = shutil.which("chromium")
FORMS = {path.parts[-5]: path for path in sorted(core_shelf().folder.glob("*/*/examples/valid/full.xml"))}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")]


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A tab that may run axe's script, which the pages themselves forbid."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_context(bypass_csp=True).new_page()
        browser.close()


@pytest.mark.parametrize("name", FORMS)
def test_axe_finds_nothing_and_nothing_is_loaded_from_outside(page: Any, name: str, tmp_path: Path) -> None:
    form = validate(FORMS[name].read_bytes())
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    for language in LANGUAGES:
        file = tmp_path / f"{language}.html"
        file.write_bytes(render_html(form, language))
        page.goto(file.as_uri())
        found = axe.Axe().run(page).response["violations"]
        assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []
    assert set(requested) == {(tmp_path / f"{language}.html").as_uri() for language in LANGUAGES}


def test_axe_does_find_a_fault(page: Any, tmp_path: Path) -> None:
    octets = render_html(validate(FORMS["uid-query"].read_bytes()), "en").replace(b'<html lang="en"', b"<html")
    file = tmp_path / "spoiled.html"
    file.write_bytes(octets)
    page.goto(file.as_uri())
    assert "html-has-lang" in {violation["id"] for violation in axe.Axe().run(page).response["violations"]}
