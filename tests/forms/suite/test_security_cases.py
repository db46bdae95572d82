"""The cases for XML of slips and forms, each with the test that holds it.

A case counts as held when its id stands in the name or in the parameters of a test of this folder.
"""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CASES = {
    "XML-x01": "a plain form is accepted",
    "XML-x02": "external entity: any DOCTYPE is refused",
    "XML-x03": "external entity over HTTP: refused, no connection",
    "XML-x04": "parameter entity out of band: refused, no connection",
    "XML-x05": "external DTD: refused",
    "XML-x06": "a thousand million laughs: refused in 50 ms",
    "XML-x07": "quadratic blow-up: refused",
    "XML-x08": "a harmless DOCTYPE: refused all the same",
    "XML-x09": "XInclude: never processed, refused",
    "XML-x10": "processing instructions: refused",
    "XML-x11": "more than 32 levels: refused",
    "XML-x12": "more than 32 attributes: refused",
    "XML-x13": "UTF-7: only UTF-8 is accepted",
    "XML-x14": "UTF-16 that hides a DOCTYPE: refused",
    "XML-x15": "EBCDIC: refused",
    "XML-x16": "NUL: refused",
    "XML-x17": "overlong and other bad UTF-8: refused",
    "XML-x18": "two roots: refused",
    "XML-x19": "a field twice: refused",
    "XML-x20": "character references in a UID: decoded once",
    "XML-x21": "a comment that splits a text: refused",
    "XML-x22": "CDATA: refused",
    "XML-x23": "white space around a value: refused, never trimmed",
    "XML-x24": "a wrong namespace: refused",
    "XML-x25": "HTML: refused",
    "XML-x26": "a formula in an exported spreadsheet: neutralised",
    "XML-x27": "a slip over 16 KiB: refused by size",
    "XML-x28": "a bidirectional override: refused",
    "XML-x29": "full-width digits: refused",
    "XML-x30": "a line end after the value: refused",
    "XML-b01": "published DTD attacks: refused",
    "XML-b02": "schemaLocation: refused, no connection",
    "XML-b03": "a parser's error text that holds a tag of the input: never shown",
    "XML-b04": "a schema's error text that holds a value of the input: only a code is shown",
    "XML-b05": "XSLT and strangers' schemas: not used",
    "XML-b06": "XPath put together from data: not used",
    "XML-b07": "xinclude() in the code base: not used",
    "XML-b08": "iterparse and ETCompatXMLParser, lxml before 6.1: not used",
    "XML-b09": "recover=True and huge_tree=True: not used",
}


def names_of_tests() -> str:
    """Names of tests and the texts in their parameters."""
    found = []
    for file in sorted(HERE.glob("test_*.py")):
        if file == Path(__file__):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.append(node.name.replace("_", "-"))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value.partition(" ")[0])
    return "\n".join(found).lower()


@pytest.mark.parametrize("case", CASES)
def test_each_case_has_a_test(case: str) -> None:
    assert case.lower() in names_of_tests(), CASES[case]


def test_a_case_without_a_test_would_be_noticed() -> None:
    assert "xml-x31" not in names_of_tests()
