"""OpenPGP without keys: armor and the packet walk (RFC 9580). Nothing here decrypts."""

from keyring_admin.openpgp.armor import ArmorKind, dearmor, enarmor, is_armored
from keyring_admin.openpgp.errors import OpenPGPRefusedError, Rule
from keyring_admin.openpgp.packets import EncryptedMessage, Integrity, Packet, inspect_message, iterate_packets

__all__ = [
    "ArmorKind",
    "EncryptedMessage",
    "Integrity",
    "OpenPGPRefusedError",
    "Packet",
    "Rule",
    "dearmor",
    "enarmor",
    "inspect_message",
    "is_armored",
    "iterate_packets",
]
