"""The routing slip: round trips, tight patterns, fields that must agree (DESIGN §5.2)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import BodyKind, FormError, FormErrorCode, MessageClass, Slip, compose_slip, new_identifier, parse_slip

from .builders import CREATED, EXPIRES, slip

OTHER_EXCHANGE = "0" * 26


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pattern_id": None, "library_version": None, "uid_count": None},
        {"message_class": MessageClass.REPLY, "exchange": OTHER_EXCHANGE, "form_pack": "uid-reply"},
        {"message_class": MessageClass.ACKNOWLEDGEMENT, "exchange": OTHER_EXCHANGE, "form_pack": "acknowledgement"},
        {"message_class": MessageClass.NOTICE, "form_pack": "own-initiative-information"},
        {"body_kind": BodyKind.FILE, "gateway_fingerprint": "AB" * 32, "form_version": "12"},
        {"requested_party": "ECOWAS", "library_version": 999_999, "uid_count": 10_000},
    ],
    ids=lambda changes: "-".join(changes) or "plain",
)
def test_a_slip_survives_the_round_trip(changes: dict[str, object]) -> None:
    assert parse_slip(compose_slip(slip(**changes))) == slip(**changes)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "x" * 26}, FormErrorCode.BAD_VALUE),
        ({"id": "8" + "0" * 25}, FormErrorCode.BAD_VALUE),
        ({"id": "0" * 25 + "U"}, FormErrorCode.BAD_VALUE),
        ({"created": CREATED.replace(tzinfo=None)}, FormErrorCode.BAD_VALUE),
        ({"created": CREATED.replace(microsecond=1)}, FormErrorCode.BAD_VALUE),
        ({"expires": CREATED}, FormErrorCode.EXPIRES_BEFORE_CREATED),
        ({"expires": CREATED - timedelta(seconds=1)}, FormErrorCode.EXPIRES_BEFORE_CREATED),
        ({"form_pack": "uid query"}, FormErrorCode.BAD_VALUE),
        ({"form_pack": "UID-QUERY"}, FormErrorCode.BAD_VALUE),
        ({"form_pack": "a" * 41}, FormErrorCode.BAD_VALUE),
        ({"form_version": "01"}, FormErrorCode.BAD_VALUE),
        ({"requesting_party": "EU"}, FormErrorCode.INCONSISTENT),
        ({"requesting_party": "ke"}, FormErrorCode.BAD_VALUE),
        ({"requested_party": "E"}, FormErrorCode.BAD_VALUE),
        ({"requested_party": "EU\x00"}, FormErrorCode.BAD_VALUE),
        ({"requested_party": "EU\n"}, FormErrorCode.BAD_VALUE),
        ({"pattern_id": None}, FormErrorCode.INCONSISTENT),
        ({"library_version": None}, FormErrorCode.INCONSISTENT),
        ({"library_version": 0}, FormErrorCode.BAD_VALUE),
        ({"pattern_id": "free text here"}, FormErrorCode.BAD_VALUE),
        ({"pattern_id": "A" * 33}, FormErrorCode.BAD_VALUE),
        ({"uid_count": 0}, FormErrorCode.BAD_VALUE),
        ({"uid_count": -1}, FormErrorCode.BAD_VALUE),
        ({"exchange": OTHER_EXCHANGE}, FormErrorCode.INCONSISTENT),
        ({"message_class": MessageClass.REPLY}, FormErrorCode.INCONSISTENT),
        ({"message_class": MessageClass.REPLY, "exchange": slip().id}, FormErrorCode.INCONSISTENT),
        ({"body_sha256": "0123456789ABCDEF" * 4}, FormErrorCode.BAD_VALUE),
        ({"body_sha256": "0" * 63}, FormErrorCode.BAD_VALUE),
        ({"gateway_fingerprint": "ab" * 20}, FormErrorCode.BAD_VALUE),
        ({"gateway_fingerprint": "A" * 16}, FormErrorCode.BAD_VALUE),
    ],
)
def test_a_slip_with_a_value_out_of_its_pattern_cannot_be_composed(
    changes: dict[str, object], code: FormErrorCode
) -> None:
    with pytest.raises(FormError) as caught:
        compose_slip(slip(**changes))
    assert caught.value.code is code


@pytest.mark.parametrize("moment", ["2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-13-01T00:00:00Z"])
def test_a_date_that_does_not_exist_is_refused(moment: str) -> None:
    spoiled = re.sub(rb"<created>[^<]*", b"<created>" + moment.encode(), compose_slip(slip()))
    with pytest.raises(FormError) as caught:
        parse_slip(spoiled)
    assert (caught.value.code, caught.value.path) == (FormErrorCode.NO_SUCH_DATE, "created")


@pytest.mark.parametrize(
    "moment",
    [
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01",
        "2026-01-01T00:00:00.5Z",
        "1999-01-01T00:00:00Z",
    ],
)
def test_a_date_in_another_spelling_is_refused(moment: str) -> None:
    spoiled = re.sub(rb"<created>[^<]*", b"<created>" + moment.encode(), compose_slip(slip()))
    with pytest.raises(FormError) as caught:
        parse_slip(spoiled)
    assert caught.value.code is FormErrorCode.BAD_VALUE


FIELDS = re.findall(rb"<([a-z0-9-]+)>", compose_slip(slip(exchange=OTHER_EXCHANGE, message_class=MessageClass.REPLY)))
OPTIONAL = {b"uid-count"}


@pytest.mark.parametrize("name", FIELDS, ids=bytes.decode)
@pytest.mark.parametrize("times", [0, 2])
def test_a_field_that_is_missing_or_repeated_is_refused(name: bytes, times: int) -> None:
    octets = compose_slip(slip(exchange=OTHER_EXCHANGE, message_class=MessageClass.REPLY))
    spoiled = re.sub(rb"<%s>[^<]*</%s>" % (name, name), lambda match: match[0] * times, octets)
    assert spoiled != octets
    if times == 0 and name in OPTIONAL:
        assert parse_slip(spoiled).uid_count is None
    else:
        with pytest.raises(FormError):
            parse_slip(spoiled)


def test_fields_in_another_order_are_refused() -> None:
    octets = compose_slip(slip())
    swapped = re.sub(
        rb"(<requesting-party>.*</requesting-party>)(<requested-party>.*</requested-party>)", rb"\2\1", octets
    )
    assert swapped != octets
    with pytest.raises(FormError):
        parse_slip(swapped)


def test_no_field_of_a_slip_has_room_for_free_text() -> None:
    """Every field refuses a sentence, so that a slip cannot carry one to the gateway by accident."""
    octets = compose_slip(slip(exchange=OTHER_EXCHANGE, message_class=MessageClass.REPLY))
    for name in FIELDS:
        spoiled = re.sub(rb"<%s>[^<]*" % name, b"<%s>QCALL a7K2 in Mombasa" % name, octets)
        with pytest.raises(FormError):
            parse_slip(spoiled)


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001 -- hypothesis takes naive bounds
    lambda moment: moment.replace(microsecond=0)
)


@given(
    created=MOMENTS,
    life=st.integers(1, 10**6),
    count=st.none() | st.integers(1, 999_999),
    body=st.binary(min_size=32, max_size=32),
    kind=st.sampled_from(BodyKind),
)
@settings(max_examples=100, deadline=None)
def test_every_slip_survives_the_round_trip_in_at_most_2_kib(
    created: datetime, life: int, count: int | None, body: bytes, kind: BodyKind
) -> None:
    made: Slip = slip(
        id=new_identifier(),
        created=created,
        expires=min(created + timedelta(seconds=life), datetime(2099, 12, 31, 23, tzinfo=UTC)),
        uid_count=count,
        body_sha256=body.hex(),
        body_kind=kind,
    )
    octets = compose_slip(made)
    assert parse_slip(octets) == made
    assert len(octets) < 2048


def test_the_time_zone_of_the_program_does_not_matter() -> None:
    octets = compose_slip(slip())
    assert b"<created>2026-03-01T12:00:00Z</created>" in octets
    assert parse_slip(octets).expires == EXPIRES
