"""What a client checks before it takes a library: two release keys, number, predecessors, expiry; never a step back.

Pure but for `download`. The pinned release keys lie beside the officer's copy of the library.
"""

import ssl
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from gateway.library.files import replace_file
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.release import (
    MAX_SIGNED_OCTETS,
    ReleasedLibrary,
    ReleaseKeys,
    is_released,
    read_release,
    read_release_keys,
    unverified_library_octets,
)
from pattern_rules import Library, load_library

MAX_STEPS = 200  # versions fetched to close a gap
_SECONDS = 60


def newer(have: Library | None, offered: Sequence[ReleasedLibrary], *, on: date) -> ReleasedLibrary | None:
    """The library to take, None if the one at hand is the newest offered.

    have: the copy at hand, None the first time. offered: verified, in any order; all between `have` and the newest.
    Raises LibraryLifeError: ROLLBACK, FORK, GAP, LIBRARY_EXPIRED.
    """
    by_number = {one.library.version: one for one in offered}
    newest = by_number[max(by_number)]
    if newest.library.expired(on):
        raise LibraryLifeError(Problem.LIBRARY_EXPIRED)
    if any(by_number[one.library.version].library.sha256 != one.library.sha256 for one in offered):
        raise LibraryLifeError(Problem.FORK)
    if have is None:
        return newest
    if newest.library.version < have.version:
        raise LibraryLifeError(Problem.ROLLBACK)
    if newest.library.version == have.version:
        if newest.library.sha256 != have.sha256:
            raise LibraryLifeError(Problem.FORK)
        return None
    predecessor = have.sha256
    for number in range(have.version + 1, newest.library.version + 1):
        if number not in by_number:
            raise LibraryLifeError(Problem.GAP)
        if by_number[number].library.predecessor != predecessor:
            raise LibraryLifeError(Problem.FORK)
        predecessor = by_number[number].library.sha256
    return newest


def missing_between(have: Library | None, newest: Library) -> range:
    """Numbers of the versions needed to show that `newest` follows from `have`. Raises LibraryLifeError with GAP."""
    numbers = range(have.version + 1, newest.version) if have is not None else range(0)
    if len(numbers) > MAX_STEPS:
        raise LibraryLifeError(Problem.GAP)
    return numbers


def fetch(
    source: str, *, have: Library | None, keys: ReleaseKeys, on: date, get: Callable[[str], bytes]
) -> ReleasedLibrary | None:
    """Fetch the newest library from the address of a list's `current`, and what lies between. None: nothing newer.

    get: reads an address, e.g. `download`. Raises LibraryLifeError or LibraryError.
    """
    newest = read_release(get(source), keys)
    base = source.rsplit("/", 1)[0]
    offered = [newest]
    if have is None or newest.library.version > have.version:
        numbers = missing_between(have, newest.library)
        offered += [read_release(get(f"{base}/{number}"), keys) for number in numbers]
    return newer(have, offered, on=on)


def download(address: str, authority: Path | None = None) -> bytes:
    """Octets from an HTTP or HTTPS address, bounded.

    authority: certificate authority of the server, PEM; None: the system's.
    Raises LibraryLifeError with UNREACHABLE or TOO_LARGE.
    """
    if urllib.parse.urlsplit(address).scheme not in {"http", "https"}:
        raise LibraryLifeError(Problem.UNREACHABLE)
    try:
        context = ssl.create_default_context(cafile=authority)
        with urllib.request.urlopen(address, timeout=_SECONDS, context=context) as answer:  # noqa: S310 - scheme checked above
            octets: bytes = answer.read(MAX_SIGNED_OCTETS + 1)
    except (OSError, ValueError):
        raise LibraryLifeError(Problem.UNREACHABLE) from None
    if len(octets) > MAX_SIGNED_OCTETS:
        raise LibraryLifeError(Problem.TOO_LARGE)
    return octets


def pinned_keys_file(library_file: Path) -> Path:
    """Where the release keys of an officer's copy are kept."""
    return library_file.with_name(f"{library_file.name}.release-keys")


def pin_keys(library_file: Path, keys: ReleaseKeys) -> None:
    """Remember the release keys: from now on this copy is replaced by nothing they did not sign."""
    replace_file(pinned_keys_file(library_file), b"".join(keys.certificates.values()))


def pinned_keys(library_file: Path) -> ReleaseKeys | None:
    """The release keys of this copy, None if none are pinned. Raises LibraryLifeError."""
    file = pinned_keys_file(library_file)
    return read_release_keys(file.read_bytes()) if file.exists() else None


def open_library(library_file: Path) -> Library:
    """An officer's copy. A signed one is verified with the pinned keys; with pinned keys an unsigned one is refused.

    Raises LibraryLifeError or LibraryError.
    """
    octets = library_file.read_bytes()
    keys = pinned_keys(library_file)
    if keys is not None:
        return read_release(octets, keys).library
    if is_released(octets):
        raise LibraryLifeError(Problem.NO_RELEASE_KEYS)
    return load_library(octets)


def copy_at_hand(library_file: Path) -> Library | None:
    """The copy a new one must follow, None if there is none yet."""
    return load_library(unverified_library_octets(library_file.read_bytes())) if library_file.exists() else None
