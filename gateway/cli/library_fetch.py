"""`gsp library sign` for the holders of release keys, `gsp library fetch` for officers: neither needs a deployment."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.library_desk import library_errors
from gateway.library.fetching import copy_at_hand, download, newer, pin_keys, pinned_keys
from gateway.library.fetching import fetch as fetch_chain
from gateway.library.files import replace_file
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.release import ReleasedLibrary, ReleaseKeys, read_release, read_release_keys
from pattern_rules import load_library

_READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("request", type=_READABLE)
@click.option("--key", required=True, help="Full fingerprint of the release key.")
@click.option(
    "--gnupg-home", type=click.Path(file_okay=False, path_type=Path), help="GnuPG's own default if not given."
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="REQUEST.KEY.sig if not given.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def sign(request: Path, *, key: str, gnupg_home: Path | None, output: Path | None, yes: bool) -> None:
    """Sign a publication REQUEST (library-N.toml) with a release key: the same as `gpg --detach-sign`.

    For the offline machine of one holder. Compare the SHA-256 with the other holder's first.
    """
    with library_errors():
        octets = request.read_bytes()
        library = load_library(octets)
    fingerprint = key.replace(" ", "").upper()
    if len(fingerprint) not in {40, 64} or not set(fingerprint) <= set("0123456789ABCDEF"):
        raise click.BadParameter("expected a full fingerprint", param_hint="--key")
    click.echo(f"Version {library.version}, {len(library.patterns)} patterns, expires {library.expires}")
    click.echo(f"SHA-256 {library.sha256}")
    if not yes:
        click.confirm("Sign it?", abort=True)
    target = output or request.with_name(f"{request.name}.{fingerprint[-8:]}.sig")
    home = ["--homedir", str(gnupg_home)] if gnupg_home is not None else []
    command = ["gpg", *home, "--yes", "--local-user", f"{fingerprint}", "--output", str(target), "--detach-sign"]
    if subprocess.run([*command, str(request)], check=False).returncode != 0:
        raise click.ClickException("gpg did not sign; is this the GnuPG home of the release key?")
    click.echo(f"Signature: {target}")


@click.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option(
    "--library",
    "library_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("library.gsp"),
    show_default=True,
    envvar="GSP_LIBRARY",
    help="Your copy (or GSP_LIBRARY); replaced only by a newer one.",
)
@click.option("--release-certificates", type=_READABLE, help="First time: certificates of the release keys.")
@click.option(
    "--release-key", "release_key", multiple=True, help="First time: full fingerprint, as printed; at least two."
)
@click.option("--ca", type=_READABLE, help="Certificate authority of the server, PEM; the system's if not given.")
def fetch(
    sources: tuple[str, ...],
    *,
    library_file: Path,
    release_certificates: Path | None,
    release_key: tuple[str, ...],
    ca: Path | None,
) -> None:
    """Take the newest library from SOURCE (an address, or files in any order), if two release keys have signed it.

    \b
    gsp library fetch https://gsp.example.org/library/current \\
        --release-certificates release.asc --release-key F1 --release-key F2      the first time
    gsp library fetch https://gsp.example.org/library/current                      from then on

    A library that is older, expired, or does not follow from your copy is refused. The release keys are remembered
    beside your copy.
    """
    with library_errors():
        keys = _keys(library_file, release_certificates, release_key)
        taken = _take(sources, library_file, keys, ca)
        if taken is None:
            click.echo("Your copy is the newest.")
            return
        replace_file(library_file, taken[1])
        pin_keys(library_file, keys)
    library = taken[0].library
    click.echo(f"Version {library.version}, expires {library.expires}, SHA-256 {library.sha256}")
    click.echo(f"Signed by {' and '.join(sorted(taken[0].signers))}")


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


def _keys(library_file: Path, certificates: Path | None, fingerprints: tuple[str, ...]) -> ReleaseKeys:
    """Pinned keys; the first time, or to change them, certificates and the fingerprints on paper."""
    if certificates is not None and fingerprints:
        return read_release_keys(certificates.read_bytes(), fingerprints)
    pinned = pinned_keys(library_file)
    if pinned is None or certificates is not None or fingerprints:
        raise click.UsageError("the first time, give --release-certificates and two --release-key fingerprints")
    return pinned
