"""Requests for certification: out as a file, signed by GnuPG elsewhere, back as a certificate."""

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.certificate_maker import make_certificate, make_key
from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.certificates import bring_certificate
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.certificate_store import Purpose
from keyring_admin.chain.certifying import certify, signatures_for
from keyring_admin.chain.requesting import request_for
from keyring_admin.chain.requests import RequestKind, read_request, write_request
from keyring_admin.chain_state import ChainState
from keyring_admin.directory_error import DirectoryError
from keyring_admin.gnupg_writer import keyring_locked

from ..conftest import Homes
from ..people import Person, fingerprints, gpg, make_person
from .conftest import NOW, Directory

RULES = DirectoryRules(gateway_domain="gsp.test", special_use_domains=True)
ALICE = "alice@customs.ke.test"


def test_the_whole_way_from_the_root_to_an_officer_and_a_mailbox(directory: Directory, homes: Homes) -> None:
    administrator = make_person(homes.new(), "Wanjiru O'Kane: KE <wanjiru@customs.ke.test>")
    gpg(administrator.home, "--quick-add-uid", administrator.fingerprint, "Wanjiru <w@elsewhere.test>")
    alice = make_person(homes.new(), "Älice <alice@customs.ke.test>")
    kenya = make_person(homes.new(), "Kenya <ke@gsp.test>")
    own = directory.admit(administrator.certificate, administrator.address)
    directory.appoint(administrator.address, "customs.ke.test", "coast.ke.test")
    officer = directory.admit(alice.certificate, ALICE)
    reading = directory.admit(kenya.certificate, "ke@gsp.test", purpose=Purpose.READING)
    directory.derive()
    for address, certifiers, states in (
        (administrator.address, [directory.root], [ChainState.IN_FORCE]),
        (ALICE, [administrator], [ChainState.IN_FORCE]),
        ("ke@gsp.test", [administrator, directory.root], [ChainState.NOT_CERTIFIED_BY_ROOT, ChainState.IN_FORCE]),
    ):
        written = write_request(request_for(directory.connection, address, rules=RULES, now=NOW))
        for certifier, state in zip(certifiers, states, strict=True):
            certified = certify(certifier.home, certifier.fingerprint, read_request(written), expire="1y")
            brought = bring_certificate(directory.connection, CUSTODIAN, certified, rules=RULES, now=soon())
            assert [each.after for each in brought.access] == [state]
    assert directory.certificate(own).chain is ChainState.IN_FORCE
    assert {directory.certificate(each).chain for each in (officer, reading)} == {ChainState.IN_FORCE}


def soon() -> datetime:
    """The keys and signatures of this test are made now."""
    return datetime.now(UTC) + timedelta(seconds=2)


def test_a_request_says_who_may_certify_and_what(directory: Directory, admin_ke: Person, alice: Person) -> None:
    directory.admit(alice.certificate, ALICE)
    request = request_for(directory.connection, ALICE, rules=RULES, now=NOW)
    assert (request.kind, request.certifiers) == (RequestKind.OFFICER, (admin_ke.fingerprint,))
    assert request_for(directory.connection, admin_ke.address, rules=RULES, now=NOW).domains == ("customs.ke.test",)
    text = write_request(request).decode()
    assert " ".join(alice.fingerprint[start : start + 4] for start in range(0, 40, 4)) in text
    assert f"--quick-sign-key {alice.fingerprint} 'Alice <{ALICE}>'" in text
    with pytest.raises(DirectoryError, match="other certifiers"):
        signatures_for(request, directory.root.fingerprint)


def test_a_changed_request_is_refused(directory: Directory, alice: Person, admin_ke: Person) -> None:
    directory.admit(alice.certificate, ALICE)
    request = request_for(directory.connection, ALICE, rules=RULES, now=NOW)
    good = write_request(request)
    assert read_request(good) == request
    for octets in (
        good.replace(alice.fingerprint.encode(), admin_ke.fingerprint.encode()),
        good.replace(b'"Alice <', b'"Eve <'),
        good.replace(b"format = 1", b"format = 2"),
        good.replace(b'kind = "officer"', b'kind = "emperor"'),
        write_request(replace(request, octets=admin_ke.certificate)),
        b"",
        alice.armored,
    ):
        with pytest.raises(DirectoryError, match="not a request"):
            read_request(octets)


def test_without_the_secret_key_nothing_is_signed(
    directory: Directory, alice: Person, admin_ke: Person, homes: Homes
) -> None:
    directory.admit(alice.certificate, ALICE)
    request = request_for(directory.connection, ALICE, rules=RULES, now=NOW)
    with pytest.raises(DirectoryError, match="no signature"):
        certify(homes.new(), admin_ke.fingerprint, request, expire="1y")


def _import(home: Path, octets: bytes) -> None:
    with keyring_locked(home):
        gpg(home, "--import", stdin=octets)


def test_concurrent_writers_of_one_home_lose_nothing(homes: Homes) -> None:
    home = homes.new()
    made = [make_certificate(make_key(1_790_000_000), f"N <n{n}@c.test>".encode()) for n in range(24)]
    processes = multiprocessing.get_context("fork")
    with processes.Pool(6) as pool:
        pool.starmap(_import, [(home, octets) for octets in made], chunksize=1)
    assert len(fingerprints(home)) == len(made)


def _hold_and_die(home: Path) -> None:
    with keyring_locked(home):
        os._exit(1)


def test_the_lock_of_a_dead_writer_is_free(homes: Homes, someone: Callable[[str], Person]) -> None:
    home = homes.new()
    process = multiprocessing.get_context("fork").Process(target=_hold_and_die, args=(home,))
    process.start()
    process.join(30)
    assert process.exitcode == 1
    _import(home, someone("Alice <alice@customs.ke.test>").certificate)
    assert len(fingerprints(home)) == 1
