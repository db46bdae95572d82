"""`gsp library fetch`, for officers: needs no deployment, and speaks the officer's language."""

from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.officer_options import READABLE, language_option, officer_errors
from gateway.cli.spoken import SpokenCommand, SpokenUsageError, help_text
from gateway.library.fetching import copy_at_hand, download, newer, pin_keys, pinned_keys
from gateway.library.fetching import fetch as fetch_chain
from gateway.library.files import replace_file
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.release import ReleasedLibrary, ReleaseKeys, read_release, read_release_keys
from gateway.words import Words, phrase

_HELP = help_text(
    "Take the newest pattern library from SOURCE (an address, or files in any order), if two release keys have signed "
    "it. A library that is older, expired, or does not follow from your copy is refused. The release keys are "
    "remembered beside your copy."
)
_EXAMPLE = """\b
gsp library fetch https://gsp.example.org/library/current \\
    --release-certificates release.asc --release-key F1 --release-key F2
gsp library fetch https://gsp.example.org/library/current
gsp library fetch library-5.gsp library-6.gsp"""


@click.command(cls=SpokenCommand, help=_HELP, epilog=_EXAMPLE)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option(
    "--library",
    "library_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("library.gsp"),
    show_default=True,
    envvar="GSP_LIBRARY",
    help=help_text("Your copy (or GSP_LIBRARY); replaced only by a newer one."),
)
@click.option(
    "--release-certificates", type=READABLE, help=help_text("The first time: certificates of the release keys.")
)
@click.option(
    "--release-key",
    "release_key",
    multiple=True,
    help=help_text("The first time: full fingerprint, as printed; at least two."),
)
@click.option(
    "--ca", type=READABLE, help=help_text("Certificate authority of the server, PEM; the system's if not given.")
)
@language_option
def fetch(
    sources: tuple[str, ...],
    *,
    library_file: Path,
    release_certificates: Path | None,
    release_key: tuple[str, ...],
    ca: Path | None,
    words: Words,
) -> None:
    """Take the newest library."""
    with officer_errors(words):
        keys = _keys(library_file, release_certificates, release_key, words)
        taken = _take(sources, library_file, keys, ca)
        if taken is None:
            click.echo(words.lines(words.text(phrase("Your copy is the newest."))))
            return
        replace_file(library_file, taken[1])
        pin_keys(library_file, keys)
    library = taken[0].library
    told = phrase("Version {version}, expires {day}", version=library.version, day=library.expires.isoformat())
    signed = phrase("Signed by {fingerprints}", fingerprints=", ".join(sorted(taken[0].signers)))
    click.echo(words.lines(f"{words.text(told)}\nSHA-256 {library.sha256}\n{words.text(signed)}"))


def _take(
    sources: tuple[str, ...], library_file: Path, keys: ReleaseKeys, authority: Path | None
) -> tuple[ReleasedLibrary, bytes] | None:
    have, today = copy_at_hand(library_file), datetime.now(UTC).date()
    read: dict[str, bytes] = {}

    def get(address: str) -> bytes:
        octets = download(address, authority)
        read.setdefault(read_release(octets, keys).library.sha256, octets)
        return octets

    if len(sources) == 1 and sources[0].startswith(("http://", "https://")):
        taken = fetch_chain(sources[0], have=have, keys=keys, on=today, get=get)
    else:
        offered = []
        for source in sources:
            octets = _file(source)
            offered.append(read_release(octets, keys))
            read[offered[-1].library.sha256] = octets
        taken = newer(have, offered, on=today)
    return (taken, read[taken.library.sha256]) if taken is not None else None


def _file(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except OSError:
        raise LibraryLifeError(Problem.UNREACHABLE) from None


def _keys(library_file: Path, certificates: Path | None, fingerprints: tuple[str, ...], words: Words) -> ReleaseKeys:
    """Pinned keys; the first time, or to change them, certificates and the fingerprints on paper."""
    if certificates is not None and fingerprints:
        return read_release_keys(certificates.read_bytes(), fingerprints)
    pinned = pinned_keys(library_file)
    if pinned is None or certificates is not None or fingerprints:
        raise SpokenUsageError(
            phrase("the first time, give --release-certificates and two fingerprints with --release-key"), words
        )
    return pinned
