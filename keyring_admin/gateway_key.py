"""The gateway's own certificate: made and kept by GnuPG, exported to the programs that need one subkey each.

The secret keys live in one GnuPG home (mode 0700, owned by the account of the gateway). The primary key only
certifies and never leaves that home; the programs receive the secret subkeys, in memory, when they start.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import gnupg

# All keys alike: an encryption subkey that ends before something renews it would stop `query@` (docs/decisions.md).
CERTIFICATE_YEARS = 3
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
    with _agent_stopped_after(home):
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
            ("cv25519", "encrypt", f"{CERTIFICATE_YEARS}y"),
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
    with _agent_stopped_after(home):
        octets = run_gpg(home, "--export-secret-subkeys", fingerprint)
    return GatewaySecret(fingerprint=fingerprint, octets=octets)


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
def _agent_stopped_after(home: Path) -> Iterator[None]:
    """No agent outlives its use: it would hold the secret keys in memory for nobody."""
    try:
        yield
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
