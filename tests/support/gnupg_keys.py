"""GnuPG homes and keys for the tests: made by gpg itself, without a passphrase, thrown away."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

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
        return gpg(self.home, "--export", self.fingerprint)

    @property
    def armored_certificate(self) -> bytes:
        return gpg(self.home, "--armor", "--export", self.fingerprint)

    def sign(self, octets: bytes, *options: str) -> bytes:
        """As a person does: gpg --armor --sign."""
        return gpg(self.home, *(options or ("--armor",)), "--local-user", self.fingerprint, "--sign", stdin=octets)

    def detach_sign(self, octets: bytes) -> bytes:
        return gpg(self.home, "--local-user", self.fingerprint, "--detach-sign", stdin=octets)


def make_key(home: Path, address: str, *, name: str = "Somebody", expires: str = "1y") -> Key:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    user_id = f"Name-Real: {name}\nName-Email: {address}\n"
    before = fingerprints(home)
    gpg(
        home, "--generate-key", stdin=f"%no-protection\n{CURVE25519}{user_id}Expire-Date: {expires}\n%commit\n".encode()
    )
    (made,) = fingerprints(home) - before
    return Key(home, address, made)


def fingerprints(home: Path) -> set[str]:
    lines = gpg(home, "--with-colons", "--list-keys").decode().splitlines()
    return {lines[index + 1].split(":")[9] for index, line in enumerate(lines) if line.startswith("pub:")}


def certify(home: Path, certifier: Key, subject: Key) -> None:
    """A certification by another key, as an administrator makes it."""
    gpg(home, "--local-user", certifier.fingerprint, "--quick-sign-key", subject.fingerprint)


def seal(author: Key, recipients: list[str], octets: bytes, *options: str, sign: bool = True) -> bytes:
    """Binary: signed by the author, encrypted to fingerprints in the author's home."""
    signing = ("--sign", "--local-user", author.fingerprint) if sign else ()
    to = [word for recipient in recipients for word in ("--recipient", recipient)]
    return gpg(author.home, *options, *signing, "--encrypt", *to, stdin=octets)


def gpg(home: Path, *arguments: str, stdin: bytes = b"", check: bool = True) -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--yes", "--trust-model", "always"]
    command += ["--pinentry-mode", "loopback", "--passphrase", "", "--no-auto-key-locate"]
    done = subprocess.run([*command, *arguments], input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0 or not check, done.stderr.decode(errors="replace")
    return done.stdout


def stop_agent(home: Path) -> None:
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
