"""A new deployment: what `gsp init` writes, who may read it, and what the gateway's certificate promises."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpgp.composed import SignedPublicKey

from gateway.deployment import DeploymentError, make_deployment
from gateway.settings import load_settings
from gateway.state import SchemaOutdatedError, open_state
from keyring_admin.certificate_store import gateway_certificates
from keyring_admin.database import DatabaseNotDurableError, open_database
from keyring_admin.gateway_key import GatewayKeyError, export_certificate, export_secret_subkeys
from keyring_admin.openpgp.armor import ArmorKind, dearmor

from .keys import gpg, stop_agent

FOUR = {f"{local}@gsp.test" for local in ("query", "resolve", "keys", "forms")}


@pytest.fixture(scope="module")
def folder(homes: Path) -> Iterator[Path]:
    """Made by the command itself."""
    folder = homes / "deployment"
    command = [sys.executable, "-m", "gateway", "init", str(folder), "--domain", "GSP.test", "--pilot"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    yield folder
    stop_agent(folder / "gnupg")


def test_the_files_and_their_modes(folder: Path) -> None:
    names = {file.name for file in folder.iterdir()} - {"gateway.db-wal", "gateway.db-shm"}
    assert names == {"gsp.toml", "gateway.db", "gateway-certificate.asc", "library.toml", "gnupg", "tls"}
    modes = {name: (folder / name).stat().st_mode & 0o777 for name in ("gnupg", "tls/key.pem")}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert modes == {"gnupg": 0o700, "tls/key.pem": 0o600}


@pytest.mark.parametrize(
    "code", ["../../X", ".", "A/B", "C:", "K E", "ke", "K", "KENYAKENYA", "КЕ", "KE\n", "QUERY", "-o"]
)
def test_the_code_of_a_party_is_a_few_capital_letters(folder: Path, code: str) -> None:
    """SYS-04: it names a mailbox and a folder. With a control."""
    admit = [*(sys.executable, "-m", "gateway", "--config", str(folder / "gsp.toml"), "parties", "admit", "--domain")]
    done = subprocess.run([*admit, "a.test", "--", code, "Name"], capture_output=True, check=False)
    assert done.returncode != 0
    assert b"Traceback" not in done.stderr
    if code == "QUERY":
        taken = subprocess.run([*admit, "b.test", "QZ", "Name"], capture_output=True, check=False)
        assert taken.returncode == 0, taken.stderr


def test_a_careless_umask_opens_nothing(homes: Path) -> None:
    """SYS-06."""
    folder = homes / "careless"
    command = [sys.executable, "-m", "gateway", "init", str(folder), "--domain", "gsp.test", "--pilot"]
    done = subprocess.run(command, capture_output=True, umask=0, check=False)
    stop_agent(folder / "gnupg")
    assert done.returncode == 0, done.stderr
    assert folder.stat().st_mode & 0o077 == 0
    for secret in (folder / "gnupg", folder / "tls" / "key.pem", folder / "gsp.toml", folder / "gateway.db"):
        assert secret.stat().st_mode & 0o077 == 0, secret.name


def test_the_configuration_is_valid_and_marked_as_a_pilot(folder: Path) -> None:
    settings = load_settings(folder / "gsp.toml")
    assert (settings.gateway.domain, settings.gateway.pilot) == ("gsp.test", True)
    engine = open_state(settings)
    with engine.connect() as connection:
        (own,) = gateway_certificates(connection)
    engine.dispose()
    assert own.fingerprint == settings.gateway.fingerprint


def test_the_certificate_is_for_the_gateway_s_own_addresses(folder: Path) -> None:
    settings = load_settings(folder / "gsp.toml")
    certificate = export_certificate(settings.gnupg_home, settings.gateway.fingerprint)
    published = dearmor((folder / "gateway-certificate.asc").read_bytes(), ArmorKind.PUBLIC_KEY)
    assert SignedPublicKey.from_bytes(published).fingerprint.upper() == settings.gateway.fingerprint
    key = SignedPublicKey.from_bytes(certificate)
    assert {user_id.rpartition("<")[2].removesuffix(">") for user_id in key.user_ids} >= FOUR
    assert all("TEST" in user_id for user_id in key.user_ids)
    algorithms = [key.public_key_algorithm, *(each.key.public_key_algorithm for each in key.public_subkeys)]
    assert sorted(algorithms) == ["ecdh", "eddsa-legacy", "eddsa-legacy"]


def test_the_certificate_announces_seipd_version_1_only(folder: Path) -> None:
    """RFC 9580 §5.2.3.32: bit 0x01 is SEIPDv1, 0x08 is SEIPDv2; GnuPG's own AEAD is 0x02."""
    settings = load_settings(folder / "gsp.toml")
    certificate = export_certificate(settings.gnupg_home, settings.gateway.fingerprint)
    listed = gpg(settings.gnupg_home, "--list-packets", stdin=certificate)
    features = [line for line in listed.decode().splitlines() if "(features:" in line]
    assert len(features) >= len(FOUR)
    assert all("(features: 01)" in line for line in features)


