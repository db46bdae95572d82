"""Who is a Party to the Protocol on a given day. The facts are the caller's: the directory, or the library itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class MembershipPeriod:
    """Days on which a State or regional organisation is a Party. until: last day, None: still."""

    since: date
    until: date | None = None

    def holds(self, on: date | None) -> bool:
        """Whether it is a Party on that day (None: now, without looking at a clock: the period is open)."""
        if on is None:
            return self.until is None
        return self.since <= on and (self.until is None or on <= self.until)


Members: TypeAlias = Mapping[str, tuple[MembershipPeriod, ...]] | Callable[[str, date | None], bool]


def is_member(members: Members, party: str, on: date | None) -> bool:
    """Whether `party` (code, e.g. "KE") is a Party on that day; a code that is not known is none."""
    if callable(members):
        return members(party, on)
    return any(period.holds(on) for period in members.get(party, ()))
