"""The signed file: two release keys, one spelling; what the gateway and what a client take."""

import json
import subprocess
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.library.fetching import fetch, newer, open_library, pin_keys
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.release import ReleasedLibrary, read_release, read_release_keys, release
from gateway.library_in_force import LibraryInForce, library_in_force
from gateway.state import open_state
from gnupg_keys import Key
from pattern_rules import core_library_octets, load_library
from pattern_rules.writer import write_successor

from .conftest import Office
from .stamps import Stamp

TODAY = date(2026, 11, 22)


def successors(count: int) -> list[bytes]:
    """A chain of library files."""
    chain = [core_library_octets()]
    for number in range(count - 1):
        before = load_library(chain[-1])
        issued = before.issued + timedelta(days=number)
        chain.append(write_successor(before, before.patterns, issued=issued, expires=before.expires))
    return chain


def sign_file(office: Office, octets: bytes, *who: str) -> bytes:
    signatures = [office.keys[one].detach_sign(octets) for one in who or ("release-1", "release-2")]
    return release(octets, signatures, office.release_keys)


def refused(problem: Problem, action: object, *arguments: object, **named: object) -> None:
    assert callable(action)
    with pytest.raises(LibraryLifeError) as caught:
        action(*arguments, **named)
    assert caught.value.problem is problem


def test_gpg_alone_verifies_the_file_and_gives_the_library_back(office: Office) -> None:
    file = office.folder / "library.toml"
    home = office.keys["release-1"].home
    done = subprocess.run(
        ["gpg", "--homedir", str(home), "--status-fd", "2", "--decrypt", str(file)], capture_output=True, check=True
    )
    assert done.stdout == core_library_octets()
    assert done.stderr.count(b"GOODSIG") == 2


def test_one_key_twice_a_foreign_key_and_three_signatures_are_refused(office: Office) -> None:
    octets = core_library_octets()
    refused(Problem.TWO_RELEASE_KEYS, sign_file, office, octets, "release-1", "release-1")
    refused(Problem.TWO_RELEASE_KEYS, sign_file, office, octets, "release-1")
    refused(Problem.RELEASE_SIGNATURE, sign_file, office, octets, "release-1", "clara")
    refused(Problem.TWO_RELEASE_KEYS, sign_file, office, octets, "release-1", "release-2", "release-2")
    other = office.keys["release-2"].detach_sign(octets + b"\n")
    one = office.keys["release-1"].detach_sign(octets)
    refused(Problem.RELEASE_SIGNATURE, release, octets, [one, other], office.release_keys)
    assert read_release(sign_file(office, octets, "release-2", "release-1"), office.release_keys).library.version == 1


def test_no_altered_octet_changes_what_is_read(office: Office) -> None:
    header = core_library_octets().partition(b"[[pattern]]")[0]
    good = sign_file(office, header)
    keys = office.release_keys
    start, end = good.index(header), good.index(header) + len(header)
    assert read_release(good, keys).octets == header
    harmless = 0
    for position in range(len(good)):
        altered = bytearray(good)
        altered[position] ^= 1
        try:
            read = read_release(bytes(altered), keys)
        except LibraryLifeError:
            continue
        # RFC 9580 §5.2.3: a signature's unhashed area and its digest hint are not signed
        assert not start - 16 <= position < end
        assert (read.octets, read.signers) == (header, keys.fingerprints)
        harmless += 1
    assert harmless < 40
    for wrong in (b"", good[:-1], good + b"\n", good + good, good[7:], core_library_octets()):
        with pytest.raises(LibraryLifeError):
            read_release(wrong, keys)


def test_a_copy_of_one_signature_under_both_places_is_refused(office: Office) -> None:
    good = sign_file(office, core_library_octets())
    lone = read_release_keys(office.keys["release-1"].certificate + office.keys["clara"].certificate)
    refused(Problem.RELEASE_SIGNATURE, read_release, good, lone)