def test_the_primary_key_never_leaves_its_home(folder: Path) -> None:
    settings = load_settings(folder / "gsp.toml")
    secret = export_secret_subkeys(settings.gnupg_home, settings.gateway.fingerprint)
    listed = gpg(settings.gnupg_home, "--list-packets", stdin=secret.octets).decode()
    assert listed.count("gnu-dummy") == 1
    assert "secret" not in repr(secret)
    assert str(secret.octets[:20]) not in repr(secret)


def test_no_configuration_in_the_home_changes_what_gnupg_does(folder: Path) -> None:
    """PGP-q30: one that fetches keys would be obeyed like one that asks for armor."""
    settings = load_settings(folder / "gsp.toml")
    configuration = settings.gnupg_home / "gpg.conf"
    configuration.write_text("armor\nauto-key-locate wkd\n")
    try:
        assert export_certificate(settings.gnupg_home, settings.gateway.fingerprint)[0] & 0x80, "packets"
        control = gpg(settings.gnupg_home, "--export", settings.gateway.fingerprint)
        assert control.startswith(b"-----BEGIN PGP"), "gpg itself reads it"
    finally:
        configuration.unlink()


def test_a_home_others_can_read_is_not_used(folder: Path) -> None:
    settings = load_settings(folder / "gsp.toml")
    settings.gnupg_home.chmod(0o750)
    try:
        with pytest.raises(GatewayKeyError, match="0700"):
            export_secret_subkeys(settings.gnupg_home, settings.gateway.fingerprint)
    finally:
        settings.gnupg_home.chmod(0o700)


def make(folder: Path, domain: str, *, pilot: bool) -> None:
    make_deployment(folder, domain, pilot=pilot, submission_port=10465, starttls_port=10587, imap_port=10993)


@pytest.mark.parametrize(
    ("name", "domain", "pilot", "words"),
    [
        ("full", "gsp.example.org", False, "not empty"),
        ("new", "gsp.test", False, "--pilot"),
        ("new", "nowhere", True, "expected a mail domain"),
        ("new", "a b.example.org", True, "expected a mail domain"),
    ],
)
def test_what_cannot_be_made(tmp_path: Path, name: str, domain: str, words: str, *, pilot: bool) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    with pytest.raises(DeploymentError, match=words):
        make(tmp_path / name, domain, pilot=pilot)
    assert not (tmp_path / "new").exists()


def test_a_path_too_long_for_gnupg_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(GatewayKeyError, match="80 characters"):
        make(tmp_path / ("x" * 90), "gsp.test", pilot=True)


def test_a_database_of_another_version_or_a_broken_one_is_not_opened(folder: Path, tmp_path: Path) -> None:
    """REL-17."""
    text = (folder / "gsp.toml").read_text().replace("[gateway]", '[database]\nurl = "sqlite:///x.db"\n\n[gateway]', 1)
    (tmp_path / "gsp.toml").write_text(text)
    settings = load_settings(tmp_path / "gsp.toml")
    with pytest.raises(SchemaOutdatedError, match="gsp upgrade"):
        open_state(settings)


def test_a_database_that_is_not_durable_is_refused() -> None:
    with pytest.raises(DatabaseNotDurableError):
        open_database("sqlite:///:memory:")
