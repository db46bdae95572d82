"""What `recognise` finds: a verdict and ranked candidates. No repr shows any octet of the UID."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pattern_rules.checks import CheckResult
from pattern_rules.library import Pattern
from pattern_rules.readings import Reading


class Verdict(StrEnum):
    """The answer in one word. Only ROUTABLE may be sent without a human's decision."""

    ROUTABLE = "routable"
    SEVERAL_PARTIES = "several-parties"
    NOT_A_MEMBER = "not-a-member"
    OWN_PARTY = "own-party"
    CHECKS_FAILED = "checks-failed"
    NOT_IN_FORCE = "not-in-force"
    NO_PARTY = "no-party"
    ISSUER_UNKNOWN = "issuer-unknown"
    UNKNOWN = "unknown"
    INADMISSIBLE = "inadmissible"


class Standing(StrEnum):
    """What a candidate counts for, best first."""

    DECIDES = "decides"
    LATER_READING = "later-reading"
    YIELDS = "yields"
    CHECKS_FAILED = "checks-failed"
    NOT_IN_FORCE = "not-in-force"
    NO_PARTY = "no-party"
    FALLBACK = "fallback"


class Obstacle(StrEnum):
    """Why octets can't be a UID."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    NOT_ASCII = "not-ascii"
    CONTROL_CHARACTER = "control-character"


@dataclass(frozen=True, slots=True)
class Stem:
    """What all forms of one pack's UID have in common. party: "" if none. kind: which numbering. values: its parts."""

    party: str
    kind: str
    values: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One pattern that matches, with everything that speaks for and against it.

    party: "" if it names none. member: whether `party` is a Party on the day. reading: the first that matches.
    """

    pattern: Pattern = field(repr=False)
    pattern_id: str
    party: str
    member: bool
    standing: Standing
    reading: Reading
    parts: Mapping[str, bytes] = field(repr=False)
    checks: tuple[CheckResult, ...]
    stem: Stem | None

    @property
    def checks_failed(self) -> bool:
        """Whether at least one check failed."""
        return any(result.failed for result in self.checks)


@dataclass(frozen=True, slots=True)
class Recognition:
    """Whose UID it is.

    party: the one Party the verdict speaks of, "" if there is none or more than one. parties: all that the deciding
    candidates name, sorted. candidates: all, best first. library_version: which library said so. obstacle: with
    INADMISSIBLE only.
    """

    verdict: Verdict
    party: str
    parties: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    library_version: int
    obstacle: Obstacle | None = None

    @property
    def stems(self) -> frozenset[Stem]:
        """Two recognitions that share a stem speak of the same pack. A candidate whose checks fail has no say."""
        return frozenset(
            candidate.stem
            for candidate in self.candidates
            if candidate.stem is not None and not candidate.checks_failed
        )
