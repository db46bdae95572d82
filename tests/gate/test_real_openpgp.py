"""Messages of real OpenPGP programs pass the walk, and are what those programs say they are."""

import subprocess
from pathlib import Path

import openpgp
import pysequoia
import pytest

from gateway.gate import Accepted
from keyring_admin.openpgp import Integrity, OpenPGPRefusedError, Rule, dearmor, enarmor, inspect_message

from .mail_builder import OCTETS, direct, run

pytestmark = pytest.mark.timeout(30)

KEYS = Path(__file__).parent / "clients" / "keys"
ALICE, BOB = KEYS / "alice-pub.asc", KEYS / "bob-pub.asc"
TEXT = b"a query\n" * 400


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gnupg")
    path.chmod(0o700)
    return path


def gpg(home: Path, *arguments: str | Path, stdin: bytes = TEXT) -> bytes:
    # Without a keyring and without a secret key no agent is started.
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--no-autostart", "--trust-model", "always"]
    return subprocess.run(
        [*command, *map(str, arguments)], input=stdin, capture_output=True, check=True, timeout=20
    ).stdout


@pytest.mark.parametrize("options", [[], ["-z", "0"], ["--armor"], ["--armor", "--comment", "x", "--emit-version"]])
@pytest.mark.parametrize("keys", [[ALICE], [BOB], [ALICE, BOB]], ids=["rsa", "curve25519", "both"])
def test_what_gnupg_encrypts_is_accepted(home: Path, options: list[str], keys: list[Path]) -> None:
    recipients = [argument for key in keys for argument in ("-f", key)]
    output = gpg(home, "--encrypt", *options, *recipients)
    octets = dearmor(output) if "--armor" in options else output
    found = inspect_message(octets)
    assert found.integrity is Integrity.SEIPD_V1
    assert len(found.recipients) == len(keys)
    armored = output.replace(b"\n", b"\r\n") if "--armor" in options else enarmor(octets)
    assert isinstance(run(direct(second=OCTETS + armored)), Accepted)


def test_gnupg_streams_in_partial_lengths_and_they_are_accepted(home: Path) -> None:
    big = bytes(range(256)) * 400
    assert inspect_message(gpg(home, "--encrypt", "-z", "0", "-f", BOB, stdin=big)).recipients == ("EC869473D6F50483",)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["--encrypt", "--throw-keyids", "-f", str(BOB)], Rule.HIDDEN_RECIPIENT),
        (["--store"], Rule.CLEARTEXT),
        (["--store", "-z", "0"], Rule.CLEARTEXT),
    ],
    ids=["PGP-p33-hidden", "PGP-p15-compressed", "PGP-p14-literal"],
)
def test_what_gnupg_hides_or_leaves_clear_is_refused(home: Path, arguments: list[str], rule: Rule) -> None:
    with pytest.raises(OpenPGPRefusedError) as error:
        inspect_message(gpg(home, *arguments))
    assert error.value.rule is rule


def test_gnupg_reads_armor_that_the_gateway_wrote(home: Path) -> None:
    for length in range(6):
        octets = gpg(home, "--encrypt", "-z", "0", "-f", BOB, stdin=b"x" * length)
        listed = gpg(home, "--list-packets", "--list-only", stdin=enarmor(octets))
        assert b"EC869473D6F50483" in listed


@pytest.mark.parametrize("profile", [pysequoia.Profile.RFC4880, pysequoia.Profile.RFC9580], ids=["v4", "v6"])
def test_what_sequoia_encrypts_is_accepted(profile: pysequoia.Profile) -> None:
    """PGP-q12: version 6 certificates and SEIPDv2."""
    key = pysequoia.Tsk.generate("Kenya <ke@gsp.example>", profile=profile)
    found = inspect_message(pysequoia.encrypt(TEXT, [key.extract_certificate()], armor=False))
    assert found.integrity is Integrity.SEIPD_V2  # both certificates announce it
    assert len(found.recipients) == 1


def test_what_sequoia_encrypts_to_a_real_v6_certificate_is_accepted() -> None:
    certificate = pysequoia.Cert.from_file(str(KEYS / "carol-v6-pub.asc"))
    octets = dearmor(pysequoia.encrypt(TEXT, [certificate]))
    (key_id,) = inspect_message(octets).recipients
    (theirs,) = openpgp.composed.Message.from_bytes(octets).public_key_encrypted_session_key_packets()
    assert (theirs.recipient_fingerprint or "").upper().startswith(key_id)
