"""A gateway's key and an officer's, made once a process."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from keyring_admin.gateway_key import (
    GatewaySecret,
    create_gateway_certificate,
    export_certificate,
    export_secret_subkeys,
    run_gpg,
)


@dataclass(frozen=True, slots=True)
class Keys:
    """secret: the gateway's. home: the officer's GnuPG home. officer, certificate: fingerprint and octets."""

    secret: GatewaySecret
    home: Path
    officer: str
    certificate: bytes

    def seal(self, octets: bytes, *options: str) -> bytes:
        """Signed by the officer, encrypted to the gateway, by GnuPG."""
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", "--trust-model", "always", *options]
        command += ["--local-user", self.officer, "--sign", "--encrypt", "--recipient", self.secret.fingerprint]
        return subprocess.run(command, input=octets, capture_output=True, check=True).stdout


@pytest.fixture(scope="session")
def keys() -> Iterator[Keys]:
    folder = Path(tempfile.mkdtemp(prefix="gspz-", dir="/tmp"))
    gateway, home = folder / "gateway", folder / "officer"
    home.mkdir(mode=0o700)
    fingerprint = create_gateway_certificate(gateway, ["query@gsp.test"], label="GSP")
    certificate = export_certificate(gateway, fingerprint)
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet"]
    subprocess.run([*command, "--import"], input=certificate, capture_output=True, check=True)
    parameters = (
        "%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: cert,sign\n"
        "Name-Email: alice@ke.test\nExpire-Date: 1y\n%commit\n"
    )
    subprocess.run([*command, "--generate-key"], input=parameters.encode(), capture_output=True, check=True)
    listed = run_gpg(home, "--with-colons", "--list-secret-keys").decode().splitlines()
    officer = next(line.split(":")[9] for line in listed if line.startswith("fpr:"))
    yield Keys(export_secret_subkeys(gateway, fingerprint), home, officer, run_gpg(home, "--export", officer))
    for each in (gateway, home):
        subprocess.run(["gpgconf", "--homedir", str(each), "--kill", "all"], check=False, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)
