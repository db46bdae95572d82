"""What GnuPG is never given by officers' tools: a part of a name, an option, or the choice of a weak cipher."""

import re
import subprocess

import pytest

from gateway.officer.keyring import OfficerKeyring
from gateway.officer.problem import OfficerProblemError

from .conftest import Homes
from .people import gpg, make_person

NAMES = ("alice@customs.ke.test", "customs.ke.test", "alic", "--output", "-", "", "{short}", "{long}", "{lower}")


@pytest.mark.parametrize("name", NAMES)
def test_only_a_full_fingerprint_names_a_certificate(homes: Homes, name: str) -> None:
    """KEY-29, KEY-31, KEY-32: gpg itself takes a part of a name, and export once wrote to a file."""
    person = make_person(homes.new(), "Alice <alice@customs.ke.test>")
    full, keyring = person.fingerprint, OfficerKeyring(person.home)
    wrong = name.format(short=full[-8:], long=full[-16:], lower=full.lower())
    with pytest.raises(OfficerProblemError):
        keyring.certificate(wrong)
    with pytest.raises(OfficerProblemError):
        keyring.sign_and_encrypt(b"x", signer=full, recipients=[wrong])
    with pytest.raises(OfficerProblemError):
        keyring.sign_and_encrypt(b"x", signer=wrong, recipients=[full])
    assert keyring.certificate(full) is not None


def test_a_certificate_that_asks_for_a_weak_cipher_gets_aes(homes: Homes) -> None:
    """KEY-19: 3DES in the preferences, no feature announced."""
    person = make_person(homes.new(), "Alice <alice@customs.ke.test>")
    asked = b"setpref 3DES SHA1 ZIP no-mdc\ny\nsave\n"
    command = ("--no-tty", "--command-fd", "0", "--edit-key", person.fingerprint)
    gpg(person.home, *command, stdin=asked, batch=False)
    octets = OfficerKeyring(person.home).sign_and_encrypt(
        b"x", signer=person.fingerprint, recipients=[person.fingerprint]
    )
    told = subprocess.run(
        ["gpg", "--homedir", str(person.home), "--batch", "--status-fd", "2", "--decrypt"],
        input=octets,
        capture_output=True,
        check=True,
    ).stderr
    # doc/DETAILS: method of integrity protection 2 (MDC), cipher 9 (AES-256)
    assert re.search(rb"DECRYPTION_INFO 2 9\b", told), told
