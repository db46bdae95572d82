"""The integrity-protected data packet (RFC 9580 §5.13): version, length, and does it look like ciphertext?

No key, no proof: a body that is compressed or otherwise random-looking plaintext passes. What is caught is text.
"""

import math
from enum import Enum

from keyring_admin.openpgp.errors import OpenPGPRefusedError, Rule

# Version octet, prefix of an AES block and two octets, MDC packet of 22 (RFC 9580 §5.13.1), a literal packet of 8.
_VERSION_1_MINIMUM = 1 + 18 + 22 + 8
# Version, three parameters, salt (RFC 9580 §5.13.2), a literal packet of 8 with its tag, the final tag.
_VERSION_2_HEADER = 4 + 32
_VERSION_2_MINIMUM = _VERSION_2_HEADER + 8 + 16 + 16
_AES = frozenset({7, 8, 9})  # RFC 9580 §9.3
_AEAD = frozenset({1, 2, 3})  # RFC 9580 §9.6
_CHUNK_SIZE_MAXIMUM = 16  # RFC 9580 §5.13.2

_PRINTABLE = bytes([9, 10, 13, *range(0x20, 0x7F)])
_SHARE = len(_PRINTABLE) / 256
_WINDOW = 4096
_WINDOWS = 64
# A good message is refused once in 10^13 times.
_SIGMAS = 8


class Integrity(Enum):
    """How the data packet is protected."""

    SEIPD_V1 = 1
    SEIPD_V2 = 2


def check_encrypted_data(body: bytes) -> Integrity:
    """The protection of the SEIPD packet with this body. Raises OpenPGPRefusedError."""
    version = body[0] if body else 0
    if version == 1:
        integrity, header, minimum = Integrity.SEIPD_V1, 1, _VERSION_1_MINIMUM
    elif version == 2:
        integrity, header, minimum = Integrity.SEIPD_V2, _VERSION_2_HEADER, _VERSION_2_MINIMUM
    else:
        raise OpenPGPRefusedError(Rule.DATA_VERSION if body else Rule.DATA_TOO_SHORT)
    if len(body) < minimum:
        raise OpenPGPRefusedError(Rule.DATA_TOO_SHORT)
    if version == 2 and (body[1] not in _AES or body[2] not in _AEAD or body[3] > _CHUNK_SIZE_MAXIMUM):
        raise OpenPGPRefusedError(Rule.DATA_MALFORMED)
    if not _looks_random(body, header):
        raise OpenPGPRefusedError(Rule.DATA_NOT_RANDOM)
    return integrity


def _looks_random(data: bytes, begin: int) -> bool:
    """Whether windows spread over `data`, from `begin` on, hold as many printable ASCII octets as chance puts there.

    Too many mean text or base64, too few mean text in another script. Up to 256 KiB are read whole.
    """
    last = max(len(data) - _WINDOW, begin)
    for start in [*range(begin, last, max(_WINDOW, (last - begin) // _WINDOWS)), last]:
        window = data[start : start + _WINDOW]
        printable = len(window) - len(window.translate(None, _PRINTABLE))
        deviation = math.sqrt(len(window) * _SHARE * (1 - _SHARE))
        if abs(printable - len(window) * _SHARE) > _SIGMAS * deviation:
            return False
    return True
