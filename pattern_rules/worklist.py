"""A list of UIDs sorted by where to send them: one group for each Party, the rest by what is missing to decide."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pattern_rules.recognition import Recognition, Stem, Verdict
from pattern_rules.uid_list import Row


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with the same answer. parties: as in the recognition."""

    verdict: Verdict
    parties: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def damaged(self) -> int:
        """How many rows a spreadsheet stored as numbers: they may have lost digits."""
        return sum(row.was_number for row in self.rows)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row that speaks of the same pack as an earlier row, in the same or another form of the UID."""

    row: int
    first_row: int


@dataclass(frozen=True, slots=True)
class Worklist:
    """All groups, those that can be sent first, and the rows left out as duplicates."""

    groups: tuple[Group, ...]
    duplicates: tuple[Duplicate, ...]


@dataclass(slots=True)
class _Sorter:
    groups: dict[tuple[Verdict, tuple[str, ...]], list[Row]] = field(default_factory=dict)
    seen: dict[bytes | Stem, int] = field(default_factory=dict)
    duplicates: list[Duplicate] = field(default_factory=list)

    def add(self, row: Row, found: Recognition) -> None:
        names: list[bytes | Stem] = [row.octets, *found.stems]
        first = next((self.seen[name] for name in names if name in self.seen), None)
        for name in names:
            self.seen.setdefault(name, row.number if first is None else first)
        if first is not None:
            self.duplicates.append(Duplicate(row.number, first))
        else:
            self.groups.setdefault((found.verdict, found.parties), []).append(row)


def sort_rows(rows: Iterable[Row], recognised: Callable[[bytes], Recognition]) -> Worklist:
    """Sorts a list.

    rows: the UIDs, in their order. recognised: `recognise` with library, day and membership filled in.
    """
    sorter = _Sorter()
    for row in rows:
        sorter.add(row, recognised(row.octets))
    order = {verdict: place for place, verdict in enumerate(Verdict)}
    keys = sorted(sorter.groups, key=lambda key: (order[key[0]], key[1]))
    groups = tuple(Group(verdict, parties, tuple(sorter.groups[verdict, parties])) for verdict, parties in keys)
    return Worklist(groups, tuple(sorter.duplicates))
