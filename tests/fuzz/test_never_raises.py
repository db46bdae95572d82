"""No reader raises anything but its own refusal, whatever it is given, and none is slow: hypothesis looks for it."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.errors import FormError
from forms.safe_xml import FORM_LIMITS, SLIP_LIMITS, parse
from forms.slip import parse_slip
from gateway.edge.address import PathSyntaxError, parse_mailbox, split_path
from gateway.edge.data import DataScan
from gateway.edge.limits import EdgeLimits
from gateway.gate import Accepted, GateRefusedError, Refused, judge, judge_message, scan_inner
from gateway.opener.frames import FrameError, decode_header, job_from, result_from
from keyring_admin.openpgp import OpenPGPRefusedError, dearmor, inspect_message

from .budget import SECONDS
from .mutation import TRICKS
from .seeds_of_mail import HEAD, MAILS, MESSAGES, armor

pytestmark = pytest.mark.timeout(600)
Given = TypeVar("Given")
SLIP = (
    b'<slip xmlns="urn:gsp:slip:1"><id>AAAAAAAAAAAAAAAAAAAAAAAAAA</id><created>2026-11-21T09:00:00Z</created>'
    b"<expires>2026-11-28T09:00:00Z</expires><class>query</class></slip>"
)
XML = (
    b"<",
    b">",
    b"</slip>",
    b"<a>",
    b"&amp;",
    b"&#0;",
    b"&#x1D;",
    b"<![CDATA[",
    b"<!--",
    b"<?x?>",
    b"xmlns:a='b'",
    b'"',
)
FRAME = b'{"kind":"slip","gateway_key_ids":["0"],"size_limit":5,"blobs":[0,0,0,0]}'
JSON = (b"null", b"-1", b"1e999", b"[", b"]", b"{", b"}", b'"', b",", b"[" * 5000, b"9" * 5000, b"\\ud800", b"NaN")


def cut_and_pasted(seeds: tuple[bytes, ...], pieces: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """A seed with pieces put over it."""
    edits = st.lists(
        st.tuples(st.integers(0, 4000), st.sampled_from(pieces) | st.binary(max_size=8), st.integers(0, 9))
    )
    return st.binary(max_size=400) | st.builds(_paste, st.sampled_from(seeds), edits)


def _paste(seed: bytes, edits: list[tuple[int, bytes, int]]) -> bytes:
    for where, piece, deleted in edits:
        start = where % (len(seed) + 1)
        seed = seed[:start] + piece + seed[start + deleted :]
    return seed


def looks(long: int, given_: st.SearchStrategy[Given], reader: Callable[[Given], object]) -> None:
    """Feed a reader."""

    @settings(max_examples=long, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(given_)
    def feed(octets: Given) -> None:
        started = time.process_time()
        try:
            reader(octets)
        except (GateRefusedError, OpenPGPRefusedError, FormError, PathSyntaxError, FrameError) as error:
            refusal = str(error)
        else:
            refusal = ""
        assert len(refusal) < 200  # a constant, not the input
        assert time.process_time() - started < SECONDS

    feed()


def judge_any(octets: bytes) -> None:
    """`judge` and `judge_message` may not even refuse by raising."""
    verdicts = [judge(octets, size_limit=1 << 20), judge(HEAD + octets, size_limit=1 << 20), judge_message(octets)]
    assert all(isinstance(verdict, Accepted | Refused) or verdict.octets for verdict in verdicts)


def mailbox(text: str) -> None:
    assert parse_mailbox(split_path(text, "FROM:")[0], special_use_domains=True).isascii()


def frame(octets: bytes) -> None:
    header, lengths = decode_header(octets)
    for read in (job_from, result_from):
        try:
            read(dict(header), [b""] * min(len(lengths), 9))
        except FrameError:
            continue


def wire(blocks: list[bytes]) -> None:
    scan = DataScan(EdgeLimits(message_octets=3000, overflow_octets=3000))
    for block in blocks:
        if not scan.ended:
            scan.feed(block)
    assert scan.kept <= 3000
    assert isinstance(scan.octets, bytes)


MAIL = cut_and_pasted(MAILS, TRICKS)
INNER = cut_and_pasted(tuple(mail.partition(b"MIME-Version: 1.0\r\n")[2] or mail for mail in MAILS), TRICKS)
READERS: dict[str, Callable[[int], None]] = {
    "judge": lambda long: looks(long, MAIL, judge_any),
    "scan_inner": lambda long: looks(long, INNER, scan_inner),
    "dearmor": lambda long: looks(long, cut_and_pasted(tuple(map(armor, MESSAGES)), TRICKS), dearmor),
    "inspect_message": lambda long: looks(long, cut_and_pasted(MESSAGES, (b"\xff", b"\xe9", b"\xc1")), inspect_message),
    "parse_slip": lambda long: looks(long, cut_and_pasted((SLIP,), XML), parse_slip),
    "XML of a slip": lambda long: looks(long, cut_and_pasted((SLIP,), XML), lambda x: parse(x, limits=SLIP_LIMITS)),
    "XML of a form": lambda long: looks(long, cut_and_pasted((SLIP,), XML), lambda x: parse(x, limits=FORM_LIMITS)),
    "address": lambda long: looks(long, st.text().map("FROM:<{}@b.test>".format) | st.text(), mailbox),
    "DATA": lambda long: looks(long, st.lists(MAIL | st.sampled_from((*TRICKS, b"\r\n.\r\n", b"."))), wire),
    "frames of a worker": lambda long: looks(long, cut_and_pasted((FRAME,), JSON), frame),
}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_refuses_and_never_raises(name: str) -> None:
    READERS[name](120)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_a_reader_refuses_and_never_raises_at_length(name: str) -> None:
    READERS[name](5_000)
