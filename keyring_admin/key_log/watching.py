"""What a Party asks of every new copy of the key log: does it continue the one I have seen, and has my entry changed?

Pure; the state is the Party's own and stays with it. It catches what no verification of one copy can: a log that was
rolled back, or written anew with fitting hashes.
"""

import json
from dataclasses import asdict, dataclass

from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.chain import BEGINNING
from keyring_admin.key_log.exported import ExportedLog
from keyring_admin.key_log.replay import Replay
from keyring_admin.key_log.verification import own_entries

FORMAT = "gsp-key-log-seen/1"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the Party saw last. root: fingerprint from paper. sequence, hash: of the last entry; 0: nothing yet."""

    party: str
    gateway: str
    root: str | None
    sequence: int = 0
    hash: str = BEGINNING


@dataclass(frozen=True, slots=True)
class Watched:
    """rewritten: what shows that this is not the log the Party has seen. changes: number, act and subject of each new
    entry about the Party. unknown: certificates that others are told to encrypt to, and the log does not have. seen:
    to be kept if nothing is wrong."""

    rewritten: tuple[str, ...]
    changes: tuple[tuple[int, str, str], ...]
    unknown: tuple[str, ...]
    seen: Seen


def watch(log: ExportedLog, seen: Seen, told: frozenset[str] = frozenset()) -> Watched:
    """told: fingerprints that an address book, WKD or anything else gives for the Party.

    The log itself is verified by `verification.verify_log` before.
    """
    problems: list[str] = []
    if log.header.gateway != seen.gateway:
        problems.append("this is the log of another gateway, or its certificate is another one")
    hashes = {entry.sequence: entry.hash for entry in log.entries}
    if seen.sequence and seen.sequence not in hashes:
        problems.append(f"the log ends before entry {seen.sequence}, which was seen: it was rolled back")
    elif seen.sequence and hashes[seen.sequence] != seen.hash:
        problems.append(f"entry {seen.sequence} is not the one that was seen: the log was rewritten")
    replay = Replay()
    for entry in log.entries:
        replay.take(entry)
    known = replay.reading.get(seen.party, set())
    used = told | {fingerprint for party, fingerprint in log.reading if party == seen.party}
    last = log.entries[-1] if log.entries else None
    return Watched(
        rewritten=tuple(problems),
        changes=tuple(own_entries(log, seen.party, seen.sequence)),
        unknown=tuple(sorted(used - known)),
        seen=Seen(
            seen.party,
            seen.gateway,
            seen.root,
            last.sequence if last is not None else 0,
            last.hash if last is not None else BEGINNING,
        ),
    )


def write_seen(seen: Seen) -> str:
    """The Party's state as JSON."""
    return json.dumps({"format": FORMAT, **asdict(seen)}, indent=1) + "\n"


def read_seen(text: str) -> Seen:
    """Raises DirectoryError: a state that cannot be read is not taken for an empty one."""
    unreadable = "the file of --seen cannot be read; restore it from a copy, or begin anew"
    try:
        values = json.loads(text)
        written = values.pop("format")
        seen = Seen(**values)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DirectoryError(unreadable) from None
    texts = (seen.party, seen.gateway, seen.hash)
    if written != FORMAT or type(seen.sequence) is not int or not all(isinstance(one, str) for one in texts):
        raise DirectoryError(unreadable)
    return seen
