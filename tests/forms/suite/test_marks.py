"""Values, not recorded, withheld with reason; disclosure marks, and their correction later."""

import base64
import re

import pytest

from forms import (
    Answer,
    AnswerStatus,
    Entry,
    FormError,
    FormErrorCode,
    Item,
    PackShelf,
    Purpose,
    bind,
    compose,
    core_shelf,
    digest,
    flatten,
    inspect,
    items_of,
    new_query,
    new_reply,
    render_text,
    validate,
)
from forms.prefill import apply_correction, changed_paths, prefill

from .builders import bindings, query, reply_to

SHELF: PackShelf = core_shelf()
QUERY = bind(query(), bindings())
REPLY = reply_to(QUERY)
SEIZURE = (SHELF.folder / "seizure-report/1/examples/valid/full.xml").read_bytes()


def problems(octets: bytes) -> list[tuple[FormErrorCode, str]]:
    return [(problem.code, problem.path) for problem in inspect(octets).problems]


def test_a_partial_reply_with_two_items_withheld_says_so_to_its_reader() -> None:
    text = render_text(REPLY, "en")
    assert "Date of manufacture: 2024-05-19" in text
    assert "Location of manufacture: Not recorded" in text
    assert "(e) First customer not affiliated with the manufacturer [Withheld – personal data" in text
    assert "(j) Intended shipment [Withheld – ongoing investigation" in text


@pytest.mark.parametrize(
    ("old", "new", "code", "path"),
    [
        (b'<place answer="not-recorded"', b"<place", "empty-without-mark", "answer[1]/manufacture/place"),
        (b'"not-recorded"></place>', b'"not-recorded">x</place>', "value-with-mark", "answer[1]/manufacture/place"),
        (b' reason="personal-data"', b"", "reason-missing", "answer[1]/first-customer"),
        (b'answer="withheld" reason="personal-data"', b"", "empty-without-mark", "answer[1]/first-customer"),
        (
            b'answer="not-recorded"',
            b'answer="not-recorded" reason="domestic-law"',
            "reason-without-mark",
            "answer[1]/manufacture/place",
        ),
        (b"<date>", b'<date reason="domestic-law">', "reason-without-mark", "answer[1]/manufacture/date"),
        (b'"personal-data"', b'"because"', "bad-value", "answer[1]/first-customer"),
        (b"2024-05-19", b"2024-02-31", "no-such-date", "answer[1]/manufacture/date"),
        (b"2024-05-19", b"2024-13", "no-such-date", "answer[1]/manufacture/date"),
        (b"<status>", b'<status answer="withheld" reason="domestic-law">', "bad-attribute", "answer[1]/status"),
    ],
)
def test_marks_that_make_no_sense_are_refused(old: bytes, new: bytes, code: str, path: str) -> None:
    assert old in REPLY.canonical
    assert problems(REPLY.canonical.replace(old, new, 1)) == [(FormErrorCode(code), path)]


@pytest.mark.parametrize("day", [b"2024", b"2024-02", b"2024-02-29"])
def test_a_date_may_be_known_in_part(day: bytes) -> None:
    assert problems(REPLY.canonical.replace(b"2024-05-19", day)) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x\u202ey", FormErrorCode.FORBIDDEN_CHARACTER),
        ("x\u2067y", FormErrorCode.FORBIDDEN_CHARACTER),
        ("x\x85y", FormErrorCode.FORBIDDEN_CHARACTER),
        ("x\rz", FormErrorCode.FORBIDDEN_CHARACTER),
        ("x\ufeff", FormErrorCode.FORBIDDEN_CHARACTER),
        (" x", FormErrorCode.PADDED_VALUE),
        ("x\n", FormErrorCode.PADDED_VALUE),
        ("x\x00", FormErrorCode.FORBIDDEN_CHARACTER),
        ("x" * 2001, FormErrorCode.BAD_VALUE),
        ("", FormErrorCode.MISSING_FIELD),
    ],
)
def test_texts_that_hide_something_or_are_too_long_are_refused(text: str, code: FormErrorCode) -> None:
    with pytest.raises(FormError) as caught:
        query(justification=text)
    assert (caught.value.code, caught.value.path) == (code, "justification")


