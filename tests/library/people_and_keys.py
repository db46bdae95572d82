"""Keys of everybody who signs, made by gpg itself; forms and statements as they sign them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from forms.entries import Entry, compose
from forms.form import Form
from forms.pack import core_shelf
from forms.uids import encode_uid

_KEY = (
    "%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: cert,sign\n"
    "Subkey-Type: ecdh\nSubkey-Curve: cv25519\nSubkey-Usage: encrypt\n"
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key in its home."""

    home: Path
    address: str
    fingerprint: str

    @property
    def certificate(self) -> bytes:
        return gpg(self.home, "--export", self.fingerprint)

    def sign(self, octets: bytes, *options: str) -> bytes:
        """As a person does: gpg --armor --sign."""
        return gpg(self.home, *(options or ("--armor",)), "--local-user", self.fingerprint, "--sign", stdin=octets)

    def detach_sign(self, octets: bytes) -> bytes:
        return gpg(self.home, "--local-user", self.fingerprint, "--detach-sign", stdin=octets)


def make_key(home: Path, name: str, address: str, *, expires: str = "1y") -> Key:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    parameters = f"{_KEY}Name-Real: {name}\nName-Email: {address}\nExpire-Date: {expires}\n%commit\n"
    before = fingerprints(home)
    gpg(home, "--generate-key", stdin=parameters.encode())
    (made,) = fingerprints(home) - before
    return Key(home, address, made)


def fingerprints(home: Path) -> set[str]:
    lines = gpg(home, "--with-colons", "--list-keys").decode().splitlines()
    return {lines[index + 1].split(":")[9] for index, line in enumerate(lines) if line.startswith("pub:")}


def gpg(home: Path, *arguments: str, stdin: bytes = b"", check: bool = True) -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--yes", "--trust-model", "always"]
    done = subprocess.run([*command, *arguments], input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0 or not check, done.stderr.decode(errors="replace")
    return done.stdout


def stop_agent(home: Path) -> None:
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One pattern of a declaration, with what a test changes."""

    id: str
    expression: str
    example: str
    counter_example: str = "X"
    change: str = "declare"
    lengths: tuple[int, int] | None = None
    characters: str = "alphanumeric"
    check: str = "none"
    issuer: str = ""
    description: str = ""


def declaration(*stamps: Stamp, remarks: str = "") -> Form:
    """The form pattern-declaration."""
    entries = [Entry("authority", "Customs"), Entry("submitted-by", "A. Officer")]
    for number, stamp in enumerate(stamps, 1):
        low, high = stamp.lengths or (len(stamp.example), len(stamp.example))
        values = {
            "id": stamp.id,
            "change": stamp.change,
            "level": "unit",
            "form": "other",
            "expression": stamp.expression,
            "minimum-length": str(low),
            "maximum-length": str(high),
            "character-set": stamp.characters,
            "check-rule": stamp.check,
            "valid-from": "2026-01-01",
            "example[1]": encode_uid(stamp.example.encode()),
            "counter-example[1]": encode_uid(stamp.counter_example.encode()),
        }
        values |= {"issuer": stamp.issuer} if stamp.issuer else {}
        values |= {"description": stamp.description} if stamp.description else {}
        entries += [Entry(f"pattern[{number}]/{name}", value) for name, value in values.items()]
    if remarks:
        entries.append(Entry("remarks", remarks))
    return compose(core_shelf().pack("pattern-declaration", "1"), "en", entries)
