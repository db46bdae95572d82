"""Large and hostile forms cost little time and memory, and a wrong line far down is still found."""

import re
import time
from collections.abc import Callable

import pytest
from lxml import etree

from forms import FormErrorCode, Purpose, core_shelf, inspect, new_query, validate
from forms.fields import Kind

from .builders import query

QUERY = query((b"a",)).canonical
WRONG = b'<marking><uid display="x">!!</uid><level>q</level><carrier>q</carrier><seen-on>1</seen-on></marking>'
CPU_SECONDS = 4  # the catalogue says 1; a busy machine of two cores is slower


def cost(octets: bytes) -> float:
    start = time.process_time()
    assert inspect(octets).problems
    return time.process_time() - start


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda form: form.replace(b"</form>", b"<marking/>" * 199_000 + b"</form>"), id="empty-groups"),
        pytest.param(lambda form: form.replace(b"</form>", b"<x/>" * 199_000 + b"</form>"), id="unknown-elements"),
        pytest.param(lambda form: form.replace(b"<item>a</item>", b"<item>z</item>" * 150_000), id="nested-values"),
        pytest.param(lambda form: form.replace(b"</form>", WRONG * 9_999 + b"</form>"), id="wrong-lines"),
        pytest.param(lambda form: form.replace(b"</form>", b'<a b="1"/>' * 190_000 + b"</form>"), id="attributes"),
        pytest.param(
            lambda form: form.replace(b' language="en"', b" ".join(b'a%d="1"' % number for number in range(500_000))),
            id="attributes-of-one-element",
        ),
        pytest.param(lambda form: form.replace(b">Seized", b">" + b"&#120;" * 1_300_000), id="character-references"),
        pytest.param(lambda form: form.replace(b">Seized", b">" + b"x" * 8_000_000), id="long-text"),
    ],
)
def test_a_hostile_form_of_megabytes_is_refused_in_bounded_time(spoil: Callable[[bytes], bytes]) -> None:
    octets = spoil(QUERY)
    assert octets != QUERY
    assert cost(octets) < CPU_SECONDS


def _example(pack_id: str) -> bytes:
    return (core_shelf().folder / pack_id / "1" / "examples" / "valid" / "full.xml").read_bytes()


def _leaves() -> list[tuple[str, str]]:
    """One field of each kind that an example holds: (pack, name)."""
    found: dict[tuple[Kind, bool], tuple[str, str]] = {}
    for pack_id, version in core_shelf().names():
        for field in core_shelf().pack(pack_id, version).root.walk():
            if field.path and not field.children and f"</{field.name}>".encode() in _example(pack_id):
                found.setdefault((field.kind, field.answerable), (pack_id, field.name))
    return sorted(found.values())


@pytest.mark.parametrize(("pack_id", "name"), _leaves())
def test_no_long_value_makes_a_pattern_slow(pack_id: str, name: str) -> None:
    root = validate(_example(pack_id)).tree()
    element = next(node for node in root.iter("{*}" + name) if node.text)
    for piece in ("a", "A-", "1.", "a/", "[1]", "@a.", " 1"):
        element.text = piece * (200_000 // len(piece)) + "!"
        assert cost(etree.tostring(root)) < 1


def test_a_wrong_line_far_down_a_long_form_is_named_by_its_number() -> None:
    uids = [b"QCALL%05d" % number for number in range(3_000)]
    octets = new_query(uids, justification="x", purpose=Purpose.DETECTION).canonical
    wrong = re.sub(rb'<uid display="QCALL02345">[^<]*', b'<uid display="QCALL02345">!!', octets)
    problems = inspect(wrong).problems
    assert [(problem.code, problem.path) for problem in problems] == [(FormErrorCode.BAD_VALUE, "marking[2346]/uid")]


def test_more_lines_than_a_form_may_have_are_refused() -> None:
    uids = [b"QCALL%05d" % number for number in range(10_000)]
    octets = new_query(uids, justification="x", purpose=Purpose.DETECTION).canonical
    line = b'<marking><uid display="Z">Wg==</uid></marking>'
    assert inspect(octets.replace(b"</form>", line + b"</form>")).problems
    assert not inspect(octets).problems
