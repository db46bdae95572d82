"""PGP/MIME mails (RFC 3156) as a mail client makes them, of any size, with content that does not compress."""

import secrets

from keyring_admin.openpgp.armor import enarmor

_ARMOR_GROWTH = 66 / 48  # 48 octets are a line of 64 characters and CR LF
_EVERYTHING_ELSE = 1_120  # header, MIME, recipient, signature and integrity packets


def direct_content(octets: int) -> bytes:
    """What to encrypt for a mail of about this many octets."""
    return secrets.token_bytes(max(1, int((octets - _EVERYTHING_ELSE) / _ARMOR_GROWTH)))


def pgp_mime_mail(packets: bytes, *, sender: str, recipient: str) -> bytes:
    """The mail around an encrypted message."""
    return (
        (
            f"From: {sender}\r\nTo: {recipient}\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
            f"Message-ID: <{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>\r\nSubject: ...\r\n"
            "MIME-Version: 1.0\r\nContent-Type: multipart/encrypted;\r\n"
            ' protocol="application/pgp-encrypted"; boundary="=-=-="\r\n\r\n'
            "--=-=-=\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n"
            "--=-=-=\r\nContent-Type: application/octet-stream\r\n\r\n"
        ).encode("ascii")
        + enarmor(packets)
        + b"\r\n--=-=-=--\r\n"
    )