@pytest.mark.parametrize(
    "text", ["x\ny", "مهرّب في الميناء", "кириллица", "查获", "x" * 2000, "\u200fعربي\u200f", "<b>&amp;</b>"]
)
def test_texts_in_every_script_are_carried_as_they_are(text: str) -> None:
    form = query(justification=text)
    assert next(entry.value for entry in flatten(form) if entry.path == "justification") == text
    assert text.split("\n", maxsplit=1)[0] in render_text(form, "en")


def test_a_query_asks_for_all_ten_items_unless_told_otherwise() -> None:
    all_items = new_query([b"1"], justification="x", purpose=Purpose.DETECTION)
    assert items_of(all_items) == set(Item)
    assert items_of(QUERY) == {Item.A, Item.E, Item.J}


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [Answer((b"another",), AnswerStatus.NOT_FOUND)],
        [Answer((*QUERY.uids, b"another"), AnswerStatus.NOT_FOUND)],
        [Answer(QUERY.uids, AnswerStatus.FOUND, (Entry("product/brand", "nobody asked"),))],
        [Answer(QUERY.uids, AnswerStatus.FOUND)],
        [Answer(QUERY.uids, AnswerStatus.REFUSED)],
        [Answer(QUERY.uids, AnswerStatus.NOT_FOUND, refusal_reason="confidentiality")],
        [Answer(QUERY.uids, AnswerStatus.FOUND, (Entry("manufacture/date", "2024"),), other_party="BR")],
        [Answer(QUERY.uids, AnswerStatus.FOUND, (Entry("manufacture/no-such-field", "2024"),))],
    ],
)
def test_a_reply_that_does_not_answer_its_query_cannot_be_made(answers: list[Answer]) -> None:
    with pytest.raises(FormError):
        new_reply(QUERY, answers)


def test_every_status_has_a_reply_that_says_it() -> None:
    extras = {
        AnswerStatus.FOUND: {"entries": (Entry("manufacture/date", "2024"),)},
        AnswerStatus.REFUSED: {"refusal_reason": "domestic-law"},
        AnswerStatus.NOT_OURS: {"other_party": "BR"},
    }
    for status in AnswerStatus:
        reply = new_reply(QUERY, [Answer(QUERY.uids, status, **extras.get(status, {}), deactivated=True)])  # type: ignore[arg-type]
        assert f"<status>{status.value}</status>".encode() in reply.canonical


def test_one_answer_may_serve_many_uids_and_each_uid_is_answered_once() -> None:
    asked = bind(query((b"1", b"2", b"3")), bindings())
    shared = Answer((b"1", b"3"), AnswerStatus.NOT_FOUND)
    assert new_reply(asked, [shared, Answer((b"2",), AnswerStatus.INVALID)]).uids == (b"1", b"3", b"2")
    with pytest.raises(FormError) as caught:
        new_reply(asked, [shared, Answer((b"2", b"3"), AnswerStatus.INVALID)])
    assert caught.value.code is FormErrorCode.DUPLICATE_UID


def test_prefilling_keeps_the_values_loses_the_binding_and_marks_only_the_changes() -> None:
    report = validate(SEIZURE)
    fresh = prefill(report)
    assert fresh.bindings is None
    assert changed_paths(report, fresh) == frozenset()
    entries = [
        Entry(entry.path, "Dar es Salaam") if entry.path == "seizure[2]/place" else entry for entry in flatten(fresh)
    ]
    later = compose(SHELF.pack("seizure-report", "1"), "en", entries)
    assert changed_paths(report, later) == {"seizure[2]/place"}
    text = render_text(later, "en", changed=changed_paths(report, later))
    assert text.count("[changed]") == 1
    assert "Dar es Salaam [changed]" in text


def test_forms_of_different_packs_are_not_compared() -> None:
    with pytest.raises(FormError):
        changed_paths(QUERY, REPLY)


def correction(form_sha256: str, *changes: tuple[str, str, str | None]) -> bytes:
    entries = [
        Entry("header/handling", "officials-only"),
        Entry("header/onward-transmission", "any-party"),
        Entry("form-sha256", form_sha256),
    ]
    for number, (path, disclosure, reason) in enumerate(changes, 1):
        entries += [Entry(f"change[{number}]/field", path), Entry(f"change[{number}]/disclosure", disclosure)]
        if reason:
            entries.append(Entry(f"change[{number}]/reason", reason))
    return compose(SHELF.pack("correction", "1"), "en", entries).canonical


