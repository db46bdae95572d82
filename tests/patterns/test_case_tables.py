"""docs/uid-patterns.md names the test of each known case; every case stands there, and every test named exists."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "uid-patterns.md"
SHORT = {"P": "patterns", "L": "library", "R": "resolve"}
AWKWARD = [str(number) for number in range(1, 23)]
DECLARED = [f"RE-g{number:02}" for number in range(1, 31)] + [f"RE-b{number:02}" for number in range(1, 7)]


def rows(heading: str) -> list[list[str]]:
    section = PAGE.read_text(encoding="utf-8").split(f"\n### {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and not set(line) <= set("|- ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def named_by(row: list[str]) -> list[tuple[Path, str]]:
    found = []
    for file, name in re.findall(r"`([\w/]+\.py)::(\w+)`", row[-1]):
        folder, _, rest = file.partition("/")
        found.append((TESTS / SHORT.get(folder, folder) / rest, name))
    return found


@pytest.mark.parametrize(("heading", "cases"), [("Awkward UIDs", AWKWARD), ("What a Party could declare", DECLARED)])
def test_every_case_has_a_row_and_every_test_it_names_exists(heading: str, cases: list[str]) -> None:
    found = rows(heading)
    assert [row[0] for row in found] == cases
    for row in found:
        assert len(row) == 4
        named = named_by(row)
        assert named or row[-1].startswith("no test: ")
        for file, name in named:
            functions = {
                node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)
            }
            assert name in functions, (row[0], name)


def test_a_case_that_is_a_parameter_stands_in_the_test_it_names() -> None:
    for row in rows("What a Party could declare"):
        files = [file.read_text(encoding="utf-8") for file, _ in named_by(row)]
        if row[0].startswith("RE-g") and row[0] != "RE-g20":
            assert any(f'id="{row[0]}' in text for text in files), row[0]
