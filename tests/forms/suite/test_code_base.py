"""What must never stand in the code base (security cases XML-b05 to XML-b09)."""

import re
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).parents[3]
SOURCES = [
    path
    for package in ("forms", "gateway", "keyring_admin", "mailroom", "pattern_rules")
    for path in (ROOT / package).rglob("*.py")
]
FORBIDDEN = {
    "XML-b05 XSLT": r"\bXSLT\s*\(",
    "XML-b06 XPath from data": r"""(?:\.xpath|XPath)\(\s*(?:f["'].*\{(?:value|text|uid)|["'].*["']\s*(?:%|\+))""",
    "XML-b07 XInclude": r"\.xinclude\s*\(|\bXInclude\s*\(",
    "XML-b08 iterparse": r"\biterparse\b|\bETCompatXMLParser\b",
    "XML-b09 recover": r"\brecover\s*=\s*True",
    "XML-b09 huge tree": r"\bhuge_tree\s*=\s*True",
    "entities": r"\bresolve_entities\s*=\s*True|\bload_dtd\s*=\s*True|\bno_network\s*=\s*False",
}


@pytest.mark.parametrize(("case", "expression"), FORBIDDEN.items())
def test_the_code_base_never_uses(case: str, expression: str) -> None:
    found = [str(path.relative_to(ROOT)) for path in SOURCES if re.search(expression, path.read_text("utf-8"))]
    assert found == [], case


def test_the_search_finds_what_it_looks_for() -> None:
    samples = (
        "etree.XSLT(sheet)",
        "root.xpath(f\"//x[. = '{value}']\")",
        "tree.xinclude()",
        "etree.iterparse(source)",
        "XMLParser(recover=True)",
        "XMLParser(huge_tree = True)",
        "XMLParser(load_dtd=True)",
    )
    for expression, sample in zip(FORBIDDEN.values(), samples, strict=True):
        assert re.search(expression, sample), sample
    assert len(SOURCES) > 30


def test_xml_b08_lxml_is_at_least_6_1() -> None:
    assert etree.LXML_VERSION >= (6, 1)
