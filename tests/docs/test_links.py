"""Every link to a file of the project, or to a heading, leads somewhere."""

from pathlib import Path

import pytest

from .pages import PAGES, ROOT, anchors, links, name_of


def broken(page: Path, target: str) -> bool:
    """Whether a link leads nowhere. Links to other sites are not followed."""
    if "://" in target:
        return False
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.is_relative_to(ROOT) or not file.exists():
        return True
    return bool(anchor) and anchor not in anchors(file)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_the_page_leads_somewhere(page: Path) -> None:
    assert [target for target in links(page) if broken(page, target)] == []


def test_a_broken_link_would_be_noticed() -> None:
    page = ROOT / "README.md"
    assert broken(page, "docs/no-such-page.md")
    assert broken(page, "docs/wire.md#no-such-heading")
    assert broken(page, "../elsewhere.md")
    assert not broken(page, "docs/wire.md#8-gsp-seal")


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = {(page.parent / target.partition("#")[0]).resolve() for target in links(page) if "://" not in target}
        waiting += [target for target in targets if target.suffix == ".md" and target not in reached]
    # `make bench` writes the figures of the machine it ran on; the page need not be there.
    assert set(PAGES) <= reached
