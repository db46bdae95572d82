"""docs/security-cases.md: each case of the catalogue once, each test it names exists, and what has none says why."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from .pages import ROOT, table

PAGE = ROOT / "docs" / "security-cases.md"
# The numbers of the catalogue: prefix, first, last.
SECTIONS = {
    "3.1 OpenPGP messages and keys": (
        *(("PGP-p", 1, 65), ("PGP-p", 70, 86)),
        *(("PGP-k", 1, 15), ("PGP-q", 1, 30)),
    ),
    "3.2 MIME structure": (("MIME-m", 1, 41), ("MIME-b", 1, 27)),
    "3.3 SMTP on the wire": (("SMTP-S", 1, 86), ("SMTP-d", 1, 20)),
    "3.6 IMAP delivery": (("IMAP-", 1, 18),),
    "3.7 Privacy, logs and leftovers": (("PRIV-", 1, 27),),
    "3.8 Reliability": (("REL-", 1, 28),),
    "3.9 Key life cycle, accounts and administration": (("KEY-", 1, 34),),
    "3.10 Database, files, process": (("SYS-", 1, 13),),
}
REASONS = ("not covered", "does not apply")
TEST = re.compile(r"(tests/[a-z_0-9/]+\.py)::([A-Za-z_0-9:]+)")


def rows(section: str) -> Iterator[tuple[list[str], str, str]]:
    for cases, what, tests in table(PAGE, f"## {section}"):
        yield cases.split(", "), what, tests


def defined(file: str) -> set[str]:
    """The tests of a file, as pytest names them."""
    names: set[str] = set()
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
    return {name for name in names if name.rpartition("::")[2].startswith("test_")}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_case_stands_in_one_row(section: str) -> None:
    wanted = [f"{prefix}{number:02d}" for prefix, first, last in SECTIONS[section] for number in range(first, last + 1)]
    found = Counter(case for cases, _, _ in rows(section) for case in cases)
    assert [case for case in wanted if found[case] != 1] == []
    assert sorted(set(found) - set(wanted)) == []


@pytest.mark.parametrize("section", SECTIONS)
def test_every_test_that_is_named_exists(section: str) -> None:
    for cases, _, tests in rows(section):
        named = TEST.findall(tests)
        assert tests == "–" or len(named) == tests.count(".py") > 0
        for file, name in named:
            assert name in defined(file), (cases, file, name)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_case_without_a_test_says_why(section: str) -> None:
    for cases, what, tests in rows(section):
        if tests == "–":
            assert what.startswith(REASONS), cases
            assert len(what.partition(": ")[2]) > 10, cases


def test_a_test_that_does_not_exist_would_be_noticed() -> None:
    assert "test_anything_else_is_refused_by_its_rule" in defined("tests/gate/test_packets.py")
    assert "TestSignatures::test_unsigned" in defined("tests/gateway/core/test_opener.py")
    assert "test_unsigned" not in defined("tests/gateway/core/test_opener.py")