def test_release_keys_are_two_and_named_by_full_fingerprint(office: Office, keys: dict[str, Key]) -> None:
    certificates = (office.folder / "release-keys.asc").read_bytes()
    one, two = keys["release-1"].fingerprint, keys["release-2"].fingerprint
    assert read_release_keys(certificates, [one.lower(), two]).fingerprints == {one, two}
    for wrong in ([one], [one, one], [one, keys["clara"].fingerprint], [one[-16:], two[-16:]], []):
        refused(Problem.RELEASE_KEYS, read_release_keys, certificates, wrong)
    refused(Problem.RELEASE_KEYS, read_release_keys, b"nothing", [one, two])


# The gateway


def in_force(office: Office, *, at_least: int = 0) -> LibraryInForce:
    return LibraryInForce(office.folder / "library.toml", "test", office.release_keys, at_least=at_least)


def test_the_gateway_takes_a_newer_signed_library_and_nothing_else(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = successors(3)
    file = office.folder / "library.toml"
    library = in_force(office)
    file.write_bytes(sign_file(office, second))
    assert library.library.version == 2
    assert library.octets == second
    expired = write_successor(
        load_library(second), load_library(second).patterns, issued=date(2025, 1, 1), expires=date(2025, 2, 1)
    )
    forged = load_library(first)
    other_two = write_successor(forged, forged.patterns[:3], issued=forged.issued, expires=forged.expires)
    for wrong in (third, sign_file(office, first), sign_file(office, expired), sign_file(office, other_two), b""):
        file.write_bytes(wrong)
        assert library.library.version == 2
        assert library.octets == second
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line.get("rule") or line.get("error") for line in told if line["event"] == "library-refused"] == [
        *("LibraryLifeError", "older-version", "expired", "same-version-other-content", "LibraryLifeError"),
    ]
    file.write_bytes(sign_file(office, third))
    assert library.library.version == 3


def test_a_gateway_does_not_start_with_what_it_must_not_use(office: Office) -> None:
    file = office.folder / "library.toml"
    released = file.read_bytes()
    file.write_bytes(core_library_octets())
    refused(Problem.NOT_RELEASED, in_force, office)
    file.write_bytes(released)
    refused(Problem.ROLLBACK, in_force, office, at_least=2)
    assert in_force(office, at_least=1).library.version == 1


def test_a_restarted_gateway_remembers_what_it_has_published(office: Office, ke_stamp: Stamp) -> None:
    file = office.folder / "library.toml"
    old = file.read_bytes()
    assert office.declare("amina", ke_stamp).exit_code == 0
    office.publish_all()
    assert library_in_force(office.settings, open_state(office.settings), "test").library.version == 2
    file.write_bytes(old)
    refused(Problem.ROLLBACK, library_in_force, office.settings, open_state(office.settings), "test")


def test_without_release_keys_an_unsigned_library_is_used_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "library.toml"
    file.write_bytes(core_library_octets())
    assert LibraryInForce(file, "test").library.version == 1
    assert "library-unsigned" in capsys.readouterr().err


def test_a_stop_between_file_and_database_is_made_good_by_publishing_again(office: Office, ke_stamp: Stamp) -> None:
    assert office.declare("amina", ke_stamp).exit_code == 0
    assert office.review().exit_code == 0
    assert office.approve("clara").exit_code == 0
    assert office.gsp("publish", "--request", str(office.folder / "out")).exit_code == 0
    octets = (office.folder / "out" / "library-2.toml").read_bytes()
    (office.folder / "library.toml").write_bytes(sign_file(office, octets))  # and the machine stopped
    signatures = [office.file(one, office.keys[one].detach_sign(octets)) for one in ("release-1", "release-2")]
    done = office.gsp("publish", "--signatures", *signatures)
    assert done.exit_code == 0, done.output
    assert "published" not in office.gsp("log").output.partition("pending")[2]
    assert "declared by KE" in office.gsp("log").output


# Clients


