"""Check digits and time stamps, against published values."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pattern_rules.checks import Check, Outcome, Rule, gs1_mod10, luhn, mod97, run, time_of


@pytest.mark.parametrize("number", [b"4539578763621486", b"79927398713", b"0"])
def test_luhn_accepts_published_numbers(number: bytes) -> None:
    assert luhn(number)


@pytest.mark.parametrize("number", [b"01234567987651", b"001234560000000018", b"4006381333931", b"00012345600012"])
def test_gs1_accepts_published_numbers(number: bytes) -> None:
    assert gs1_mod10(number)


def test_mod97_accepts_a_published_iban_with_its_head_moved_behind() -> None:
    assert mod97(b"WEST12345698765432GB82")
    assert not mod97(b"WEST12345698765432GB83")


@given(st.text("0123456789", min_size=2, max_size=30), st.data())
def test_any_single_wrong_digit_is_found(body: str, data: st.DataObject) -> None:
    for rule in (luhn, gs1_mod10):
        good = next(f"{body}{digit}" for digit in range(10) if rule(f"{body}{digit}".encode()))
        at = data.draw(st.integers(0, len(good) - 1))
        wrong = good[:at] + str((int(good[at]) + data.draw(st.integers(1, 9))) % 10) + good[at + 1 :]
        assert not rule(wrong.encode())


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        (b"24051914", datetime(2024, 5, 19, 14, tzinfo=UTC)),
        (b"240519145958", datetime(2024, 5, 19, 14, 59, 58, tzinfo=UTC)),
        (b"24022900", datetime(2024, 2, 29, 0, tzinfo=UTC)),
        (b"25022900", None),
        (b"24133000", None),
        (b"24051924", None),
        (b"240519", None),
        (b"2405191", None),
        (b"2405191x", None),
    ],
)
def test_a_time_stamp_is_a_time_that_exists(stamp: bytes, time: datetime | None) -> None:
    assert time_of(stamp) == time


def test_a_check_on_an_optional_part_that_is_absent_neither_passes_nor_fails() -> None:
    result = run(Check(Rule.TIMESTAMP, ("ts",)), b"x", {}, date(2026, 1, 1))
    assert result.outcome is Outcome.ABSENT
    assert not result.failed


def test_without_a_day_nothing_lies_in_the_future() -> None:
    check = Check(Rule.TIMESTAMP, ())
    assert run(check, b"99010100", {}, None).outcome is Outcome.PASSED
    assert run(check, b"99010100", {}, date(2026, 1, 1)).outcome is Outcome.IN_FUTURE


@pytest.mark.parametrize("rule", [Rule.LUHN, Rule.GTIN, Rule.SSCC])
def test_letters_where_digits_belong_fail_a_check_and_raise_nothing(rule: Rule) -> None:
    assert run(Check(rule, ()), b"ABC-\x1d", {}, None).outcome is Outcome.FAILED
