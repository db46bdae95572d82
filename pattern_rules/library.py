"""A pattern library as data: numbered, dated, immutable. `load_library` in loader.py makes it from octets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pattern_rules.checks import Check
from pattern_rules.expression import Expression
from pattern_rules.expression_tree import MAX_UID_OCTETS
from pattern_rules.index import Index


class Level(StrEnum):
    """What carries the UID: a single pack, an aggregate (carton, case, pallet), or either."""

    UNIT = "unit"
    AGGREGATE = "aggregate"
    ANY = "any"


class Status(StrEnum):
    """Life of a pattern. Only active patterns are matched."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, both included; None: open."""

    since: date | None = None
    until: date | None = None

    def excludes(self, on: date | None) -> bool:
        """Whether the day is known and outside."""
        if on is None:
            return False
        return (self.since is not None and on < self.since) or (self.until is not None and on > self.until)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One rule that recognises UIDs; the fields are those of the file (docs/uid-patterns.md).

    party: "" if the form names no Party by itself. party_part: the part whose value names the Party, by the table
    `parties`; "" if there is none. prefix: the literal octets every UID of it begins with. valid: days of the question.
    made: days of manufacture. Lengths in octets.
    """

    id: str
    party: str
    party_part: str
    parties: Mapping[str, str]
    member: bool
    fallback: bool
    region: str
    issuer: str
    level: Level
    form: str
    carrier: str
    expression: Expression
    prefix: bytes
    min_length: int
    max_length: int
    checks: tuple[Check, ...]
    stem: str
    stem_parts: tuple[str, ...]
    priority: int
    yields_to: tuple[str, ...]
    valid: Period
    made: Period
    examples: tuple[bytes, ...]
    counter_examples: tuple[bytes, ...]
    status: Status
    synthetic: bool
    provenance: str
    note: str

    @property
    def active(self) -> bool:
        """Whether it is matched at all."""
        return self.status is Status.ACTIVE

    @property
    def owners(self) -> frozenset[str]:
        """All Parties (or States that are not one) whose UIDs it can recognise."""
        return frozenset({self.party} - {""}) | frozenset(self.parties.values())

    def owner(self, parts: Mapping[str, bytes]) -> str:
        """The Party of a UID with these parts, "" if it follows from nothing."""
        if self.party_part:
            return self.parties.get(parts.get(self.party_part, b"").decode("ascii"), "")
        return self.party

    def parts(self, octets: bytes) -> tuple[tuple[str, bytes], ...] | None:
        """Named parts if all of `octets` matches (at most 128), else None."""
        if not self.min_length <= len(octets) <= min(self.max_length, MAX_UID_OCTETS):
            return None
        return self.expression.parts(octets)


@dataclass(frozen=True, slots=True)
class Library:
    """All patterns of one version.

    version: its number. issued, expires: first and last day on which it may be used. predecessor: SHA-256 of the file
    of version - 1, lower-case hex, "" for the first. sha256: of this file.
    """

    version: int
    issued: date
    expires: date
    predecessor: str
    sha256: str
    patterns: tuple[Pattern, ...] = field(repr=False)
    by_id: Mapping[str, Pattern] = field(repr=False, compare=False)
    index: Index[Pattern] = field(repr=False, compare=False)

    def expired(self, on: date) -> bool:
        """Whether it may no longer be used on that day."""
        return on > self.expires

    def declared_members(self) -> frozenset[str]:
        """Parties as far as the library itself knows: for tools that have no directory at hand."""
        states = {party for pattern in self.patterns if not pattern.member for party in pattern.owners}
        return frozenset(party for pattern in self.patterns for party in pattern.owners) - states

    def pattern_parties(self, pattern_id: str, on: date | None = None) -> frozenset[str]:
        """Parties that mail under this pattern may be routed to.

        Empty for a pattern that is not in the library, not active, not valid on the day of the question `on`, names no
        Party, or belongs to a State that the library holds for no Party: such a pattern never routes (DESIGN §9).
        """
        pattern = self.by_id.get(pattern_id)
        if pattern is None or not pattern.active or pattern.fallback or not pattern.member:
            return frozenset()
        return frozenset() if pattern.valid.excludes(on) else pattern.owners

    def owner(self, pattern_id: str, parts: Mapping[str, bytes] | None = None) -> str | None:
        """The one Party a pattern routes to; with `parts` also where a part of the UID decides. None: there is none."""
        candidates = self.pattern_parties(pattern_id)
        if parts is not None and candidates:
            party = self.by_id[pattern_id].owner(parts)
            return party if party in candidates else None
        return next(iter(candidates)) if len(candidates) == 1 else None
