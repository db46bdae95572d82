"""Whatever octets come in, the readers answer with a form or a constant code, and nothing else."""

import re
from collections.abc import Callable
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from forms import FormError, bind, compose_slip, core_shelf, inspect, parse_slip, render_html, render_text, validate
from forms.convert import from_table, to_table
from forms.grid import FileKind
from forms.problem_text import describe
from forms.uid_list import ListKind, read_uid_list

from .builders import bindings, query, reply_to, slip

SLIP = compose_slip(slip())
FORMS = [path.read_bytes() for path in sorted(core_shelf().folder.glob("*/*/examples/valid/full.xml"))]
FORMS += [reply_to(bind(query(), bindings())).canonical]
TABLE = to_table(validate(FORMS[-1]), FileKind.CSV)
PIECES = [
    *(
        b"<",
        b">",
        b"</",
        b"/>",
        b"&",
        b"&#x1F;",
        b"&amp;",
        b'"',
        b"'",
        b"=",
        b" ",
        b"\n",
        b"\x00",
        b"\xff",
        b"<!--",
        b"",
    ),
    *(b"<uid display='A'>QQ==</uid>", b"<header/>", b"<binding/>", b"<answer/>", b' answer="withheld"', b"[1]", b","),
    *(b"9999", b"-", b"1", b"\xd8\xa7", b"\xef\xbf\xbe", b"xmlns='urn:x'", b"urn:gsp:form:uid-query:1", b"2026-02-30"),
]


def refusal(read: Callable[[], object]) -> str | None:
    """The text of the FormError that `read` raises, None if it raises nothing; anything else comes through."""
    try:
        read()
    except FormError as error:
        return str(error)
    return None


@st.composite
def spoiled(draw: st.DrawFn, good: bytes) -> bytes:
    """`good` with a few pieces cut out, doubled or put in, at borders of tags as often as anywhere."""
    octets = good
    for _ in range(draw(st.integers(1, 4))):
        borders = [match.start() for match in re.finditer(rb"[<>\"=,]", octets)] or [0]
        start = draw(st.sampled_from(borders) | st.integers(0, len(octets)))
        end = min(len(octets), start + draw(st.integers(0, 40)))
        middle = draw(st.sampled_from(PIECES) | st.just(octets[start:end] * 2) | st.binary(max_size=4))
        octets = octets[:start] + middle + octets[end:]
    return octets


@given(octets=spoiled(SLIP))
@settings(max_examples=300, deadline=None)
def test_a_spoiled_slip_is_read_or_refused(octets: bytes) -> None:
    text = refusal(lambda: parse_slip(octets))
    if text is None:
        assert parse_slip(compose_slip(parse_slip(octets))) == parse_slip(octets)
    else:
        assert re.fullmatch(r"[a-z0-9-]+(: [a-z0-9-]+)?", text)


@given(octets=st.sampled_from(FORMS).flatmap(spoiled))
@settings(max_examples=300, deadline=None)
def test_a_spoiled_form_is_read_whole_or_refused_with_schema_names_only(octets: bytes) -> None:
    inspection = inspect(octets)
    if inspection.form is not None:
        assert validate(inspection.form.canonical) == inspection.form
        assert render_html(inspection.form, "ar")
        assert render_text(inspection.form, "zh")
        return
    assert inspection.problems
    names = {field.name for field in inspection.pack.root.walk()} if inspection.pack else set()
    for problem in inspection.problems:
        assert set(re.findall(r"[a-z][a-z0-9-]*", problem.path)) <= names
        assert describe(problem, inspection.pack, "ru")


@given(octets=spoiled(TABLE))
@settings(max_examples=150, deadline=None)
def test_a_spoiled_table_is_read_or_refused(octets: bytes) -> None:
    text = refusal(lambda: inspect(from_table(octets, FileKind.CSV)))
    assert text is None or re.fullmatch(r"[a-z0-9-]+(: [a-z0-9/\[\]-]+)?", text)


@given(octets=spoiled(b"uid,uid-base64\r\nA,QQ==\r\n") | spoiled(b"A1\nB2\n'00\n=1\n") | st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_a_spoiled_list_is_read_or_refused(octets: bytes) -> None:
    for kind in ListKind:
        text = refusal(partial(read_uid_list, octets, kind))
        assert text is None or re.fullmatch(r"[a-z0-9-]+", text)
