"""The pages of the documentation, and what stands in them: fenced blocks, inline code, links, tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))

_FENCE = re.compile(r"^```(\S*)[ ]?(.*)\n((?:(?!^```).*\n)*?)^```$", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_ROW = re.compile(r"^\|(.*)\|$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. title: what stands behind the language, for instance a file name."""

    language: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A line that begins with `$` in a console block, and the output shown below it."""

    text: str
    output: str


def name_of(page: Path) -> str:
    """A page as tests call it."""
    return str(page.relative_to(ROOT))


def read(page: Path) -> str:
    """The text of a page."""
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for match in _FENCE.finditer(read(page)):
        yield Block(*match.groups())


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block."""
    for piece in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        first, _, output = piece.partition("\n")
        yield Command(first, output)


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", read(page))


def inline_code(page: Path) -> list[str]:
    """What stands between backticks."""
    return _INLINE.findall(prose(page))


def links(page: Path) -> list[str]:
    """The targets of links."""
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and GitLab make them."""
    found = (
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in _HEADING.findall(prose(page))
    )
    return set(found)


def table(page: Path, heading: str) -> list[list[str]]:
    """The cells of every table under a heading, without header rows; backticks around a cell are taken off."""
    _, found, rest = prose(page).partition(f"{heading}\n")
    assert found, f"{name_of(page)} has no heading {heading}"
    level = heading.partition(" ")[0]
    section = re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    rows: list[list[str]] = []
    for line in section.splitlines():
        match = _ROW.match(line)
        if match is None:
            continue
        cells = [cell.strip() for cell in match.group(1).split(" | ")]
        if set(match.group(1)) <= set("-|: "):
            rows.pop()  # the header row stands above the rule
            continue
        rows.append([cell.removeprefix("`").removesuffix("`") if cell.count("`") == 2 else cell for cell in cells])
    return rows
