"""A certificate as packets (RFC 9580 §10.1): what is taken from a file before any OpenPGP program reads it.

Kept are the primary key, User IDs, subkeys and signatures. User attributes, what only keyrings hold (RFC 9580 §5.10:
a trust packet could tell GnuPG that a signature was checked), padding and markers are dropped. Nothing is verified.
"""

import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from keyring_admin.certificate_refusal import CertificateError, CertificateRefusal
from keyring_admin.openpgp.errors import OpenPGPRefusedError
from keyring_admin.openpgp.framing import iterate_packets

CERTIFICATE_LIMIT = 64 * 1024  # octets; a poisoned certificate is larger (CVE-2019-13050)
# RFC 9580 §5
_SIGNATURE, _SECRET_KEY, _PUBLIC_KEY, _SECRET_SUBKEY, _USER_ID, _PUBLIC_SUBKEY, _USER_ATTRIBUTE = 2, 5, 6, 7, 13, 14, 17
_DROPPED = frozenset({10, 12, 21})  # marker, trust, padding
_ISSUER_KEY_ID, _ISSUER_FINGERPRINT = 16, 33  # RFC 9580 §5.2.3.12, §5.2.3.35
_ARMOR = re.compile(
    rb"-----BEGIN PGP (PUBLIC|PRIVATE) KEY BLOCK-----[ \t]*\r?\n"
    rb"(?:[A-Za-z]+: ?[^\r\n]*\r?\n)*[ \t]*\r?\n"
    rb"([A-Za-z0-9+/=\r\n \t]*)-----END PGP \1 KEY BLOCK-----"
)


@dataclass(frozen=True, slots=True)
class KeyPacket:
    """A key or subkey. algorithm: RFC 9580 §9.1. material: the octets after it."""

    version: int
    algorithm: int
    fingerprint: str
    material: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Component:
    """A key, subkey or User ID with the signatures on it. packet and signatures: whole packets, header included."""

    packet: bytes = field(repr=False)
    key: KeyPacket | None  # None: a User ID
    user_id: bytes = field(repr=False)  # empty: a key
    signatures: tuple[tuple[str, bytes], ...] = field(repr=False)  # issuer's fingerprint or key ID; the packet


@dataclass(frozen=True, slots=True)
class CertificatePackets:
    """One certificate. components[0] is the primary key."""

    components: tuple[Component, ...]

    @property
    def fingerprint(self) -> str:
        """Of the primary key, upper-case hex."""
        return self.keys[0].fingerprint

    @property
    def keys(self) -> tuple[KeyPacket, ...]:
        """Primary key and subkeys."""
        return tuple(component.key for component in self.components if component.key is not None)

    @property
    def user_ids(self) -> tuple[bytes, ...]:
        """As their holder wrote them; whether they are still in force is not said."""
        return tuple(component.user_id for component in self.components if component.key is None)

    @property
    def octets(self) -> bytes:
        """With all signatures."""
        return b"".join(
            part
            for component in self.components
            for part in (component.packet, *(packet for _issuer, packet in component.signatures))
        )

    def with_signature(self, packet: bytes) -> bytes:
        """The certificate with one more signature on its primary key."""
        first = self.components[0].packet
        return first + packet + self.octets[len(first) :]

    def certified_only_by(self, certifiers: Iterable[str]) -> bytes:
        """The certificate with its own signatures and those of these fingerprints, and of nobody else."""
        kept_issuers = {self.fingerprint, *certifiers}
        kept_issuers |= {fingerprint[-16:] for fingerprint in kept_issuers}  # older signatures have key IDs only
        kept: list[bytes] = []
        for component in self.components:
            kept.append(component.packet)
            kept += [packet for issuer, packet in component.signatures if issuer in kept_issuers]
        return b"".join(kept)


def read_one_certificate(octets: bytes) -> CertificatePackets:
    """The one certificate of a file. Raises CertificateError."""
    if len(octets) > CERTIFICATE_LIMIT * 2:  # armor and comments are larger than what they hold
        raise CertificateError(CertificateRefusal.TOO_LARGE)
    binary = dearmored(octets)
    if len(binary) > CERTIFICATE_LIMIT:
        raise CertificateError(CertificateRefusal.TOO_LARGE)
    found = read_certificates(binary)
    if not found:
        raise CertificateError(CertificateRefusal.UNREADABLE)
    if len(found) > 1:
        raise CertificateError(CertificateRefusal.SEVERAL)
    return found[0]


def dearmored(octets: bytes) -> bytes:
    """The packets of all armored key blocks in a file, or the file itself. Raises CertificateError."""
    if octets[:1] and octets[0] & 0x80:  # RFC 9580 §4.2
        return octets
    blocks: list[bytes] = []
    for found in _ARMOR.finditer(octets):
        lines = found[2].split()
        if lines and len(lines[-1]) == 5 and lines[-1].startswith(b"="):  # RFC 9580 §6.1: the CRC24 may be ignored
            lines.pop()
        try:
            blocks.append(binascii.a2b_base64(b"".join(lines), strict_mode=True))
        except binascii.Error:
            raise CertificateError(CertificateRefusal.UNREADABLE) from None
    if not blocks:
        raise CertificateError(CertificateRefusal.UNREADABLE)
    return b"".join(blocks)


