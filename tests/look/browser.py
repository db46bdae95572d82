"""Debian's Chromium, driven by Selenium: shows a page from a file, as on a screen or on paper, and asks axe-core."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

AXE = Path(__file__).parent / "axe" / "axe.min.js"
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # containers and root have no user namespaces; the pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing is ever fetched
    "--window-size=1000,1200",
)
_ASK_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(
    found => done({violations: found.violations, incomplete: found.incomplete, passes: found.passes.length}),
    error => done({error: String(error)}));
"""


@dataclass(frozen=True, slots=True)
class Findings:
    """What axe-core says. violations and undecided: rule and the first element. passed: how many rules did."""

    violations: tuple[tuple[str, str], ...]
    undecided: tuple[tuple[str, str], ...]
    passed: int


class Browser:
    """One tab."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver
        self._axe = AXE.read_text("utf-8")

    def show(self, file: Path, *, medium: str = "screen") -> None:
        """Load a page as on a "screen" or in "print"."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium})
        self.driver.get(file.as_uri())

    def ask_axe(self) -> Findings:
        """What axe-core finds on the page that is shown."""
        self.driver.execute_script(self._axe)
        said = self.driver.execute_async_script(_ASK_AXE)
        assert "error" not in said, said
        return Findings(_named(said["violations"]), _named(said["incomplete"]), said["passes"])


@contextmanager
def running(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own in `folder`; it ends with the block."""
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (*_ARGUMENTS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(argument)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "LANG": "C.UTF-8"}
    driver = Chrome(options, Service("/usr/bin/chromedriver", env=environment))
    try:
        driver.set_script_timeout(60)
        yield Browser(driver)
    finally:
        driver.quit()


def _named(results: list[dict[str, object]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(one["id"]), _first(one["nodes"])) for one in results)


def _first(nodes: object) -> str:
    return str(nodes[0]["html"])[:200] if isinstance(nodes, list) and nodes else ""
