"""The sealed shape: two OpenPGP messages as attachments, and nothing else but an empty text.

The same scanner reads the mail itself, and the entity that a client encrypted to the gateway as a whole.
"""

from dataclasses import dataclass, field

from gateway.gate.header import HeaderSection, split_entity
from gateway.gate.leaves import Leaf, LeafKind, read_leaf
from gateway.gate.multipart import check_surroundings, split_multipart
from gateway.gate.octets import canonical_line_ends
from gateway.gate.parameters import content_type, transfer_encoding
from gateway.gate.refusal import GateRefusedError, from_openpgp, malformed
from gateway.replies import NOT_ENCRYPTED
from keyring_admin.openpgp import ArmorKind, EncryptedMessage, OpenPGPRefusedError, dearmor

_DEPTH_MAXIMUM = 5
_LEAVES_MAXIMUM = 32
_CONTAINERS = frozenset({"multipart/mixed", "multipart/alternative", "multipart/related"})
_PART_FIELDS = frozenset(
    {
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-description",
        "content-id",
        "content-language",
        "content-location",
        "mime-version",
        "x-attachment-id",  # Gmail
    }
)


@dataclass(slots=True)
class _Walk:
    """The leaves found so far."""

    inner: bool
    leaves: list[Leaf] = field(default_factory=list, repr=False)


def is_container(media_type: str) -> bool:
    """Whether a mail of this media type can be of the sealed shape."""
    return media_type in _CONTAINERS


def scan_sealed(header: HeaderSection, body: bytes) -> tuple[EncryptedMessage, EncryptedMessage]:
    """The two OpenPGP messages attached to a mail. Raises GateRefusedError, OpenPGPRefusedError."""
    walk = _Walk(inner=False)
    _visit(walk, header, body, depth=0, attachable=True)
    return _two_messages(walk.leaves)


def scan_inner(entity: bytes) -> tuple[EncryptedMessage, EncryptedMessage]:
    """The two OpenPGP messages attached to a MIME entity that came out of an encrypted mail.

    entity: header section and body; line ends CR LF or LF. Protected headers (RFC 9788), a signature around the whole
    (RFC 3156 §6.1, not verified here), a copy of header fields and the sender's public key are dropped.
    Raises GateRefusedError; its reply is NOT_ENCRYPTED where no OpenPGP message is attached or something readable is.
    """
    walk = _Walk(inner=True)
    try:
        header, body = split_entity(canonical_line_ends(entity))
        _visit(walk, header, body, depth=0, attachable=True)
        return _two_messages(walk.leaves)
    except OpenPGPRefusedError as error:
        raise from_openpgp(error) from None


def _visit(walk: _Walk, header: HeaderSection, body: bytes, *, depth: int, attachable: bool) -> None:
    media = content_type(header)
    signed = walk.inner and media.value == "multipart/signed"
    if depth and not header.names <= _PART_FIELDS:
        raise malformed("part-header")
    if media.value not in _CONTAINERS and not signed:
        if len(walk.leaves) == _LEAVES_MAXIMUM:
            raise malformed("parts")
        walk.leaves.append(read_leaf(header, body, inner=walk.inner, attachable=attachable and depth > 0))
        return
    if depth == _DEPTH_MAXIMUM:
        raise malformed("nesting")
    if transfer_encoding(header) not in {"7bit", "8bit", "binary"}:  # RFC 2045 §6.4
        raise malformed("multipart-encoding")
    multipart = split_multipart(media, body)
    check_surroundings(multipart)
    parts = _signed_part(multipart.parts) if signed else multipart.parts
    attachable = attachable and (signed or media.value == "multipart/mixed")
    for part in parts:
        _visit(walk, *split_entity(part), depth=depth + 1, attachable=attachable)


def _signed_part(parts: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The first of exactly two parts, if the second is a detached signature (RFC 3156 §5)."""
    if len(parts) != 2:
        raise malformed("signed-parts")
    header, armor = split_entity(parts[1])
    if content_type(header).value != "application/pgp-signature":
        raise malformed("signed-parts")
    dearmor(armor, ArmorKind.SIGNATURE)
    return parts[:1]


def _two_messages(leaves: list[Leaf]) -> tuple[EncryptedMessage, EncryptedMessage]:
    kinds = [leaf.kind for leaf in leaves]
    messages = [leaf.message for leaf in leaves if leaf.message is not None]
    if LeafKind.CLEARTEXT in kinds:
        raise GateRefusedError(NOT_ENCRYPTED, "cleartext-beside-openpgp" if messages else "cleartext")
    if not messages and LeafKind.LOOSE not in kinds:
        raise GateRefusedError(NOT_ENCRYPTED, "cleartext")
    if len(messages) != 2 or LeafKind.LOOSE in kinds:
        raise malformed("sealed-count")
    return messages[0], messages[1]
