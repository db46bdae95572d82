"""People with keys, made by gpg itself, and what they do with them: certify, sign trust, revoke, renew.

Each person has a GnuPG home. What somebody does to another's certificate comes back as octets; the other's own home
stays as it was, so a person may be shared by tests that do not revoke or renew.
`at` is the moment gpg believes it is: GnuPG ignores a revocation in the same second as the certification.
"""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ED25519 = "Key-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: cert,sign\n"
CV25519 = "Subkey-Type: ecdh\nSubkey-Curve: cv25519\nSubkey-Usage: encrypt\n"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a key in a home of their own."""

    home: Path
    address: str
    fingerprint: str

    @property
    def certificate(self) -> bytes:
        """Binary."""
        return gpg(self.home, "--export", self.fingerprint)

    @property
    def armored(self) -> bytes:
        return gpg(self.home, "--armor", "--export", self.fingerprint)

    @property
    def secret(self) -> bytes:
        """The transferable secret key, unprotected."""
        return gpg(self.home, "--export-secret-keys", self.fingerprint)

    def sign(self, octets: bytes, *options: str, at: datetime | None = None) -> bytes:
        """As a person does: gpg --armor --sign."""
        return gpg(
            self.home, *(options or ("--armor",)), "--local-user", self.fingerprint, "--sign", stdin=octets, at=at
        )

    def detach_sign(self, octets: bytes, *, at: datetime | None = None) -> bytes:
        return gpg(self.home, "--local-user", self.fingerprint, "--detach-sign", stdin=octets, at=at)

    def decrypt(self, octets: bytes) -> bytes:
        return gpg(self.home, "--decrypt", stdin=octets)

    def know(self, certificate: bytes) -> None:
        """Have exactly this copy of somebody's certificate in the home."""
        gpg(self.home, "--delete-keys", fingerprint_of(certificate), check=False)
        gpg(self.home, "--import", stdin=certificate)


def make_person(
    home: Path,
    user_id: str,
    *,
    expire: str = "1y",
    primary: str = ED25519,
    subkey: str = CV25519,
    options: tuple[str, ...] = (),
    at: datetime | None = None,
) -> Person:
    """A fresh key for `Name <address>`. expire: as gpg takes it: 1y, 0, seconds=5. subkey: "" for none."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    name, _, rest = user_id.partition(" <")
    address = rest.removesuffix(">")
    lines = f"Name-Real: {name}\n" + (f"Name-Email: {address}\n" if address else "")
    parameters = f"%no-protection\n{primary}{subkey}{lines}Expire-Date: {expire}\n%commit\n"
    before = fingerprints(home)
    gpg(home, *options, "--generate-key", stdin=parameters.encode(), at=at)
    (made,) = fingerprints(home) - before
    return Person(home, address, made)


def certify(
    signer: Person,
    certificate: bytes,
    *user_ids: str,
    expire: str = "0",
    options: tuple[str, ...] = (),
    at: datetime | None = None,
) -> bytes:
    """What an administrator does: gpg --quick-sign-key. The certificate with the certification, binary."""
    signer.know(certificate)
    target = fingerprint_of(certificate)
    force = ("--force-sign-key",)
    act = ("--quick-sign-key", target, *user_ids)
    gpg(signer.home, *options, *force, "--default-cert-expire", expire, "--local-user", signer.fingerprint, *act, at=at)
    return gpg(signer.home, "--export", target)


def tsign(
    signer: Person,
    certificate: bytes,
    domain: str,
    *,
    depth: int = 1,
    full: bool = True,
    expire: str = "0",
    options: tuple[str, ...] = (),
    at: datetime | None = None,
) -> bytes:
    """What the root does: a trust signature; domain "" for none. The certificate with the signature, binary."""
    signer.know(certificate)
    target = fingerprint_of(certificate)
    answers = f"{'2' if full else '1'}\n{depth}\n{domain}\ny\nsave\n"
    uids = gpg(signer.home, "--with-colons", "--list-keys", target).count(b"\nuid:")
    dialogue = ("y\n" if uids > 1 else "") + answers
    gpg(
        signer.home,
        *options,
        *("--force-sign-key", "--no-tty", "--command-fd", "0", "--default-cert-expire", expire),
        *("--local-user", signer.fingerprint, "--edit-key", target, "tsign"),
        stdin=dialogue.encode(),
        batch=False,
        at=at,
    )
    return gpg(signer.home, "--export", target)


def revoke_certification(signer: Person, certificate: bytes, user_id: str = "", *, at: datetime | None = None) -> bytes:
    """The certificate with the signer's revocation of what it certified. user_id: all of it if not given."""
    signer.know(certificate)
    target = fingerprint_of(certificate)
    chosen = (user_id,) if user_id else ()
    gpg(signer.home, "--quick-revoke-sig", target, signer.fingerprint, *chosen, at=at)
    return gpg(signer.home, "--export", target)


def revoke(person: Person, *, reason: int = 0, at: datetime | None = None) -> bytes:
    """Revoke the person's own certificate. reason: 0 none, 1 compromised, 2 superseded, 3 no longer used."""
    made = gpg(
        person.home,
        *("--no-tty", "--command-fd", "0", "--armor", "--gen-revoke", person.fingerprint),
        stdin=f"y\n{reason}\n\ny\n".encode(),
        batch=False,
        at=at,
    )
    gpg(person.home, "--import", stdin=made)
    return person.certificate


def renew(person: Person, expire: str = "2y", *, at: datetime | None = None) -> bytes:
    """A new expiry for the key and all its subkeys: the same certificate with new self-signatures."""
    gpg(person.home, "--quick-set-expire", person.fingerprint, expire, at=at)
    listed = gpg(person.home, "--with-colons", "--list-keys", person.fingerprint).decode().splitlines()
    subkeys = [listed[number + 1].split(":")[9] for number, line in enumerate(listed) if line.startswith("sub:")]
    gpg(person.home, "--quick-set-expire", person.fingerprint, expire, *subkeys, at=at)
    return person.certificate


def fingerprints(home: Path) -> set[str]:
    """Of all certificates in a home."""
    lines = gpg(home, "--with-colons", "--list-keys").decode().splitlines()
    return {lines[index + 1].split(":")[9] for index, line in enumerate(lines) if line.startswith("pub:")}


def fingerprint_of(certificate: bytes) -> str:
    """Of the one certificate in some octets."""
    shown = gpg(Path("/nonexistent"), "--with-colons", "--show-keys", stdin=certificate, check=False)
    return next(line.split(":")[9] for line in shown.decode().splitlines() if line.startswith("fpr:"))


def gpg(
    home: Path,
    *arguments: str,
    stdin: bytes = b"",
    check: bool = True,
    batch: bool = True,
    at: datetime | None = None,
) -> bytes:
    """Run gpg once; return what it printed. at: what it believes the time is."""
    command = ["gpg", "--homedir", str(home), "--no-options", "--quiet", "--yes", "--trust-model", "always"]
    command += ["--no-auto-key-locate", "--pinentry-mode", "loopback", "--no-auto-check-trustdb"]
    command += ["--batch", "--passphrase", ""] if batch else ["--no-batch"]
    if at is not None:
        command += ["--faked-system-time", at.astimezone(UTC).strftime("%Y%m%dT%H%M%S") + "!", "--ignore-time-conflict"]
    done = subprocess.run([*command, *arguments], input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0 or not check, done.stderr.decode(errors="replace")
    return done.stdout


def stop_agent(home: Path) -> None:
    """No agent outlives its home."""
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
