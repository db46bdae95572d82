"""Whatever the gate accepts, independent parsers read in the same way: over mutated mails and messages, fixed seed."""

import time
from random import Random

import pytest

from gateway.gate import Accepted, judge, judge_message
from keyring_admin.openpgp import EncryptedMessage

from .mutation import mutated_mail, mutated_message
from .second_opinion import mail_differences, packet_differences
from .seeds_of_mail import MAILS, MESSAGES

SIZE_LIMIT = 1 << 20
LONG_RUN = 100_000
LONG_RUN_SECONDS = 900.0


def compare(count: int, seed: int, *, seconds: float) -> tuple[int, int, list[tuple[bytes, list[str]]]]:
    """Mutated inputs, how many of them the gate accepted, and those on which somebody differs."""
    random = Random(seed)  # noqa: S311 - makes tests, protects nothing
    deadline = time.monotonic() + seconds
    accepted, differing, done = 0, [], 0
    while done < count and time.monotonic() < deadline:
        done += 1
        if random.random() < 0.7:
            octets = mutated_mail(random)
            verdict = judge(octets, size_limit=SIZE_LIMIT)
            if not isinstance(verdict, Accepted):
                continue
            differences = mail_differences(octets, verdict)
        else:
            octets = mutated_message(random)
            message = judge_message(octets)
            if not isinstance(message, EncryptedMessage):
                continue
            differences = packet_differences(message)
        accepted += 1
        if differences:
            differing.append((octets, differences))
    return done, accepted, differing


def test_the_second_opinion_agrees_on_every_seed() -> None:
    """The positive control: what is not mutated is accepted, and read alike by all."""
    for mail in MAILS:
        verdict = judge(mail, size_limit=SIZE_LIMIT)
        assert isinstance(verdict, Accepted)
        assert mail_differences(mail, verdict) == []
    for octets in MESSAGES:
        message = judge_message(octets)
        assert isinstance(message, EncryptedMessage)
        assert packet_differences(message) == []


def test_the_second_opinion_sees_a_difference() -> None:
    """The negative control: another mail's verdict, and something readable before the first part."""
    first, other = MAILS[-6], MAILS[-7]
    verdict = judge(other, size_limit=SIZE_LIMIT)
    assert isinstance(verdict, Accepted)
    assert "compat32-messages" in mail_differences(first, verdict)
    assert "default-around-the-parts" in mail_differences(
        other.replace(b"\r\n\r\n--", b"\r\n\r\nSecret\r\n--", 1), verdict
    )


def test_2000_mutated_inputs_are_refused_or_read_alike() -> None:
    done, accepted, differing = compare(2_000, seed=20261121, seconds=100)
    assert differing == []
    assert done == 2_000
    assert accepted > 100


@pytest.mark.slow
@pytest.mark.timeout(LONG_RUN_SECONDS + 60)
def test_100000_mutated_inputs_are_refused_or_read_alike() -> None:
    done, accepted, differing = compare(LONG_RUN, seed=8406, seconds=LONG_RUN_SECONDS)
    assert differing == []
    assert done == LONG_RUN
    assert accepted > 5_000
