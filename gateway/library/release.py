"""The signed library file: one OpenPGP message that holds a library and the signatures of two release keys.

The file is `one-pass, one-pass, literal, signature, signature` (RFC 9580 §10.3), uncompressed, in one framing:
`gpg --verify` checks both signatures, `gpg --decrypt` gives the library. The signatures are plain detached ones over
the octets of the library, made offline.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pysequoia

from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.signed_message import literal_data, signature_packet, verify_detached
from keyring_admin.openpgp import ArmorKind, OpenPGPRefusedError, dearmor, is_armored
from keyring_admin.openpgp.framing import Packet, iterate_packets
from pattern_rules import Library, load_library
from pattern_rules.loader import MAX_LIBRARY_OCTETS

MAX_SIGNED_OCTETS = MAX_LIBRARY_OCTETS + 64 * 1024
MAX_SIGNATURE_OCTETS = 16 * 1024
SIGNATURES = 2
_LITERAL_HEADER = b"b\x00\x00\x00\x00\x00"  # RFC 9580 §5.9: binary, no file name, no date
_TAGS = (4, 4, 11, 2, 2)
_SIGNATURE_VERSION = 4


@dataclass(frozen=True, slots=True)
class ReleaseKeys:
    """The keys of which two must sign. certificates: binary, by full fingerprint (upper-case hex)."""

    certificates: Mapping[str, bytes] = field(repr=False)

    @property
    def fingerprints(self) -> frozenset[str]:
        """Their full fingerprints."""
        return frozenset(self.certificates)

    def signer(self, octets: bytes, signature: bytes) -> str:
        """Which release key made a signature packet over these octets. Raises LibraryLifeError."""
        for fingerprint, certificate in self.certificates.items():
            try:
                if verify_detached(octets, signature, certificate) == fingerprint:
                    return fingerprint
            except LibraryLifeError:
                continue  # not this one
        raise LibraryLifeError(Problem.RELEASE_SIGNATURE)


@dataclass(frozen=True, slots=True)
class ReleasedLibrary:
    """A library that two release keys have signed. octets: of the library itself, without signatures."""

    library: Library
    octets: bytes = field(repr=False)
    signers: frozenset[str]


def read_release_keys(octets: bytes, fingerprints: Iterable[str] | None = None) -> ReleaseKeys:
    """Release keys from a file of certificates, armored or binary.

    fingerprints: those that count, full, as printed on paper; None: every certificate in the file.
    Raises LibraryLifeError unless there are two of them, and each is in the file.
    """
    try:
        certificates = {cert.fingerprint.upper(): bytes(cert) for cert in pysequoia.Cert.split_bytes(octets)}
    except (RuntimeError, OSError):
        raise LibraryLifeError(Problem.RELEASE_KEYS) from None
    wanted = set(certificates) if fingerprints is None else {one.replace(" ", "").upper() for one in fingerprints}
    if len(wanted) < SIGNATURES or not wanted <= set(certificates):
        raise LibraryLifeError(Problem.RELEASE_KEYS)
    return ReleaseKeys({fingerprint: certificates[fingerprint] for fingerprint in sorted(wanted)})


def is_released(octets: bytes) -> bool:
    """Whether this looks like a signed library file rather than a bare library."""
    return octets[:1] == b"\xc4"  # RFC 9580 §4.2: a one-pass signature packet; no TOML begins so


def release(octets: bytes, signature_files: Sequence[bytes], keys: ReleaseKeys) -> bytes:
    """The signed file of a library.

    octets: the library, as it was signed. signature_files: two detached signatures, armored or not.
    Raises LibraryLifeError: RELEASE_SIGNATURE, TWO_RELEASE_KEYS.
    """
    bodies = {}
    for file in signature_files:
        body = _detached_body(file)
        bodies[keys.signer(octets, signature_packet(body))] = body
    if len(bodies) != SIGNATURES or len(signature_files) != SIGNATURES:
        raise LibraryLifeError(Problem.TWO_RELEASE_KEYS)
    return _assemble(octets, [bodies[fingerprint] for fingerprint in sorted(bodies)])


def read_release(octets: bytes, keys: ReleaseKeys) -> ReleasedLibrary:
    """Check a signed file: its framing, both signatures, the library. Whether it is current is not asked here.

    Raises LibraryLifeError (NOT_RELEASED, RELEASE_SIGNATURE, TWO_RELEASE_KEYS) or LibraryError.
    """
    inside, signatures = _take_apart(octets)
    signers = frozenset(keys.signer(inside, signature_packet(body)) for body in signatures)
    if len(signers) != SIGNATURES:
        raise LibraryLifeError(Problem.TWO_RELEASE_KEYS)
    return ReleasedLibrary(load_library(inside), inside, signers)


def unverified_library_octets(octets: bytes) -> bytes:
    """The library inside a signed file, nothing verified: to look at it, never to act on it."""
    return _take_apart(octets)[0] if is_released(octets) else octets


def _take_apart(octets: bytes) -> tuple[bytes, list[bytes]]:
    if len(octets) > MAX_SIGNED_OCTETS:
        raise LibraryLifeError(Problem.TOO_LARGE)
    try:
        packets = list(iterate_packets(octets, maximum=len(_TAGS)))
    except OpenPGPRefusedError:
        raise LibraryLifeError(Problem.NOT_RELEASED) from None
    if tuple(packet.tag for packet in packets) != _TAGS:
        raise LibraryLifeError(Problem.NOT_RELEASED)
    inside = literal_data(packets[2].body)
    bodies = [packets[4].body, packets[3].body]  # one-pass packets and signatures nest
    # Nothing may stand in the file that is not read.
    if any(len(body) > MAX_SIGNATURE_OCTETS for body in bodies) or _assemble(inside, bodies) != octets:
        raise LibraryLifeError(Problem.NOT_RELEASED)
    return inside, bodies


def _assemble(octets: bytes, bodies: list[bytes]) -> bytes:
    first, second = bodies
    return b"".join(
        [
            _packet(4, _one_pass(first, last=False)),
            _packet(4, _one_pass(second, last=True)),
            _packet(11, _LITERAL_HEADER + octets),
            _packet(2, second),
            _packet(2, first),
        ]
    )


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def _one_pass(body: bytes, *, last: bool) -> bytes:
    """RFC 9580 §5.4, version 3: type, hash, public-key algorithm and key ID as in the signature."""
    try:
        signature = pysequoia.Sig.from_bytes(signature_packet(body))
    except (RuntimeError, OSError):
        raise LibraryLifeError(Problem.NOT_RELEASED) from None
    issuer = signature.issuer_fingerprint
    if body[0] != _SIGNATURE_VERSION or issuer is None:
        raise LibraryLifeError(Problem.NOT_RELEASED)
    return bytes([3, body[1], body[3], body[2]]) + bytes.fromhex(issuer)[-8:] + bytes([last])


def _detached_body(file: bytes) -> bytes:
    try:
        octets = dearmor(file, ArmorKind.SIGNATURE) if is_armored(file) else file
        packets: list[Packet] = list(iterate_packets(octets, maximum=2))
    except OpenPGPRefusedError:
        raise LibraryLifeError(Problem.RELEASE_SIGNATURE) from None
    if [packet.tag for packet in packets] != [2] or len(octets) > MAX_SIGNATURE_OCTETS:
        raise LibraryLifeError(Problem.RELEASE_SIGNATURE)
    return packets[0].body