def test_a_client_takes_only_what_follows_from_its_copy(office: Office) -> None:
    chain = [read_release(sign_file(office, octets), office.release_keys) for octets in successors(4)]
    one, two, three, four = chain
    assert newer(None, [three], on=TODAY) is three
    assert newer(one.library, [four, two, three], on=TODAY) is four
    assert newer(two.library, [two], on=TODAY) is None
    refused(Problem.ROLLBACK, newer, three.library, [two], on=TODAY)
    refused(Problem.GAP, newer, one.library, [four, two], on=TODAY)
    refused(Problem.LIBRARY_EXPIRED, newer, one.library, [two], on=TODAY + timedelta(days=400))
    fork: ReleasedLibrary = replace(two, library=replace(two.library, sha256="f" * 64))
    refused(Problem.FORK, newer, two.library, [fork], on=TODAY)
    refused(Problem.FORK, newer, fork.library, [two, three], on=TODAY)
    refused(Problem.FORK, newer, fork.library, [three], on=TODAY)


def test_versions_in_between_are_fetched(office: Office) -> None:
    files = [sign_file(office, octets) for octets in successors(4)]
    asked: list[str] = []

    def get(address: str) -> bytes:
        asked.append(address)
        name = address.rpartition("/")[2]
        return files[-1] if name == "current" else files[int(name) - 1]

    have = read_release(files[0], office.release_keys).library
    found = fetch("https://x.test/library/current", have=have, keys=office.release_keys, on=TODAY, get=get)
    assert found is not None
    assert found.library.version == 4
    assert asked[1:] == ["https://x.test/library/2", "https://x.test/library/3"]


def test_an_officers_copy_is_fetched_pinned_and_never_goes_back(office: Office, keys: dict[str, Key]) -> None:
    files = [office.file(f"v{number}", sign_file(office, octets)) for number, octets in enumerate(successors(3), 1)]
    copy = office.folder / "mine" / "library.gsp"
    copy.parent.mkdir()

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["library", "fetch", *arguments, "--library", str(copy)])
        return done.exit_code, done.output

    first_time = ["--release-certificates", str(office.folder / "release-keys.asc")]
    for one in ("release-1", "release-2"):
        first_time += ["--release-key", keys[one].fingerprint]
    assert run(files[0])[0] == 2  # no release keys known yet
    assert run(files[0], *first_time)[0] == 0
    assert open_library(copy).version == 1
    assert "missing" in run(files[2])[1]
    assert run(files[2], files[1])[0] == 0
    assert open_library(copy).version == 3
    assert "older" in run(files[0])[1]
    assert "newest" in run(files[2])[1]
    unsigned = office.file("unsigned", successors(4)[3])
    assert run(unsigned)[0] == 1
    assert open_library(copy).version == 3
    copy.write_bytes(core_library_octets())  # somebody put an unsigned one in its place
    refused(Problem.NOT_RELEASED, open_library, copy)


def test_a_signed_copy_without_known_release_keys_is_not_used(office: Office) -> None:
    copy = office.folder / "library.gsp"
    copy.write_bytes((office.folder / "library.toml").read_bytes())
    refused(Problem.NO_RELEASE_KEYS, open_library, copy)
    pin_keys(copy, office.release_keys)
    assert open_library(copy).version == 1


def test_sign_is_the_same_as_gpg_alone(office: Office, keys: dict[str, Key]) -> None:
    octets = successors(2)[1]
    request = office.folder / "library-2.toml"
    request.write_bytes(octets)
    key = keys["release-1"]
    done = CliRunner().invoke(
        main,
        ["library", "sign", str(request), "--key", key.fingerprint, "--gnupg-home", str(key.home), "--yes"],
    )
    assert done.exit_code == 0, done.output
    assert load_library(octets).sha256 in done.output
    made = (office.folder / f"library-2.toml.{key.fingerprint[-8:]}.sig").read_bytes()
    assert release(octets, [made, keys["release-2"].detach_sign(octets)], office.release_keys)
