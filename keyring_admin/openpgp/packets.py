"""The packet walk: is this one OpenPGP message that is encrypted, integrity-protected, and nothing else?

Decided from the packets alone, without a key. Accepted is: one to sixteen public-key encrypted session keys, then
exactly one integrity-protected data packet (RFC 9580 §10.3), then nothing. Markers, padding, passwords, hidden
recipients, private and unknown packets are refused: each can carry something that no recipient asked for.

What this does not prove: that a session key is really encrypted to the key its key ID names, and that the data packet
holds ciphertext rather than compressed plaintext.
"""

from dataclasses import dataclass, field

from keyring_admin.openpgp.encrypted_data import Integrity, check_encrypted_data
from keyring_admin.openpgp.errors import OpenPGPRefusedError, Rule
from keyring_admin.openpgp.framing import Packet, iterate_packets
from keyring_admin.openpgp.session_keys import read_session_key_packet

__all__ = ["EncryptedMessage", "Integrity", "OpenPGPRefusedError", "Packet", "inspect_message", "iterate_packets"]

RECIPIENTS_MAXIMUM = 16
_SESSION_KEY, _ENCRYPTED_DATA = 1, 18  # RFC 9580 §5
_REFUSED = {
    2: Rule.CLEARTEXT,  # signature
    3: Rule.SYMMETRIC_SESSION_KEY,
    4: Rule.CLEARTEXT,  # one-pass signature
    8: Rule.CLEARTEXT,  # compressed
    9: Rule.NO_INTEGRITY,
    11: Rule.CLEARTEXT,  # literal
    20: Rule.GNUPG_AEAD,
}
# RFC 9580 §10.3.2.1: the versions of session key and data packet belong together.
_SESSION_KEY_VERSION = {Integrity.SEIPD_V1: 3, Integrity.SEIPD_V2: 6}


@dataclass(frozen=True, slots=True)
class EncryptedMessage:
    """An OpenPGP message that passed the walk.

    recipients: key IDs in the order of the packets, 16 upper-case hexadecimal digits each.
    octets: all packets, as they came. data_start: offset of the encrypted data packet in `octets`; session keys
    stand before it.
    """

    recipients: tuple[str, ...]
    octets: bytes = field(repr=False)
    integrity: Integrity
    data_start: int


def inspect_message(octets: bytes) -> EncryptedMessage:
    """Walk the packets of one binary OpenPGP message.

    Raises OpenPGPRefusedError with the first rule that is broken. Source: RFC 9580 §10.3.
    """
    recipients: list[str] = []
    versions: set[int] = set()
    # GnuPG gives compressed cleartext an indeterminate length; nothing that is accepted here can have one.
    for packet in iterate_packets(octets, indeterminate=True):
        if packet.tag == _SESSION_KEY:
            if len(recipients) == RECIPIENTS_MAXIMUM:
                raise OpenPGPRefusedError(Rule.TOO_MANY_RECIPIENTS)
            session_key = read_session_key_packet(packet.body)
            recipients.append(session_key.key_id)
            versions.add(session_key.version)
        elif packet.tag == _ENCRYPTED_DATA:
            return _finish(octets, packet, tuple(recipients), versions)
        else:
            raise OpenPGPRefusedError(_REFUSED.get(packet.tag, Rule.PACKET_UNEXPECTED))
    raise OpenPGPRefusedError(Rule.NO_ENCRYPTED_DATA if recipients else Rule.NOT_OPENPGP)


def _finish(octets: bytes, data: Packet, recipients: tuple[str, ...], versions: set[int]) -> EncryptedMessage:
    if data.end != len(octets):
        raise OpenPGPRefusedError(Rule.TRAILING)
    if not recipients:
        raise OpenPGPRefusedError(Rule.NO_RECIPIENT)
    integrity = check_encrypted_data(data.body)
    if versions != {_SESSION_KEY_VERSION[integrity]}:
        raise OpenPGPRefusedError(Rule.RECIPIENT_VERSION)
    # The only place that says: this OpenPGP message is encrypted.
    return EncryptedMessage(recipients, octets, integrity, data.start)
