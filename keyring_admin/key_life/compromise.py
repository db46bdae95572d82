"""Whether a certificate was revoked so that nothing may be read with it any more (RFC 9580 §5.2.3.31)."""

from keyring_admin.chain.signatures import Revocation, signed_certificates


def is_compromised(octets: bytes) -> bool:
    """Revoked because the key is in other hands, or without a reason: not because it was superseded or retired.

    octets: a certificate of the directory, which says that it is revoked. One that GnuPG cannot read counts as
    compromised. Raises GnuPGError.
    """
    found = list(signed_certificates([octets], []).values())
    return not found or found[0].revocation is Revocation.HARD
