"""Parties and officers of the demonstration, with GnuPG keys made on the spot (no passphrase: throw-away)."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import gnupg

_GPG_CONF = "trust-model always\nno-auto-key-locate\nkeyserver-options no-auto-key-retrieve\n"


@dataclass(slots=True)
class DemoParty:
    """A Party with one officer. uid: one of its UIDs."""

    code: str
    name: str
    domain: str
    officer_name: str
    language: str
    uid: str
    home: Path
    reading_fingerprint: str = ""
    officer_fingerprint: str = ""
    password: str = field(default="", repr=False)

    @property
    def officer(self) -> str:
        """The officer's address."""
        return f"{self.officer_name}@{self.domain}"

    @property
    def gnupg(self) -> Path:
        """The officer's GnuPG home; it also holds the Party's reading key."""
        return self.home / "gnupg"

    @property
    def password_file(self) -> Path:
        """Where the officer's password is kept for the commands of the demonstration."""
        return self.home / "password"


def make_parties(folder: Path) -> list[DemoParty]:
    """Three Parties of the shipped library. The stamp formats of KE and PK are synthetic (invented for tests)."""
    return [
        DemoParty("KE", "Kenya", "customs.ke.test", "amina", "en", "KE24T00012345674", folder / "ke"),
        DemoParty("EU", "European Union", "olaf.eu.test", "bruno", "fr", "QCALLa7K2m9XqZB4c124051914", folder / "eu"),
        DemoParty("PK", "Pakistan", "fbr.pk.test", "dilawar", "en", "PKH7MQ2XW9RT4B", folder / "pk"),
    ]


def make_keys(party: DemoParty, gateway_domain: str) -> None:
    """The officer's key and the Party's reading key, as GnuPG makes them by default for Curve25519."""
    party.gnupg.mkdir(mode=0o700, parents=True)
    (party.gnupg / "gpg.conf").write_text(_GPG_CONF, encoding="ascii")
    party.officer_fingerprint = _make_key(party.gnupg, party.officer)
    party.reading_fingerprint = _make_key(party.gnupg, f"{party.code.lower()}@{gateway_domain}")


def export(party: DemoParty, fingerprint: str, file: Path) -> Path:
    """Write a certificate as a file, as it is handed to an administrator."""
    file.write_text(gnupg.GPG(gnupghome=str(party.gnupg)).export_keys(fingerprint), encoding="ascii")
    return file


def stop_agents(parties: list[DemoParty]) -> None:
    """No agent of the demonstration is left behind."""
    for party in parties:
        command = ["gpgconf", "--homedir", str(party.gnupg), "--kill", "all"]
        subprocess.run(command, check=False, capture_output=True)


def _make_key(home: Path, address: str) -> str:
    keyring = gnupg.GPG(gnupghome=str(home))
    made = keyring.gen_key(
        "%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: cert,sign\n"
        "Subkey-Type: ecdh\nSubkey-Curve: cv25519\nSubkey-Usage: encrypt\n"
        f"Name-Real: {address.partition('@')[0].title()}\nName-Email: {address}\nExpire-Date: 1y\n%commit\n"
    )
    if not made.fingerprint:
        raise RuntimeError("GnuPG did not make a key for the demonstration")
    return str(made.fingerprint)
