"""Sentences for what the door says of a certificate, and the chain of access: for holders and administrators."""

from collections.abc import Mapping

from gateway.words import Sentence, phrase
from keyring_admin.certificate_refusal import CertificateRefusal
from keyring_admin.chain_state import ChainState

REFUSALS: Mapping[CertificateRefusal, Sentence] = {
    CertificateRefusal.TOO_LARGE: phrase(
        "The certificate is larger than 64 KiB. Export it with `gpg --armor --export-options export-minimal --export`."
    ),
    CertificateRefusal.UNREADABLE: phrase("This is not one OpenPGP certificate, or it is damaged."),
    CertificateRefusal.SEVERAL: phrase("There are several certificates in it: send one."),
    CertificateRefusal.SECRET: phrase(
        "This is a SECRET key. It was not stored. Treat it as known to others: revoke it and make a new one."
    ),
    CertificateRefusal.OLD_VERSION: phrase("The key is of version 3, which is broken: make a new key."),
    CertificateRefusal.NEW_VERSION: phrase(
        "The key is of version 5 or 6, which GnuPG 2.2 cannot read: make a key of version 4."
    ),
    CertificateRefusal.NO_USER_ID: phrase("No User ID in force holds the expected address: add one with that address."),
    CertificateRefusal.TWO_ADDRESSES: phrase(
        "A User ID holds two addresses: revoke it. A good one is: Name <address>."
    ),
    CertificateRefusal.USER_ID_CHARACTERS: phrase(
        "A User ID holds characters that cannot be seen, or is not UTF-8: make a key with a plain name."
    ),
    CertificateRefusal.USER_ID_CONFUSABLE: phrase(
        "A word in a User ID mixes letters of several scripts and may look like another: write it in one script."
    ),
    CertificateRefusal.REVOKED: phrase("The certificate is revoked: make a new key."),
    CertificateRefusal.EXPIRED: phrase("The certificate has expired: extend it, or make a new key."),
    CertificateRefusal.NOT_YET: phrase("The certificate was made in the future: set the clock and make a new key."),
    CertificateRefusal.WEAK: phrase(
        "The key is too weak: RSA needs 2048 bits or more, DSA and ElGamal are not admitted. Make a new key."
    ),
    CertificateRefusal.ALGORITHM: phrase(
        "The algorithm is not admitted: use Curve25519, RSA of 2048 to 8192 bits, or P-256, P-384 or P-521."
    ),
    CertificateRefusal.FLAWED: phrase("The RSA key is flawed and can be broken: make a new key on another device."),
    CertificateRefusal.WEAK_HASH: phrase(
        "The certificate is signed with SHA-1 or older: set its expiry anew with a current GnuPG, which signs it again."
    ),
    CertificateRefusal.FEATURES: phrase(
        "The certificate announces encryption that GnuPG 2.2 cannot read: take AEAD and OCB out of its preferences."
    ),
    CertificateRefusal.NO_ENCRYPTION: phrase("The certificate has no valid encryption subkey: add one or extend it."),
    CertificateRefusal.NO_SIGNING: phrase("The certificate has no valid signing key: add one or extend it."),
}

STATES: Mapping[ChainState, Sentence] = {
    ChainState.BY_HAND: phrase("In force: admitted by hand, no root is installed."),
    ChainState.IN_FORCE: phrase("In force: the chain holds."),
    ChainState.UNDERIVED: phrase("Not in force: not judged yet. `gsp keys derive` does it now."),
    ChainState.NOT_CERTIFIED: phrase(
        "Not in force: no administrator of the Party certified it. `gsp keys request-certification` writes the request."
    ),
    ChainState.NOT_CERTIFIED_BY_ROOT: phrase(
        "Not in force: the root did not certify it. `gsp keys request-certification` writes the request."
    ),
    ChainState.CERTIFIER_NOT_IN_FORCE: phrase(
        "Not in force: whoever certified it is not in force. Another administrator of the Party has to certify it."
    ),
    ChainState.OUT_OF_SCOPE: phrase(
        "Not in force: the administrator who certified it may not do so for this mail domain. Ask one who may."
    ),
    ChainState.CERTIFICATION_EXPIRED: phrase("Not in force: the certification has expired. Have it certified again."),
    ChainState.CERTIFICATION_REVOKED: phrase(
        "Not in force: the certification was revoked. If that was by mistake, have it certified again."
    ),
    ChainState.TRUST_NOT_SCOPED: phrase(
        "Not in force: the root's signature has no scope, a wider one than the Party's mail domains, or another depth "
        "than 1. Have it revoked and made anew."
    ),
    ChainState.EXPIRED: phrase("Not in force: the certificate has expired. Its holder extends or replaces it."),
    ChainState.REVOKED: phrase("Not in force: the certificate is revoked. Its holder needs a new one."),
    ChainState.TOO_WEAK: phrase(
        "Not in force: the certification rests on SHA-1 or older. Have it certified again with a current GnuPG."
    ),
    ChainState.NOT_A_MEMBER: phrase("Not in force: the Party is suspended here, or not a member today."),
}