def read_revocations(octets: bytes) -> list[tuple[str, bytes]]:
    """The signatures of a file that holds nothing else, as revocation certificates do: issuer and packet of each.

    Empty if it holds anything else. Raises CertificateError if it can't be read at all.
    """
    binary = dearmored(octets[: CERTIFICATE_LIMIT * 2])
    try:
        packets = list(iterate_packets(binary, maximum=len(binary) + 1))
    except OpenPGPRefusedError:
        raise CertificateError(CertificateRefusal.UNREADABLE) from None
    if any(packet.tag != _SIGNATURE for packet in packets):
        return []
    return [(_issuer(packet.body), binary[packet.start : packet.end]) for packet in packets]


def split_certificates(binary: bytes) -> list[bytes]:
    """Where one certificate ends and the next begins; nothing is said about any of them. Raises CertificateError."""
    try:
        starts = [
            packet.start
            for packet in iterate_packets(binary, maximum=len(binary) + 1)
            if packet.tag in {_PUBLIC_KEY, _SECRET_KEY}
        ]
    except OpenPGPRefusedError:
        raise CertificateError(CertificateRefusal.UNREADABLE) from None
    return [binary[start:end] for start, end in zip(starts, [*starts[1:], len(binary)], strict=True)]


def read_certificates(binary: bytes) -> list[CertificatePackets]:
    """All certificates in a sequence of packets, in their order. Raises CertificateError, also for secret keys."""
    certificates: list[list[_Reading]] = []
    skipping = False  # a user attribute, and the signatures on it
    try:
        for packet in iterate_packets(binary, maximum=len(binary) + 1):
            whole, body = binary[packet.start : packet.end], packet.body
            if packet.tag in {_SECRET_KEY, _SECRET_SUBKEY}:
                raise CertificateError(CertificateRefusal.SECRET)
            if packet.tag == _PUBLIC_KEY:
                certificates.append([_Reading(whole, _key(body))])
            elif packet.tag == _PUBLIC_SUBKEY and certificates:
                certificates[-1].append(_Reading(whole, _key(body)))
            elif packet.tag == _USER_ID and certificates:
                certificates[-1].append(_Reading(whole, None, body))
            elif packet.tag == _SIGNATURE and certificates:
                if not skipping:
                    certificates[-1][-1].signatures.append((_issuer(body), whole))
                continue
            elif packet.tag not in _DROPPED | {_USER_ATTRIBUTE} or not certificates:
                raise CertificateError(CertificateRefusal.UNREADABLE)
            skipping = packet.tag == _USER_ATTRIBUTE or (skipping and packet.tag in _DROPPED)
    except OpenPGPRefusedError:
        raise CertificateError(CertificateRefusal.UNREADABLE) from None
    return [CertificatePackets(tuple(each.component() for each in parts)) for parts in certificates]


@dataclass(slots=True)
class _Reading:
    packet: bytes
    key: KeyPacket | None
    user_id: bytes = b""
    signatures: list[tuple[str, bytes]] = field(default_factory=list)

    def component(self) -> Component:
        return Component(self.packet, self.key, self.user_id, tuple(self.signatures))


def _key(body: bytes) -> KeyPacket:
    """RFC 9580 §5.5.2."""
    version = body[0] if body else 0
    if version in {2, 3}:
        raise CertificateError(CertificateRefusal.OLD_VERSION)
    if version in {5, 6}:
        raise CertificateError(CertificateRefusal.NEW_VERSION)
    if version != 4 or len(body) < 6:
        raise CertificateError(CertificateRefusal.UNREADABLE)
    # RFC 9580 §5.5.4.2: the fingerprint of version 4 is a SHA-1, whatever the certificate is signed with.
    fingerprint = hashlib.sha1(b"\x99" + len(body).to_bytes(2) + body, usedforsecurity=False)
    return KeyPacket(version, body[5], fingerprint.hexdigest().upper(), body[6:])


def _issuer(body: bytes) -> str:
    """Who a signature says it is by: a full fingerprint where it has one, else a key ID, else "" (RFC 9580 §5.2.3)."""
    if len(body) < 6 or body[0] != 4:
        return ""
    hashed = int.from_bytes(body[4:6])
    unhashed_at = 6 + hashed
    unhashed = int.from_bytes(body[unhashed_at : unhashed_at + 2])
    areas = (body[6:unhashed_at], body[unhashed_at + 2 : unhashed_at + 2 + unhashed])
    key_id = ""
    for area in areas:
        for kind, value in subpackets(area):
            if kind == _ISSUER_FINGERPRINT and len(value) == 21:
                return value[1:].hex().upper()
            if kind == _ISSUER_KEY_ID and not key_id:
                key_id = value.hex().upper()
    return key_id


def subpackets(area: bytes) -> Iterator[tuple[int, bytes]]:
    """Type, without the critical bit, and content of each subpacket up to one that is cut (RFC 9580 §5.2.3.7)."""
    position = 0
    while position < len(area):
        first = area[position]
        width = 1 if first < 192 else 2 if first < 255 else 5
        head = area[position : position + width]
        if len(head) < width:
            return
        length = first if width == 1 else (first - 192 << 8) + head[1] + 192 if width == 2 else int.from_bytes(head[1:])
        position += width
        if length == 0 or position + length > len(area):
            return
        yield area[position] & 0x7F, area[position + 1 : position + length]
        position += length
