"""Which signatures in certificates verify, as GnuPG tells: one run for many certificates, nothing remembered.

Certifications by others can't be verified by the in-process libraries, so GnuPG does. It decides only that: what a
signature means is decided in keyring_admin/chain. Its cache of checked signatures is not asked, its own opinion of
validity is not read, it looks nothing up, and moments are compared by ourselves.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_TIMEOUT_SECONDS = 300
_OPTIONS = (
    *("--no-options", "--batch", "--no-tty", "--quiet", "--no-default-keyring", "--no-auto-key-locate"),
    *("--disable-dirmngr", "--trust-model", "always", "--no-auto-check-trustdb", "--ignore-time-conflict"),
    *("--no-sig-cache", "--with-colons", "--fixed-list-mode"),
    *("--list-options", "show-sig-subpackets,show-unusable-uids,show-unusable-subkeys"),
)
_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")
_PERCENT = re.compile(rb"%([0-9a-fA-F]{2})")


class GnuPGError(RuntimeError):
    """gpg could not be run. The text is constant."""


@dataclass(frozen=True, slots=True)
class Subpacket:
    """One signature subpacket that is signed itself. kind: RFC 9580 §5.2.3.7."""

    kind: int
    critical: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class ListedSignature:
    """One signature. issuer: 64-bit key ID. signature_class: RFC 9580 §5.2.1.

    subpackets: of the hashed area; of the other, only embedded signatures, which stand for themselves.
    """

    verified: bool
    issuer: str
    created: datetime
    signature_class: int
    hash_algorithm: int
    subpackets: tuple[Subpacket, ...]

    def contents(self, kind: int) -> tuple[bytes, ...]:
        """Of all subpackets of this kind."""
        return tuple(subpacket.content for subpacket in self.subpackets if subpacket.kind == kind)


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A primary key or subkey. validity and capabilities: letters of GnuPG's doc/DETAILS, fields 2 and 12."""

    key_id: str
    fingerprint: str
    validity: str
    algorithm: int
    created: datetime
    expires_at: datetime | None
    capabilities: str
    signatures: tuple[ListedSignature, ...]


@dataclass(frozen=True, slots=True)
class ListedUserId:
    """A User ID as its octets. validity: a letter of doc/DETAILS, field 2."""

    octets: bytes
    validity: str
    signatures: tuple[ListedSignature, ...]


@dataclass(frozen=True, slots=True)
class ListedCertificate:
    """keys[0] is the primary key; its signatures are on the key itself: revocations and direct ones."""

    keys: tuple[ListedKey, ...]
    user_ids: tuple[ListedUserId, ...]

    @property
    def fingerprint(self) -> str:
        """Of the primary key, upper-case hex."""
        return self.keys[0].fingerprint


def list_certificates(
    certificates: Sequence[bytes], issuers: Sequence[bytes] = (), *, gpg: str = "gpg"
) -> Mapping[str, ListedCertificate]:
    """List certificates (binary, of version 4, as keyring_admin.certificate_packets leaves them) by fingerprint.

    issuers: certificates whose signatures on others are verified too. One that GnuPG can't read is missing from the
    answer, and takes no other with it. Raises GnuPGError.
    """
    listed = _run((*issuers, *certificates), gpg)  # of two keys with one key ID, GnuPG takes the first
    if len(listed) < len(issuers) + len(certificates) and len(certificates) > 1:
        middle = len(certificates) // 2
        first = list_certificates(certificates[:middle], issuers, gpg=gpg)
        return {**first, **list_certificates(certificates[middle:], issuers, gpg=gpg)}
    return {each.fingerprint: each for each in listed}


def _run(certificates: Sequence[bytes], gpg: str) -> list[ListedCertificate]:
    with tempfile.TemporaryDirectory(prefix="gsp-", ignore_cleanup_errors=True) as home:
        keyring = Path(home) / "certificates.gpg"
        keyring.write_bytes(b"".join(certificates))
        command = [gpg, "--homedir", home, *_OPTIONS, "--keyring", str(keyring), "--check-sigs"]
        try:
            done = subprocess.run(
                command, capture_output=True, check=False, timeout=_TIMEOUT_SECONDS, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired):
            raise GnuPGError("gpg could not be run: is the package gnupg installed?") from None
    return parse_listing(done.stdout)


@dataclass(slots=True)
class _Part:
    """A key or User ID while its signatures are read."""

    kind: bytes
    fields: list[bytes]
    fingerprint: str
    signatures: list[tuple[list[bytes], list[Subpacket]]]


def parse_listing(output: bytes) -> list[ListedCertificate]:
    """What `gpg --with-colons --check-sigs` printed (GnuPG doc/DETAILS)."""
    certificates: list[list[_Part]] = []
    in_attribute = False
    for line in output.splitlines():
        fields = line.split(b":")
        kind = fields[0]
        if kind == b"pub":
            certificates.append([])
        if kind in {b"pub", b"sub", b"uid"} and certificates:
            certificates[-1].append(_Part(kind, fields, "", []))
            in_attribute = False
        elif kind == b"uat":
            in_attribute = True
        elif in_attribute or not certificates:
            continue
        elif kind == b"fpr":
            certificates[-1][-1].fingerprint = fields[9].decode("ascii")
        elif kind in {b"sig", b"rev"}:
            certificates[-1][-1].signatures.append((fields, []))
        elif kind == b"spk" and certificates[-1][-1].signatures and (int(fields[2]) & 1 or fields[1] == b"32"):
            # Flags: 1 is in the hashed area, 2 is critical.
            content = _PERCENT.sub(lambda found: bytes([int(found[1], 16)]), b":".join(fields[4:]))
            subpacket = Subpacket(int(fields[1]), bool(int(fields[2]) & 2), content)
            certificates[-1][-1].signatures[-1][1].append(subpacket)
    return [_certificate(parts) for parts in certificates]


def _certificate(parts: Sequence[_Part]) -> ListedCertificate:
    keys = tuple(_key(part) for part in parts if part.kind != b"uid")
    user_ids = tuple(
        ListedUserId(
            octets=_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), part.fields[9]),
            validity=part.fields[1].decode("ascii"),
            signatures=tuple(_signatures(part)),
        )
        for part in parts
        if part.kind == b"uid"
    )
    return ListedCertificate(keys, user_ids)


def _key(part: _Part) -> ListedKey:
    fields = part.fields
    return ListedKey(
        key_id=fields[4].decode("ascii").upper(),
        fingerprint=part.fingerprint.upper(),
        validity=fields[1].decode("ascii"),
        algorithm=int(fields[3]),
        created=_moment(fields[5]),
        expires_at=_moment(fields[6]) if fields[6] else None,
        capabilities=fields[11].decode("ascii"),
        signatures=tuple(_signatures(part)),
    )


def _signatures(part: _Part) -> Iterator[ListedSignature]:
    for fields, subpackets in part.signatures:
        yield ListedSignature(
            verified=fields[1] == b"!",
            issuer=fields[4].decode("ascii").upper(),
            created=_moment(fields[5]),
            signature_class=int(fields[10][:2], 16),
            hash_algorithm=int(fields[15] or b"0"),
            subpackets=tuple(subpackets),
        )


def _moment(field: bytes) -> datetime:
    return datetime.fromtimestamp(int(field or b"0"), UTC)
