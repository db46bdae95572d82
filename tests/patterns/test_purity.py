"""What the package promises about itself: RE2 only, no other package of the program, no clock, no network."""

import ast
from pathlib import Path

import pattern_rules

MODULES = sorted(Path(pattern_rules.__file__).parent.glob("*.py"))
FORBIDDEN = {"re", "regex", "socket", "time", "subprocess", "logging", "forms", "keyring_admin", "mailroom", "gateway"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


def test_no_module_imports_what_is_forbidden() -> None:
    assert len(MODULES) > 20
    assert {path.name: imported(path) & FORBIDDEN for path in MODULES if imported(path) & FORBIDDEN} == {}


def test_re2_is_what_matches() -> None:
    assert any("re2" in imported(path) for path in MODULES)
