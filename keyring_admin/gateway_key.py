"""The gateway's own certificate: made and kept by GnuPG, exported to the programs that need one subkey each.

The secret keys live in one GnuPG home (mode 0700, owned by the account of the gateway). The primary key only
certifies and never leaves that home; the programs receive the secret subkeys, in memory, when they start.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import gnupg

from keyring_admin.gnupg_writer import keyring_locked

CERTIFICATE_YEARS = 3
# DESIGN §4: the encryption subkey rotates monthly and overlaps 30 days; then its secret is destroyed.
ROTATION = timedelta(days=30)
OVERLAP = timedelta(days=30)
SOCKET_HOME_LIMIT = 80  # GnuPG puts its agent's socket into the home: 108 octets of sun_path less the name


class GatewayKeyError(RuntimeError):
    """GnuPG could not make or hand out the gateway's key. The text is constant; GnuPG's own text is not repeated."""


@dataclass(frozen=True, slots=True)
class GatewaySecret:
    """The gateway's secret subkeys as an unprotected transferable secret key, without the primary's secret."""

    fingerprint: str
    octets: bytes = field(repr=False)


def create_gateway_certificate(home: Path, addresses: Sequence[str], *, label: str) -> str:
    """Make the gateway's certificate with a User ID `label <address>` for each address; return its fingerprint.

    home: GnuPG home folder, made with mode 0700; at most 80 characters long. Raises GatewayKeyError.
    """
    if len(str(home.absolute())) > SOCKET_HOME_LIMIT:
        raise GatewayKeyError("the path of the GnuPG home is longer than 80 characters: choose a shorter folder")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _own_agent(home):
        keyring = gnupg.GPG(gnupghome=str(home))
        first, *others = addresses
        made = keyring.gen_key(
            "%no-protection\n"
            "Key-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: cert\n"
            f"Name-Real: {label}\nName-Email: {first}\nExpire-Date: {CERTIFICATE_YEARS}y\n"
            "%commit\n"
        )
        fingerprint = str(made.fingerprint or "")
        if not fingerprint:
            raise GatewayKeyError("GnuPG did not make the gateway's key")
        for algorithm, usage, expire in (
            ("ed25519", "sign", f"{CERTIFICATE_YEARS}y"),
            ("cv25519", "encrypt", _encryption_life()),
        ):
            added = keyring.add_subkey(
                fingerprint, master_passphrase="", algorithm=algorithm, usage=usage, expire=expire
            )
            if added.status != "ok":
                raise GatewayKeyError("GnuPG did not make a subkey of the gateway's key")
        for address in others:
            run_gpg(home, "--quick-add-uid", fingerprint, f"{label} <{address}>")
    return fingerprint


def export_certificate(home: Path, fingerprint: str) -> bytes:
    """The gateway's certificate, binary."""
    return run_gpg(home, "--export", fingerprint)


def export_secret_subkeys(home: Path, fingerprint: str) -> GatewaySecret:
    """The secret subkeys, for a program that opens slips or signs seals. Raises GatewayKeyError."""
    if home.stat().st_mode & 0o077:
        raise GatewayKeyError("the GnuPG home of the gateway must have mode 0700")  # security case KEY-13
    with _own_agent(home):
        octets = run_gpg(home, "--export-secret-subkeys", fingerprint)
    return GatewaySecret(fingerprint=fingerprint, octets=octets)


@dataclass(frozen=True, slots=True)
class EncryptionSubkey:
    """One encryption subkey of the gateway. fingerprint, keygrip: upper-case hex. secret: whether it is still there."""

    fingerprint: str
    keygrip: str
    created_at: datetime
    expires_at: datetime
    secret: bool

    def due_at(self) -> datetime:
        """When its successor is to be made."""
        return self.created_at + ROTATION