def test_a_correction_changes_who_may_see_a_field_and_nothing_else() -> None:
    report = validate(SEIZURE)
    changed = validate(
        correction(
            digest(report),
            ("seizure[1]/place", "public", None),
            ("seizure[1]/case-reference", "withheld", "personal-data"),
        )
    )
    after = apply_correction(report, changed)
    assert changed_paths(report, after) == {"seizure[1]/place", "seizure[1]/case-reference"}
    text = render_text(after, "en")
    assert "Place of seizure: Mombasa [Public]" in text
    assert re.search(r"Case reference: Withheld – personal data", text)


@pytest.mark.parametrize(
    "change",
    [
        ("seizure[9]/place", "public", None),
        ("nil-report", "withheld", "personal-data"),
        ("no-such-field", "public", None),
    ],
)
def test_a_correction_of_what_is_not_there_or_may_not_be_withheld_is_refused(
    change: tuple[str, str, str | None],
) -> None:
    report = validate(SEIZURE)
    with pytest.raises(FormError):
        apply_correction(report, validate(correction(digest(report), change)))


def test_a_correction_of_another_form_is_refused() -> None:
    report = validate(SEIZURE)
    with pytest.raises(FormError):
        apply_correction(report, validate(correction(digest(QUERY), ("seizure[1]/place", "public", None))))


@pytest.mark.parametrize(
    ("sender", "answers", "corrector", "holds"),
    [("KE", False, "KE", True), ("KE", False, "EU", False), ("EU", True, "EU", True), ("EU", True, "KE", False)],
)
def test_only_the_party_that_sent_a_form_corrects_it(sender: str, answers: bool, corrector: str, holds: bool) -> None:
    asking = {"requesting_party": "KE", "requested_party": "EU"}
    report = bind(validate(SEIZURE), bindings(**asking, query_sha256="ab" * 32 if answers else None))
    asking = asking if corrector == "KE" else {"requesting_party": "EU", "requested_party": "KE"}
    made = bind(validate(correction(digest(report), ("seizure[1]/place", "public", None))), bindings(**asking))
    assert holds is (sender == corrector)
    if holds:
        assert changed_paths(report, apply_correction(report, made)) == {"seizure[1]/place"}
        return
    with pytest.raises(FormError) as caught:
        apply_correction(report, made)
    assert caught.value.path == "binding/requesting-party"


def report_with(octets: bytes, media_type: str) -> bytes:
    attachment = f'media-type="{media_type}" name="example.txt">{base64.b64encode(octets).decode()}<'
    return re.sub(rb'media-type="text/plain" name="example.txt">[^<]*<', lambda _: attachment.encode(), SEIZURE)


@pytest.mark.parametrize(
    ("octets", "media_type"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        ("text – текст\r\n".encode(), "text/plain"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "application/pgp-keys"),
    ],
)
def test_an_attachment_is_what_it_says(octets: bytes, media_type: str) -> None:
    assert problems(report_with(octets, media_type)) == []
    for wrong in {"application/pdf", "image/jpeg", "image/png", "application/pgp-keys"} - {media_type}:
        assert {code for code, _ in problems(report_with(octets, wrong))} == {FormErrorCode.BAD_ATTACHMENT}


@pytest.mark.parametrize(
    "octets",
    [
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
    ],
)
def test_a_secret_key_never_passes_as_an_attachment(octets: bytes) -> None:
    for media_type in ("application/pgp-keys", "text/plain"):
        assert {code for code, _ in problems(report_with(octets, media_type))} == {FormErrorCode.BAD_ATTACHMENT}


def test_an_attachment_over_1_mib_or_in_bad_base64_is_refused() -> None:
    assert problems(report_with(b"x" * 1024 * 1024, "text/plain").replace(b"<attachment", b"<attachment", 1)) == []
    assert problems(report_with(b"x" * (1024 * 1024 + 1), "text/plain"))
    assert problems(re.sub(rb'(name="example.txt">)[^<]*<', rb"\1QQ=<", SEIZURE))
    assert problems(re.sub(rb'(name=")example.txt(">)', rb"\1../../x.txt\2", SEIZURE))
