"""How other parsers read a mail the gate accepted: rPGP and Sequoia its packets, Python's email package its tree.

Each function returns what differs, as short words; nothing differs in an empty list.
"""

import email
import email.policy
import re
from email.message import Message
from email.utils import getaddresses

import openpgp.packet
from openpgp.errors import Error as RpgpError
from pysequoia.packet import PacketPile, Tag

from gateway.gate import Accepted, Shape
from keyring_admin.openpgp import EncryptedMessage

_RPGP_DATA = "sym-encrypted-protected-data"
_RPGP_SESSION_KEY = "public-key-encrypted-session-key"
_MARKUP = re.compile(
    r"<style.*?</style\s*>|<!--.*?-->|<[^<>]*>|&nbsp;|&#160;|&#xa0;|\ufeff|\s", re.IGNORECASE | re.DOTALL
)
_KNOWN_PREAMBLE = re.compile(r"\s*This is an? [A-Za-z/-]+(?: [A-Za-z/-]+)* (?:message|format)[^\r\n]{0,40}\s*|\s*")


def packet_differences(message: EncryptedMessage) -> list[str]:
    """The packets of an accepted message."""
    return [*_rpgp_differences(message), *_sequoia_differences(message)]


def _rpgp_differences(message: EncryptedMessage) -> list[str]:
    try:
        packets = list(openpgp.packet.PacketParser(message.octets))
    except RpgpError:
        return ["rpgp-refuses"]
    expected = [_RPGP_SESSION_KEY] * len(message.recipients) + [_RPGP_DATA]
    return [] if [str(packet.kind) for packet in packets] == expected else ["rpgp-kinds"]


def _sequoia_differences(message: EncryptedMessage) -> list[str]:
    try:
        packets = list(PacketPile.from_bytes(message.octets))
    except (RuntimeError, OSError):
        return ["sequoia-refuses"]
    *session_keys, data = packets
    differences = []
    if [packet.tag for packet in packets] != [Tag.PKESK] * len(message.recipients) + [Tag.SEIP]:
        differences.append("sequoia-tags")
    elif tuple(_recipient(packet.body) for packet in session_keys) != message.recipients:
        differences.append("sequoia-recipients")
    if data.body[:1] != bytes([message.integrity.value]):
        differences.append("sequoia-integrity")
    return differences


def _recipient(body: bytes) -> str:
    """The key ID in a PKESK (RFC 9580 §5.1.1, §5.1.2)."""
    key_id = body[1:9]
    if body[0] == 6:
        key_id = body[3:11] if body[2] == 6 else body[15:23]
    return key_id.hex().upper()


def mail_differences(mail: bytes, accepted: Accepted) -> list[str]:
    """The MIME tree, the sender, and what can be read beside the OpenPGP messages, under both policies."""
    differences = [word for message in accepted.messages for word in packet_differences(message)]
    for name, policy in (("compat32", email.policy.compat32), ("default", email.policy.default)):
        try:
            words = _tree_differences(email.message_from_bytes(mail, policy=policy), accepted)
        except (ValueError, LookupError, TypeError, AttributeError, IndexError):  # how the email package refuses
            words = ["refuses"]
        differences += [f"{name}-{word}" for word in words]
    return differences


def _tree_differences(tree: Message, accepted: Accepted) -> list[str]:
    differences = []
    if any(part.defects for part in tree.walk()):
        differences.append("defects")
    addresses = [address for _, address in getaddresses([str(value) for value in tree.get_all("from", [])])]
    if [_canonical(address) for address in addresses] != [_canonical(accepted.headers.sender)]:
        differences.append("sender")
    leaves = [part for part in tree.walk() if not part.is_multipart()]
    around = [text or "" for part in tree.walk() for text in (part.preamble, part.epilogue) if part.is_multipart()]
    if not all(_KNOWN_PREAMBLE.fullmatch(text) for text in around):
        differences.append("around-the-parts")
    found = [packets for part in leaves if (packets := _packets_in(part)) is not None]
    if found != [_packets(message.octets) for message in accepted.messages]:
        differences.append("messages")
    rest = [part for part in leaves if _packets_in(part) is None]
    if accepted.shape is Shape.DIRECT:
        control = [part.get_payload(decode=True) for part in rest]
        if len(control) != 1 or not isinstance(control[0], bytes) or control[0].strip() != b"Version: 1":
            differences.append("control-part")
    elif any(_MARKUP.sub("", _text(part)) for part in rest):
        differences.append("readable")
    return differences


def _canonical(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    charset = str(part.get_content_charset("us-ascii"))
    return payload.decode(charset) if isinstance(payload, bytes) else "not octets"


def _packets_in(part: Message) -> list[tuple[str, bytes]] | None:
    """What Sequoia finds in a part: its own reading of the armor, too."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or not (b"BEGIN PGP" in payload or payload[:1] in {b"\x84", b"\x85", b"\xc1"}):
        return None
    return _packets(payload)


def _packets(octets: bytes) -> list[tuple[str, bytes]]:
    try:
        return [(str(packet.tag), packet.body) for packet in PacketPile.from_bytes(octets)]
    except (RuntimeError, OSError):
        return []
