"""Checks that go beyond the match: check digits and time stamps. A match and its checks are two separate findings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

CLOCK_SKEW = timedelta(hours=1)  # a line clock in local time instead of UTC, or one hour wrong


class Rule(StrEnum):
    """Rule of a check; the values are used in the library file."""

    LUHN = "luhn"
    GTIN = "gtin"
    SSCC = "sscc"
    MOD97 = "mod97"
    TIMESTAMP = "timestamp"


class Outcome(StrEnum):
    """Finding of a check. ABSENT: the optional part it looks at is not there."""

    PASSED = "passed"
    FAILED = "failed"
    IN_FUTURE = "in-future"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Check:
    """A check declared by a pattern. over: names of the parts, in order; empty: the whole UID."""

    rule: Rule
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The finding of one check."""

    rule: Rule
    outcome: Outcome

    @property
    def failed(self) -> bool:
        """Whether it speaks against the reading."""
        return self.outcome in {Outcome.FAILED, Outcome.IN_FUTURE}


def luhn(digits: bytes) -> bool:
    """Whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1 annex B)."""
    values = [octet - 0x30 for octet in reversed(digits)]
    doubled = (2 * value - 9 if value > 4 else 2 * value for value in values[1::2])
    return (sum(values[::2]) + sum(doubled)) % 10 == 0


def gs1_mod10(digits: bytes) -> bool:
    """Whether the last digit is the GS1 check digit of the others (GS1 General Specifications §7.9.1)."""
    values = [octet - 0x30 for octet in reversed(digits)]
    return (sum(values[::2]) + 3 * sum(values[1::2])) % 10 == 0


def mod97(characters: bytes) -> bool:
    """Whether the number, letters as 10 to 35, leaves 1 when divided by 97 (ISO/IEC 7064 MOD 97-10)."""
    remainder = 0
    for octet in characters:
        value = octet - 0x30 if octet < 0x3A else octet - 0x37
        remainder = (remainder * (10 if value < 10 else 100) + value) % 97
    return remainder == 1


def time_of(stamp: bytes) -> datetime | None:
    """Time of a stamp YYMMDDhh, with optional mm and ss, in UTC (Regulation (EU) 2018/574 Art. 8; GS1 AI 8008).

    None if there is no such time. The century is 2000: traced tobacco is younger.
    """
    if len(stamp) not in {8, 10, 12} or not stamp.isdigit():
        return None
    pairs = [int(stamp[at : at + 2]) for at in range(0, len(stamp), 2)]
    try:
        year, month, day, hour, minute, second = (*pairs, 0, 0)[:6]
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _timestamp(stamp: bytes, on: date | None) -> Outcome:
    made = time_of(stamp)
    if made is None:
        return Outcome.FAILED
    if on is not None:
        end_of_day = datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(days=1)
        if made >= end_of_day + CLOCK_SKEW:
            return Outcome.IN_FUTURE
    return Outcome.PASSED


def _digits_only(rule: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    return lambda octets: octets.isdigit() and rule(octets)


def _upper_alphanumeric_only(rule: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    return lambda octets: octets.isalnum() and octets.upper() == octets and rule(octets)


_CHECK_DIGITS: Mapping[Rule, Callable[[bytes], bool]] = {
    Rule.LUHN: _digits_only(luhn),
    Rule.GTIN: _digits_only(gs1_mod10),
    Rule.SSCC: _digits_only(gs1_mod10),
    Rule.MOD97: _upper_alphanumeric_only(mod97),
}


def run(check: Check, whole: bytes, parts: Mapping[str, bytes], on: date | None) -> CheckResult:
    """Runs one check.

    whole: the UID as read. parts: the named parts. on: day of the question (UTC), for "in the future"; None: that
    is not checked.
    """
    if any(name not in parts for name in check.over):
        return CheckResult(check.rule, Outcome.ABSENT)
    octets = b"".join(parts[name] for name in check.over) if check.over else whole
    if check.rule is Rule.TIMESTAMP:
        return CheckResult(check.rule, _timestamp(octets, on))
    passed = _CHECK_DIGITS[check.rule](octets)
    return CheckResult(check.rule, Outcome.PASSED if passed else Outcome.FAILED)
