"""A UID is octets, and survives a form untouched (security cases 3.4 that concern UIDs)."""

import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import FormError, FormErrorCode, Problem, inspect, render_html, render_text, validate
from forms.characters import has_forbidden_character
from forms.uids import decode_uid, display_uid, encode_uid

from .builders import AWKWARD_UIDS, query

FORM = query((b"100",)).canonical
ONE = base64.b64encode(b"100").decode()


def visible_text(uid: bytes) -> str:
    """The characters of a UID that are not ASCII, without the octets that are no UTF-8."""
    return "".join(character for character in uid.decode("utf-8", "ignore") if character > "\x7f")


def with_uid(text: str, display: str = "100") -> bytes:
    return re.sub(rb"<uid .*</uid>", f'<uid display="{display}">{text}</uid>'.encode(), FORM)


def problems(octets: bytes) -> list[FormErrorCode]:
    return [problem.code for problem in inspect(octets).problems]


@pytest.mark.parametrize("uid", AWKWARD_UIDS, ids=lambda uid: repr(uid[:20]))
def test_an_awkward_uid_survives_compose_and_validate(uid: bytes) -> None:
    form = query((uid,))
    assert form.uids == (uid,)
    assert validate(form.canonical) == form


@given(st.lists(st.binary(min_size=1, max_size=128), min_size=1, max_size=5, unique=True))
@settings(max_examples=60, deadline=None)
def test_any_octets_either_survive_or_are_refused_for_hidden_characters(uids: list[bytes]) -> None:
    hidden = any(has_forbidden_character(text) for uid in uids for text in visible_text(uid))
    if hidden:
        with pytest.raises(FormError, match="forbidden-character"):
            query(tuple(uids))
    else:
        assert validate(query(tuple(uids)).canonical).uids == tuple(uids)


PIECES = st.sampled_from(
    [b" ", b"\x1d", b"a", b"\xe2\x90\x9d", b"\xe2", b"\x90", b"\x9d", "⟨".encode(), "⟩".encode(), b"E2", "é".encode()]
)


@given(st.lists(PIECES, min_size=1, max_size=6).map(b"".join), st.lists(PIECES, min_size=1, max_size=6).map(b"".join))
@settings(max_examples=400)
def test_uids_that_differ_are_displayed_differently(one: bytes, other: bytes) -> None:
    assert (display_uid(one) == display_uid(other)) == (one == other)


def test_the_display_form_shows_what_the_eye_cannot_see() -> None:
    assert display_uid(b"01\x1d21 x") == "01␝21 x"
    assert display_uid(b" x ") == "␠x␠"
    assert display_uid(b"\xc3(") == "⟨C3⟩("
    assert display_uid("␝".encode()) == "⟨E2⟩⟨90⟩⟨9D⟩"


def test_xml_x20_character_references_are_decoded_once() -> None:
    assert validate(with_uid("&#77;" + ONE[1:])).uids == (b"100",)
    assert problems(with_uid("&amp;#77;" + ONE[1:])) == [FormErrorCode.BAD_VALUE]


def test_xml_x19_two_uids_in_one_place_are_refused() -> None:
    twice = FORM.replace(b"</uid>", b'</uid><uid display="100">MTAw</uid>')
    assert problems(twice) == [FormErrorCode.UNEXPECTED_FIELD]


def test_the_same_uid_twice_in_a_form_is_refused() -> None:
    marking = re.search(rb"<marking>.*</marking>", FORM)
    assert marking is not None
    assert problems(FORM.replace(marking[0], marking[0] * 2)) == [FormErrorCode.DUPLICATE_UID]


@pytest.mark.parametrize(
    ("text", "display", "code"),
    [
        pytest.param(" MTAw", "100", FormErrorCode.BAD_VALUE, id="XML-x23-space"),
        pytest.param("MTA\nw", "100", FormErrorCode.BAD_VALUE, id="XML-x23-newline"),
        pytest.param("MTAw\n", "100", FormErrorCode.BAD_VALUE, id="XML-x30-trailing-newline"),
        pytest.param("MTAw", "100 ", FormErrorCode.UID_DISPLAY_DIFFERS, id="XML-x30-display"),
        pytest.param("MTAw", "1OO", FormErrorCode.UID_DISPLAY_DIFFERS, id="display-of-another-uid"),
        pytest.param("ＭＴＡｗ", "100", FormErrorCode.BAD_VALUE, id="XML-x29-fullwidth"),
        pytest.param("MTAx", "100", FormErrorCode.UID_DISPLAY_DIFFERS, id="other-octets"),
        pytest.param("MTB=", "10", FormErrorCode.BAD_UID, id="second-spelling-of-base64"),
        pytest.param("MTA", "10", FormErrorCode.BAD_UID, id="no-padding"),
        pytest.param("MT==Aw==", "100", FormErrorCode.BAD_VALUE, id="padding-inside"),
        pytest.param("", "100", FormErrorCode.MISSING_FIELD, id="empty"),
        pytest.param(base64.b64encode(b"A" * 129).decode(), "A" * 129, FormErrorCode.BAD_UID, id="129-octets"),
        pytest.param(
            base64.b64encode("1\u202e00".encode()).decode(),
            "1\u202e00",
            FormErrorCode.FORBIDDEN_CHARACTER,
            id="XML-x28-bidi",
        ),
        pytest.param(
            base64.b64encode("1\u2066".encode()).decode(),
            "1\u2066",
            FormErrorCode.FORBIDDEN_CHARACTER,
            id="XML-x28-isolate",
        ),
    ],
)
def test_a_uid_spelled_ambiguously_is_refused(text: str, display: str, code: FormErrorCode) -> None:
    assert problems(with_uid(text, display)) == [code]
    assert not problems(with_uid(ONE))


def test_a_full_width_uid_is_carried_as_what_it_is_and_never_folded() -> None:
    uid = "１００".encode()
    assert query((uid,)).uids == (uid,)
    assert query((uid, b"100")).uids == (uid, b"100")


def test_no_uid_empty_uid_and_too_many_uids_are_refused() -> None:
    assert query(tuple(b"%d" % n for n in range(10_000))).uids[-1] == b"9999"
    for uids in ((), (b"",), tuple(b"%d" % n for n in range(10_001))):
        with pytest.raises(FormError):
            query(uids)


def test_markup_in_a_uid_or_text_stays_text_on_the_page() -> None:
    hostile = "<script>alert(1)</script>&amp;\"'"
    form = query((hostile.encode(),), justification=hostile)
    page = render_html(form, "en").decode()
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 2
    assert hostile in render_text(form, "en")


def test_encode_and_decode_are_each_others_inverse() -> None:
    assert [decode_uid(encode_uid(uid)) for uid in AWKWARD_UIDS] == list(AWKWARD_UIDS)


def test_no_problem_and_no_repr_shows_a_uid() -> None:
    form = query((b"CANARY-UID",))
    assert "CANARY" not in repr(form)
    assert inspect(with_uid("CANARYVALUE!")).problems == (Problem(FormErrorCode.BAD_VALUE, "marking[1]/uid"),)
