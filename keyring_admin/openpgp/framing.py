"""Packet headers and lengths (RFC 9580 §4.2): where each packet begins and ends, nothing about what it means.

Nothing is ever allocated from a declared length, and every walk is bounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from keyring_admin.openpgp.errors import OpenPGPRefusedError, Rule

PACKETS_MAXIMUM = 64
# 64 k chunks of the smallest legal size are 32 MiB.
_CHUNKS_MAXIMUM = 1 << 16
_FIRST_CHUNK_MINIMUM = 512  # RFC 9580 §4.2.1.4
# Only data packets may come in chunks (RFC 9580 §4.2.1.4); 20 is GnuPG's own AEAD packet.
_DATA_TAGS = frozenset({8, 9, 11, 18, 20})


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: its tag and its place in the octets it was read from.

    start and end are the offsets of the header's first octet and of the first octet after the body.
    chunks: offset and length of each piece of the body.
    """

    tag: int
    start: int
    end: int
    chunks: tuple[tuple[int, int], ...] = field(repr=False)
    source: bytes = field(repr=False)

    @property
    def body(self) -> bytes:
        """The body, its chunks joined."""
        if len(self.chunks) == 1:
            offset, length = self.chunks[0]
            return self.source[offset : offset + length]
        return b"".join(self.source[offset : offset + length] for offset, length in self.chunks)


def iterate_packets(octets: bytes, *, maximum: int = PACKETS_MAXIMUM, indeterminate: bool = False) -> Iterator[Packet]:
    """The packets of `octets`, in order, up to the last octet.

    maximum: number of packets after which the walk is refused. indeterminate: whether the old format's
    indeterminate length is allowed for data packets; GnuPG writes it for compressed data inside an encrypted message,
    and nobody may write it outside. Raises OpenPGPRefusedError.
    """
    start = count = 0
    while start < len(octets):
        if count == maximum:
            raise OpenPGPRefusedError(Rule.PACKET_COUNT)
        packet = _read_packet(octets, start, indeterminate)
        yield packet
        start = packet.end
        count += 1


def _read_packet(octets: bytes, start: int, indeterminate: bool) -> Packet:
    first = octets[start]
    if not first & 0x80:  # RFC 9580 §4.2: bit 7 is always set
        raise OpenPGPRefusedError(Rule.NOT_OPENPGP if start == 0 else Rule.TRAILING)
    if first & 0x40:
        tag = first & 0x3F
        chunks = _openpgp_format_chunks(octets, start + 1, tag)
    else:
        tag = first >> 2 & 0x0F
        chunks = (_legacy_format_chunk(octets, start + 1, tag, first & 0x03, indeterminate),)
    if tag == 0:  # RFC 9580 §5: reserved
        raise OpenPGPRefusedError(Rule.PACKET_UNEXPECTED)
    offset, length = chunks[-1]
    return Packet(tag, start, offset + length, chunks, octets)


def _openpgp_format_chunks(octets: bytes, position: int, tag: int) -> tuple[tuple[int, int], ...]:
    """RFC 9580 §4.2.1: one-, two- and five-octet lengths, and partial body lengths."""
    chunks: list[tuple[int, int]] = []
    while True:
        first = _octets(octets, position, 1)[0]
        position += 1
        partial = False
        if first < 192:
            length = first
        elif first < 224:
            length = (first - 192 << 8) + _octets(octets, position, 1)[0] + 192
            position += 1
        elif first == 255:
            length = int.from_bytes(_octets(octets, position, 4))
            position += 4
        else:
            length, partial = 1 << (first & 0x1F), True
        if length > len(octets) - position:
            raise OpenPGPRefusedError(Rule.PACKET_TRUNCATED)
        chunks.append((position, length))
        position += length
        if not partial:
            return tuple(chunks)
        first_too_short = len(chunks) == 1 and length < _FIRST_CHUNK_MINIMUM
        if tag not in _DATA_TAGS or first_too_short or len(chunks) == _CHUNKS_MAXIMUM:
            raise OpenPGPRefusedError(Rule.PACKET_LENGTH)


def _legacy_format_chunk(
    octets: bytes, position: int, tag: int, length_type: int, indeterminate: bool
) -> tuple[int, int]:
    """RFC 9580 §4.2.2: one-, two- and four-octet lengths, and the indeterminate one."""
    if length_type == 3:
        if not indeterminate or tag not in _DATA_TAGS:
            raise OpenPGPRefusedError(Rule.PACKET_LENGTH)
        return position, len(octets) - position
    width = 1 << length_type
    length = int.from_bytes(_octets(octets, position, width))
    position += width
    if length > len(octets) - position:
        raise OpenPGPRefusedError(Rule.PACKET_TRUNCATED)
    return position, length


def _octets(octets: bytes, position: int, count: int) -> bytes:
    found = octets[position : position + count]
    if len(found) < count:
        raise OpenPGPRefusedError(Rule.PACKET_TRUNCATED)
    return found
