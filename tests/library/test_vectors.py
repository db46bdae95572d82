"""The signed files kept as vectors: what is accepted and refused, by our reader, by another one, and by gpg."""

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest

from gateway.library.fetching import newer
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.release import ReleaseKeys, read_release, read_release_keys
from gnupg_keys import gpg, stop_agent

from . import other_reader

VECTORS = Path(__file__).parent / "vectors"
PAGE = Path(__file__).parents[2] / "docs" / "library.md"
FACTS = json.loads((VECTORS / "vectors.json").read_text(encoding="ascii"))
TODAY = date(2026, 11, 21)


def octets(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


@pytest.fixture(scope="module")
def release_keys() -> ReleaseKeys:
    return read_release_keys(octets("release-1.pgp") + octets("release-2.pgp"), FACTS["release_keys"])


@pytest.fixture(scope="module")
def others_keys() -> dict[str, bytes]:
    return dict(other_reader.release_key(octets(name)) for name in ("release-1.pgp", "release-2.pgp"))


def test_both_readers_know_the_same_keys(others_keys: dict[str, bytes]) -> None:
    assert sorted(others_keys) == FACTS["release_keys"]


@pytest.mark.parametrize("name", FACTS["accepted"])
def test_a_good_file_is_read_by_both(name: str, release_keys: ReleaseKeys, others_keys: dict[str, bytes]) -> None:
    read = read_release(octets(name), release_keys)
    assert read.octets == octets(name.replace(".gsp", ".toml"))
    assert sorted(read.signers) == FACTS["release_keys"]
    other = other_reader.read(octets(name), others_keys)
    assert other["number"] == read.library.version
    assert other["predecessor"] == read.library.predecessor


@pytest.mark.parametrize(("name", "code"), FACTS["refused"].items())
def test_a_bad_file_is_refused_by_both(
    name: str, code: str, release_keys: ReleaseKeys, others_keys: dict[str, bytes]
) -> None:
    with pytest.raises(LibraryLifeError) as refusal:
        read_release(octets(name), release_keys)
    assert refusal.value.code == code
    with pytest.raises(other_reader.RefusedError):
        other_reader.read(octets(name), others_keys)


def test_what_follows_and_what_does_not(release_keys: ReleaseKeys) -> None:
    first, second, fork = (
        read_release(octets(name), release_keys) for name in ("library-1.gsp", "library-2.gsp", "fork-2.gsp")
    )
    assert newer(first.library, [second], on=TODAY) == second
    for have, offered, problem in (
        (second.library, first, Problem.ROLLBACK),
        (second.library, fork, Problem.FORK),
    ):
        with pytest.raises(LibraryLifeError) as refusal:
            newer(have, [offered], on=TODAY)
        assert refusal.value.problem is problem


def test_the_page_states_what_is_hashed() -> None:
    """The digests in the page are those of both signatures of library-1.gsp, made as the page says."""
    page = PAGE.read_text(encoding="utf-8")
    library = octets("library-1.toml")
    for _, body in other_reader.split(octets("library-1.gsp"))[3:]:
        made = other_reader.signature(body, library)
        assert made.signed.startswith(library)
        assert made.signed[len(library) :].hex() in page
        assert made.digest.hex() in page


def test_gpg_alone_verifies_both_signatures_and_gives_the_library(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Path(tmp_path_factory.mktemp("g"))
    home.chmod(0o700)
    try:
        gpg(home, "--import", stdin=octets("release-1.pgp") + octets("release-2.pgp"))
        status = gpg(home, "--status-fd", "1", "--output", "/dev/null", "--decrypt", stdin=octets("library-2.gsp"))
        valid = [line.split()[-1].decode() for line in status.splitlines() if line.startswith(b"[GNUPG:] VALIDSIG")]
        assert sorted(valid) == FACTS["release_keys"]
        assert gpg(home, "--decrypt", stdin=octets("library-2.gsp")) == octets("library-2.toml")
        altered = subprocess.run(
            ["gpg", "--homedir", str(home), "--batch", "--verify"],
            input=octets("altered-library.gsp"),
            capture_output=True,
            check=False,
        )
        assert altered.returncode != 0
    finally:
        stop_agent(home)
