"""Valid slips and forms that the tests spoil."""

from datetime import UTC, datetime, timedelta

from forms import (
    Answer,
    AnswerStatus,
    Bindings,
    BodyKind,
    Entry,
    Form,
    Item,
    MessageClass,
    Purpose,
    Slip,
    bind,
    digest,
    new_query,
    new_reply,
)

CREATED = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
EXPIRES = CREATED + timedelta(days=30)
EXCHANGE = "3TJ6CKP7HRBZ3GX9119FNJA7DE"
AWKWARD_UIDS = (
    b"010123456798765123551qIgY)<&Jp3*j7SDB\x1d800824052008",
    b"QCALL\"a'&amp;<b>]]>",
    b"00000046198488X?io+qCABm8wAYa",
    b"=1+1",
    b"+4915112345",
    b"-7",
    b"@SUM(A1)",
    b"'00123",
    b"4.62E+13",
    b" leading and trailing ",
    b"0",
    b"\x00\x01\x7f",
    b"\xc3\x28",
    "ÜID-é".encode(),
    b"\tTAB\r\nLINE",
    b"A" * 128,
)


def slip(**changes: object) -> Slip:
    """A valid query slip, with changes."""
    values: dict[str, object] = {
        "id": EXCHANGE,
        "created": CREATED,
        "expires": EXPIRES,
        "message_class": MessageClass.QUERY,
        "form_pack": "uid-query",
        "form_version": "1",
        "requesting_party": "KE",
        "requested_party": "EU",
        "pattern_id": "EU-QCALL-i",
        "library_version": 7,
        "uid_count": 2,
        "exchange": None,
        "body_sha256": "0123456789abcdef" * 4,
        "body_kind": BodyKind.MIME,
        "gateway_fingerprint": "0123456789ABCDEF0123456789ABCDEF01234567",
    }
    return Slip(**(values | changes))  # type: ignore[arg-type]


def query(uids: tuple[bytes, ...] = (b"QCALLa7K2m9XqZB4c1",), justification: str = "Seized at the port") -> Form:
    """A query that is not bound."""
    return new_query(uids, justification=justification, purpose=Purpose.INVESTIGATION, items=[Item.A, Item.E, Item.J])


def bindings(**changes: object) -> Bindings:
    """Bindings of the exchange, with changes."""
    values: dict[str, object] = {
        "exchange": EXCHANGE,
        "requesting_party": "KE",
        "requested_party": "EU",
        "created": CREATED,
        "expires": EXPIRES,
    }
    return Bindings(**(values | changes))  # type: ignore[arg-type]


def reply_to(asked: Form) -> Form:
    """A partial reply with one item withheld and one not recorded, bound to `asked`."""
    answer = Answer(
        asked.uids,
        AnswerStatus.PARTIAL,
        (
            Entry("manufacture/date", "2024-05-19"),
            Entry("manufacture/place", answer="not-recorded"),
            Entry("first-customer", answer="withheld", reason="personal-data"),
            Entry("shipment", answer="withheld", reason="ongoing-investigation"),
        ),
    )
    return bind(new_reply(asked, [answer]), bindings(query_sha256=digest(asked)))
