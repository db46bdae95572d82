"""The parts without a socket: the message scan, addresses, credentials, counters."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.edge.address import PathSyntaxError, parse_mailbox
from gateway.edge.credentials import ResponseRefusedError, decode_response, plain_credentials
from gateway.edge.data import DataScan
from gateway.edge.limits import EdgeLimits
from gateway.edge.throttle import FailureRegister, MemoryLedger, Places, Reservation, TokenBuckets, client_network

LIMITS = EdgeLimits(message_octets=5000, overflow_octets=5000)
wire_octets = st.lists(st.sampled_from([b"\r\n", b".", b"a", b"\r", b"\n", b"\0", b"x" * 999, b"..", b"\r\n.\r\n"]))


def _scan(blocks: list[bytes]) -> DataScan:
    scan = DataScan(LIMITS)
    for number, block in enumerate(blocks):
        scan.feed(block)
        if scan.ended:
            scan.remainder += b"".join(blocks[number + 1 :])
            break
    return scan


def _reference(wire: bytes) -> tuple[bytes, bytes] | None:
    """RFC 5321 §4.5.2 line by line; None for whatever is not a complete, clean message."""
    lines, rest = [], wire
    while True:
        line, ending, rest = rest.partition(b"\r\n")
        if not ending or b"\r" in line or b"\n" in line or b"\0" in line:
            return None
        if line == b".":
            return b"".join(lines), rest
        line = line.removeprefix(b".")
        if len(line) > 998:
            return None
        lines.append(line + b"\r\n")


@settings(max_examples=300, deadline=None)
@given(wire_octets.map(b"".join), st.lists(st.integers(0, 3000), max_size=8))
def test_the_scan_agrees_with_the_line_by_line_reading_however_the_octets_are_cut(wire: bytes, cuts: list[int]) -> None:
    wire += b"\r\n.\r\n"
    edges = sorted({0, *(cut for cut in cuts if cut < len(wire)), len(wire)})
    scan = _scan([wire[start:end] for start, end in pairwise(edges)])
    expected = _reference(wire)
    if expected is None or len(expected[0]) > LIMITS.message_octets:
        assert scan.refusal is not None or not scan.ended
    else:
        assert scan.refusal is None
        assert (scan.octets, scan.remainder) == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([b"a" * 700 + b"\r\n", b"b" * 3000, b".\r", b"\n"]), max_size=60))
def test_the_scan_never_holds_more_than_its_limit(blocks: list[bytes]) -> None:
    scan = DataScan(LIMITS)
    for block in blocks:
        if scan.ended:
            break
        scan.feed(block)
        assert scan.kept <= LIMITS.message_octets
        assert scan.received <= LIMITS.message_octets + LIMITS.overflow_octets + 3000


def test_the_end_of_a_line_that_was_too_long_is_no_end_of_data() -> None:
    scan = _scan([b"a" * 1100 + b".", b"\r\n", b"RSET\r\n"])
    assert not scan.ended
    scan.feed(b".\r\n")
    assert scan.ended
    assert not scan.out_of_step


@given(st.text(max_size=80))
def test_a_mailbox_is_canonical_or_refused(text: str) -> None:
    try:
        address = parse_mailbox(text, special_use_domains=True)
    except PathSyntaxError:
        return
    assert address == text.lower()
    assert address.isascii()
    assert parse_mailbox(address, special_use_domains=True) == address


@pytest.mark.parametrize("text", ["a@xn--bcher-kva.example", "a@b.xn--p1ai", "a@-b.example", "a@b_.example", "a@b"])
def test_a_labels_and_what_is_no_domain_are_refused(text: str) -> None:
    with pytest.raises(PathSyntaxError):
        parse_mailbox(text, special_use_domains=False)


@pytest.mark.parametrize("text", ["a.b@user.example", "O'Neill_x@user.example", "1-2~3&4@a-b.user.example"])
def test_ordinary_mailboxes_are_taken(text: str) -> None:
    assert parse_mailbox(text, special_use_domains=False) == text.lower()


def test_plain_credentials() -> None:
    credentials = plain_credentials(decode_response(b"AGEAYg=="))
    assert (credentials.login, credentials.password) == ("a", "b")
    assert repr(credentials) == "Credentials()"
    assert plain_credentials(b"a\0a\0b").login == "a"


@pytest.mark.parametrize("response", [b"x", b"AA", b"AA==AA==", b"A A=", b"\xff", b"AA==\r"])
def test_what_is_not_canonical_base64_is_refused(response: bytes) -> None:
    with pytest.raises(ResponseRefusedError) as refused:
        decode_response(response)
    assert refused.value.reply.code == 501


class Clock:
    """A monotonic clock a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_failures_lock_and_are_forgotten_after_the_window() -> None:
    clock = Clock()
    register = FailureRegister(limit=2, window=60, remembered=10, clock=clock)
    register.record("a")
    assert not register.locked("a")
    register.record("a")
    assert register.locked("a")
    assert not register.locked("b")
    clock.now += 60
    assert not register.locked("a")
    register.record("a")
    assert not register.locked("a")


def test_a_withdrawn_failure_does_not_count() -> None:
    register = FailureRegister(limit=1, window=60, remembered=10)
    register.record("a")
    register.withdraw("a")
    assert not register.locked("a")


def test_registers_are_bounded() -> None:
    register = FailureRegister(limit=1, window=60, remembered=100)
    register.record("first")
    for number in range(100):
        register.record(str(number))
    assert not register.locked("first")
    assert register.locked("99")


def test_buckets_fill_again() -> None:
    clock = Clock()
    buckets = TokenBuckets(per_minute=2, remembered=10, clock=clock)
    assert [buckets.take(1), buckets.take(1), buckets.take(1), buckets.take(2)] == [True, True, False, True]
    clock.now += 30
    assert [buckets.take(1), buckets.take(1)] == [True, False]
    clock.now += 3600
    assert [buckets.take(1), buckets.take(1), buckets.take(1)] == [True, True, False]


def test_places_are_given_back() -> None:
    places = Places(limit=2, limit_per_key=1)
    assert [places.take("a"), places.take("a"), places.take("b"), places.take("c")] == [True, False, True, False]
    places.leave("a")
    assert places.take("c")


def test_a_reservation_holds_what_it_was_resized_to() -> None:
    ledger = MemoryLedger(10)
    first, second = Reservation(ledger), Reservation(ledger)
    assert first.resize(4)
    assert first.resize(8)
    assert not second.resize(3)
    first.release()
    first.release()
    assert second.resize(10)


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
    ],
)
def test_clients_are_counted_by_network(host: str, key: str) -> None:
    assert client_network(host) == key
