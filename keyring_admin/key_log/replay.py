"""What the entries of the key log say the directory is: replayed, entry by entry. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from keyring_admin.acts.rights import Act
from keyring_admin.key_log.chain import Entry

ROOT_ACTS = frozenset({"root-installed", Act.ROOT_REPLACED.value})
_READING_IN = frozenset({Act.READING_ADMITTED.value, Act.READING_REPLACED.value})


@dataclass(frozen=True, slots=True)
class Appointed:
    """An administrator as the log has it. region: None for the whole Party."""

    officer: int
    party: str
    region: str | None
    domains: frozenset[str]


@dataclass(slots=True)
class Replay:
    """The directory, as far as the log has been read. reading: admitted and not withdrawn, by Party. root: that was
    installed last. once_in_force: reading certificates that the chain has ever carried."""

    root: str | None = None
    domains: dict[str, set[str]] = field(default_factory=dict)
    reading: dict[str, set[str]] = field(default_factory=dict)
    once_in_force: set[str] = field(default_factory=set)
    appointed: dict[int, Appointed] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        said = details_of(entry)
        party = entry.party or ""
        if entry.act in ROOT_ACTS:
            self.root = entry.subject
        elif entry.act == Act.PARTY_ADMITTED.value:
            self.domains.setdefault(party, set()).update(_texts(said, "domains"))
        elif entry.act == Act.DOMAIN_ADDED.value:
            self.domains.setdefault(party, set()).add(str(said.get("domain")))
        elif entry.act == Act.DOMAIN_REMOVED.value:
            self.domains.setdefault(party, set()).discard(str(said.get("domain")))
        elif entry.act in _READING_IN and entry.subject is not None:
            held = self.reading.setdefault(party, set())
            held.add(entry.subject)
            held.difference_update(_texts(said, "withdrawn"))
        elif entry.act == Act.READING_WITHDRAWN.value:
            self.reading.setdefault(party, set()).discard(entry.subject or "")
        elif entry.act == "access-derived" and said.get("after") == "in-force" and entry.subject is not None:
            self.once_in_force.add(entry.subject)
        elif entry.act == Act.ADMINISTRATOR_APPOINTED.value:
            officer, region = said.get("officer"), said.get("region")
            if isinstance(officer, int):
                own = str(region) if region is not None else None
                self.appointed[officer] = Appointed(officer, party, own, frozenset(_texts(said, "domains")))
        elif entry.act == Act.ADMINISTRATOR_ENDED.value:
            officer = said.get("officer")
            if isinstance(officer, int):
                self.appointed.pop(officer, None)


def details_of(entry: Entry) -> Mapping[str, object]:
    """The details of an entry; nothing if they are no object."""
    try:
        said = json.loads(entry.details)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _texts(said: Mapping[str, object], key: str) -> list[str]:
    value = said.get(key)
    return [str(one) for one in value] if isinstance(value, list) else []
