"""GnuPG homes and keys for the tests: made by gpg itself, without a passphrase, thrown away."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from keyring_admin.gateway_key import run_gpg

CURVE25519 = (
    "Key-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: cert,sign\n"
    "Subkey-Type: ecdh\nSubkey-Curve: cv25519\nSubkey-Usage: encrypt\n"
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key in its home. certificate: binary."""

    home: Path
    address: str
    fingerprint: str

    @property
    def certificate(self) -> bytes:
        return run_gpg(self.home, "--export", self.fingerprint)


def make_home(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def make_key(home: Path, address: str, parameters: str = CURVE25519, *, expire: str = "1y") -> Key:
    """gpg's unattended key generation; a User ID without an address for address ""."""
    make_home(home)
    user_id = f"Name-Real: Somebody\nName-Email: {address}\n" if address else "Name-Real: Nobody\n"
    before = set(fingerprints(home))
    gpg(home, "--generate-key", stdin=f"%no-protection\n{parameters}{user_id}Expire-Date: {expire}\n%commit\n".encode())
    (made,) = set(fingerprints(home)) - before
    return Key(home, address, made)


def fingerprints(home: Path) -> list[str]:
    lines = gpg(home, "--with-colons", "--list-keys").decode().splitlines()
    return [lines[index + 1].split(":")[9] for index, line in enumerate(lines) if line.startswith("pub:")]


def gpg(home: Path, *arguments: str, stdin: bytes = b"", check: bool = True) -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--yes", "--trust-model", "always"]
    command += ["--pinentry-mode", "loopback", "--passphrase", "", "--no-auto-key-locate"]
    done = subprocess.run([*command, *arguments], input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0 or not check, done.stderr.decode(errors="replace")
    return done.stdout


def stop_agent(home: Path) -> None:
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