def encryption_subkeys(home: Path, fingerprint: str) -> list[EncryptionSubkey]:
    """All there ever were, the oldest first. Raises GatewayKeyError."""
    with _own_agent(home):
        listing = run_gpg(home, "--list-secret-keys", "--with-colons", "--with-keygrip", fingerprint)
    found: list[EncryptionSubkey] = []
    subkey: list[str] = []
    fingerprint_of = ""
    for line in listing.decode("ascii", "replace").splitlines():
        record = line.split(":")  # GnuPG doc/DETAILS, "Format of the colon listings"
        if record[0] in {"sec", "ssb"}:
            subkey = record if record[0] == "ssb" and "e" in record[11] else []
        elif record[0] == "fpr":
            fingerprint_of = record[9]
        elif record[0] == "grp" and subkey:
            created, expires = (datetime.fromtimestamp(int(subkey[field]), UTC) for field in (5, 6))
            found.append(EncryptionSubkey(fingerprint_of, record[9], created, expires, secret=subkey[14] != "#"))
    return sorted(found, key=lambda each: each.created_at)


def add_encryption_subkey(home: Path, fingerprint: str) -> None:
    """Make the next encryption subkey: in use for a month, and for the overlap. Raises GatewayKeyError."""
    with _own_agent(home):
        run_gpg(home, "--quick-add-key", fingerprint, "cv25519", "encrypt", _encryption_life())


def destroy_secret(home: Path, subkey: EncryptionSubkey) -> None:
    """Overwrite and remove the secret of a subkey, so that nothing encrypted to it can be opened any more.

    What a file system or a disk keeps elsewhere (journal, snapshot, worn cells, backups) is not reached.
    """
    if not subkey.keygrip.isalnum():
        raise GatewayKeyError("GnuPG named a keygrip that is none")
    file = home / "private-keys-v1.d" / f"{subkey.keygrip}.key"
    with _own_agent(home):
        try:
            with file.open("r+b") as secret:
                secret.write(bytes(file.stat().st_size))
                secret.flush()
                os.fsync(secret.fileno())
            file.unlink()
        except FileNotFoundError:
            return  # somebody else was quicker
        except OSError:
            raise GatewayKeyError("the secret of an old subkey could not be removed") from None


def extend_certificate(home: Path, fingerprint: str) -> None:
    """Let the certificate and its signing subkey live CERTIFICATE_YEARS from now. Raises GatewayKeyError."""
    with _own_agent(home):
        run_gpg(home, "--quick-set-expire", fingerprint, f"{CERTIFICATE_YEARS}y")
        for record in _subkeys_that_sign(home, fingerprint):
            run_gpg(home, "--quick-set-expire", fingerprint, f"{CERTIFICATE_YEARS}y", record)


def _subkeys_that_sign(home: Path, fingerprint: str) -> list[str]:
    found, signs = [], False
    for line in run_gpg(home, "--list-keys", "--with-colons", fingerprint).decode("ascii", "replace").splitlines():
        record = line.split(":")
        if record[0] in {"pub", "sub"}:
            signs = record[0] == "sub" and "s" in record[11]
        elif record[0] == "fpr" and signs:
            found.append(record[9])
    return found


def _encryption_life() -> str:
    return f"{(ROTATION + OVERLAP).days}d"


def run_gpg(home: Path, *arguments: str) -> bytes:
    """Run gpg once on this home without a passphrase; return what it printed. Raises GatewayKeyError."""
    command = ["gpg", "--homedir", str(home), "--no-options", "--batch", "--yes", "--quiet"]
    command += [
        "--pinentry-mode",
        "loopback",
        "--passphrase",
        "",
        "--no-auto-key-locate",
        "--trust-model",
        "always",
    ]
    try:
        done = subprocess.run([*command, *arguments], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        raise GatewayKeyError("gpg could not be run: is the package gnupg installed?") from None
    if done.returncode != 0 or (arguments[0].startswith("--export") and not done.stdout):
        raise GatewayKeyError(f"gpg {arguments[0]} failed on the gateway's GnuPG home")
    return done.stdout


@contextmanager
def _own_agent(home: Path) -> Iterator[None]:
    """The home for this program alone, with an agent that does not outlive its use.

    A second program would have its agent stopped under its hands; and one that stays would hold the secret keys in
    memory for nobody.
    """
    with keyring_locked(home):
        try:
            yield
        finally:
            subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
