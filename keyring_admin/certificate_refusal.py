"""Why a certificate is refused. The gateway has a sentence for each in six languages (gateway/words)."""

from enum import StrEnum


class CertificateRefusal(StrEnum):
    """Why a certificate is not admitted: the reason in English, with what its holder can do."""

    TOO_LARGE = "the certificate is larger than 64 KiB; export it with --export-options export-minimal"
    UNREADABLE = "expected one OpenPGP certificate, armored or binary"
    SEVERAL = "expected one certificate, found several"
    SECRET = "this is a SECRET key; it was not stored. Export the certificate only, and treat this key as leaked"  # noqa: S105 - a sentence
    OLD_VERSION = "the key is of version 3, which is broken; make a new key"
    NEW_VERSION = "the key is of version 5 or 6, which GnuPG 2.2 cannot read; make a key of version 4"
    NO_USER_ID = "no User ID holds the expected address"
    TWO_ADDRESSES = "a User ID holds two addresses; a User ID has the form Name <address>"
    USER_ID_CHARACTERS = "a User ID holds control characters or characters that cannot be seen"
    USER_ID_CONFUSABLE = "a word of a User ID mixes letters of several scripts, so that it may look like another"
    REVOKED = "the certificate is revoked"
    EXPIRED = "the certificate has expired"
    NOT_YET = "the certificate was made in the future; set the clock of the computer and make a new key"
    WEAK = "the key is too weak: RSA needs 2048 bits or more, DSA and ElGamal are not admitted"
    ALGORITHM = "the algorithm is not admitted: RSA of 2048 to 8192 bits, Curve25519, or NIST P-256, P-384, P-521 are"
    FLAWED = "the RSA key is flawed (ROCA, a small exponent, or an even modulus); make a new key"
    WEAK_HASH = "the certificate rests on SHA-1 or an older hash; change its expiry with GnuPG 2.2 or later, which signs it again"  # noqa: E501 - a sentence
    FEATURES = "the certificate announces encryption that GnuPG 2.2 cannot read; in `gpg --edit-key`, set preferences without AEAD or OCB"  # noqa: E501 - a sentence
    NO_ENCRYPTION = "the certificate has no valid encryption subkey"
    NO_SIGNING = "the certificate has no valid signing key"


class CertificateError(ValueError):
    """A certificate was refused; `reason` is safe to show to its holder."""

    def __init__(self, reason: CertificateRefusal) -> None:
        super().__init__(str(reason))
        self.reason = reason
