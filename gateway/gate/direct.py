"""The direct shape: RFC 3156 §4 multipart/encrypted, two parts and nothing around them.

Part headers never travel further; all the same only what known clients write is accepted in them, so that a client that
puts text there is noticed.
"""

from gateway.gate.header import HeaderSection, split_entity
from gateway.gate.multipart import check_surroundings, split_multipart
from gateway.gate.parameters import Structured, content_disposition, content_type, transfer_encoding
from gateway.gate.refusal import GateRefusedError, malformed
from gateway.replies import NOT_ENCRYPTED
from keyring_admin.openpgp import EncryptedMessage, dearmor, inspect_message

_PROTOCOL = "application/pgp-encrypted"
_PART_FIELDS = frozenset(
    {
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-description",
        "mime-version",  # Python's email package
    }
)
_NAMES = frozenset(
    {
        "encrypted.asc",  # Thunderbird, K-9, Proton, Delta Chat, GPGMail, Mailvelope
        "msg.asc",  # mutt, KMail
        "message.asc",
        "openpgp-encrypted-message.asc",  # GpgOL
        "encrypted.pgp",
        "message.pgp",
        "version.txt",
    }
)
_DESCRIPTIONS = frozenset(
    {
        "pgp/mime version identification",
        "pgp/mime versions identification",  # GPGMail, Nextcloud
        "openpgp/mime versions identification",
        "version code",  # KMail
        "openpgp encrypted message",
        "pgp/mime encrypted message",  # Roundcube
        "encrypted data",  # KMail
        "this is a digitally encrypted message part",  # Evolution
    }
)


def scan_direct(section: HeaderSection, media: Structured, body: bytes) -> EncryptedMessage:
    """The OpenPGP message in a multipart/encrypted body.

    Raises GateRefusedError, OpenPGPRefusedError. Source: RFC 3156 §4.
    """
    if (media.parameter("protocol") or "").lower() != _PROTOCOL:
        raise malformed("protocol")
    if not media.parameter_names <= {"protocol", "boundary", "charset"}:
        raise malformed("content-type")
    if transfer_encoding(section) not in {"7bit", "8bit", "binary"}:  # RFC 2045 §6.4
        raise malformed("multipart-encoding")
    multipart = split_multipart(media, body)
    if len(multipart.parts) < 2:
        raise GateRefusedError(NOT_ENCRYPTED, "encrypted-part-missing")
    if len(multipart.parts) > 2:  # RFC 3156 §4: exactly two
        raise malformed("encrypted-parts")
    check_surroundings(multipart)
    header, control = split_entity(multipart.parts[0])
    _check_part(header, _PROTOCOL)
    if control.rstrip(b"\r\n") != b"Version: 1":  # RFC 3156 §4
        raise malformed("control-part")
    header, armor = split_entity(multipart.parts[1])
    _check_part(header, "application/octet-stream")
    return inspect_message(dearmor(armor))


def _check_part(header: HeaderSection, media_type: str) -> None:
    media = content_type(header)
    if media.value != media_type:
        raise malformed("part-type")
    if not header.names <= _PART_FIELDS:
        raise malformed("part-header")
    if transfer_encoding(header) not in {"7bit", "8bit"}:  # RFC 3156 §3, §4: 7bit; 8bit is a label only
        raise malformed("part-encoding")
    if header.value("mime-version") not in {None, b"1.0"}:
        raise malformed("part-header")
    description = header.value("content-description")
    if description is not None and description.decode("ascii").lower() not in _DESCRIPTIONS:
        raise malformed("part-description")
    _check_parameters(media, {"name", "charset"})
    disposition = content_disposition(header)
    if disposition is not None:
        if disposition.value not in {"inline", "attachment"}:
            raise malformed("part-header")
        _check_parameters(disposition, {"filename"})


def _check_parameters(structured: Structured, known: set[str]) -> None:
    for name, value in structured.parameters:
        if name not in known or (name != "charset" and value.lower() not in _NAMES):
            raise malformed("part-parameter")
