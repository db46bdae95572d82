"""Draws the pictures in docs/screenshots: `python -m tests.look.screenshots`, from the project's folder.

Needs the fonts a reader's machine has: Debian's fonts-noto-core and fonts-noto-cjk.
"""

import base64
import tempfile
from pathlib import Path

from forms import core_shelf, render_html, validate
from tests.look.browser import Browser, running

LANGUAGES = ("ar", "en", "zh")
PICTURES = {"query": "uid-query", "reply": "uid-reply"}
FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
WIDTH = 1000  # CSS pixels


def draw(browser: Browser, page: Path) -> bytes:
    """The whole page as PNG."""
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": WIDTH, "height": 600, "deviceScaleFactor": 1, "mobile": False}
    )
    browser.show(page)
    height = browser.driver.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
    shot = browser.driver.execute_cdp_cmd(
        "Page.captureScreenshot",
        {"format": "png", "captureBeyondViewport": True, "clip": clip, "optimizeForSpeed": False},
    )
    return base64.b64decode(shot["data"])


def main() -> None:
    """Draw all of them."""
    shelf = core_shelf()
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as browser:
        for picture, pack in PICTURES.items():
            form = validate((shelf.folder / pack / "1/examples/valid/full.xml").read_bytes())
            for language in LANGUAGES:
                page = Path(name) / f"{picture}-{language}.html"
                page.write_bytes(render_html(form, language))
                (FOLDER / f"{picture}-{language}.png").write_bytes(draw(browser, page))


if __name__ == "__main__":
    main()
