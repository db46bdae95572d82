"""The officer's own GnuPG: the secret key never leaves it, and every certificate is named by its full fingerprint."""

import re
from pathlib import Path

import gnupg
from openpgp.composed import Message
from openpgp.errors import Error as RpgpError

from gateway.officer.problem import OfficerProblemError
from gateway.words import phrase
from keyring_admin.gnupg_writer import gnupg_home, keyring_locked
from keyring_admin.openpgp.opening import OpenedMessage, UnopenableError, inner_message

_FINGERPRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")
# No look-ups over the network, no passphrase on a command line; compression would undo the padding.
_COMMON = ["--no-auto-key-locate", "--no-auto-key-retrieve", "--no-encrypt-to"]
_PLAINTEXT_LIMIT = 64 * 1024 * 1024


class OfficerKeyring:
    """One GnuPG home of an officer. home: None for GnuPG's own default."""

    def __init__(self, home: Path | None) -> None:
        if home is not None and not home.is_dir():
            raise OfficerProblemError(phrase("there is no GnuPG home {folder}", folder=str(home)))
        self._home = home
        self._gnupg = gnupg.GPG(gnupghome=str(home) if home is not None else None, use_agent=True)

    def own_key(self, address: str, fingerprint: str | None = None) -> str:
        """The fingerprint of the one secret key for `address`; of several, the one with this full fingerprint."""
        if "@" not in address:
            raise OfficerProblemError(phrase("expected your address with --officer; your key is named with --key"))
        wanted = fingerprint.upper().replace(" ", "") if fingerprint is not None else None
        keys = [
            key
            for key in self._gnupg.list_keys(secret=True)
            if wanted in {None, key["fingerprint"]} and any(_address_in(uid) == address.lower() for uid in key["uids"])
        ]
        if len(keys) != 1:
            raise OfficerProblemError(
                phrase("expected one secret key for this officer: name it by its full fingerprint with --key")
            )
        return str(keys[0]["fingerprint"])

    def holds_key(self, address: str, fingerprint: str) -> bool:
        """Whether the secret key with this full fingerprint is here and is for `address`."""
        return any(
            key["fingerprint"] == fingerprint and any(_address_in(uid) == address.lower() for uid in key["uids"])
            for key in self._gnupg.list_keys(secret=True)
        )

    def certificate(self, fingerprint: str) -> bytes | None:
        """The certificate with this full fingerprint, binary, if the keyring has it."""
        if not self._gnupg.list_keys(keys=_checked(fingerprint)):
            return None
        exported = self._gnupg.export_keys(_checked(fingerprint), armor=False)
        return bytes(exported)

    def import_certificate(self, armor: str, fingerprint: str) -> None:
        """Import one certificate that must have this fingerprint."""
        with keyring_locked(gnupg_home(self._home)):
            imported = self._gnupg.import_keys(armor)
        if fingerprint not in imported.fingerprints:
            raise OfficerProblemError(
                phrase("a certificate in the address book does not have the fingerprint it claims")
            )

    def sign_and_encrypt(self, octets: bytes, *, signer: str, recipients: list[str]) -> bytes:
        """Binary packets, encrypted to full fingerprints and signed. Raises OfficerProblemError."""
        done = self._gnupg.encrypt(
            octets,
            [_checked(recipient) for recipient in recipients],
            sign=_checked(signer),
            always_trust=True,  # the fingerprints come from the address book, compared by a human
            armor=False,
            # A certificate's preferences may ask for 3DES (KEY-19); everybody here reads AES-256 (RFC 9580 §9.3).
            extra_args=[*_COMMON, "--cipher-algo", "AES256", "--compress-algo", "none", "--set-filename", ""],
        )
        if not done.ok or done.returncode != 0:
            raise OfficerProblemError(
                phrase(
                    "GnuPG could not sign and encrypt: is the certificate imported (`gsp directory import`), "
                    "in force, and your passphrase right?"
                )
            )
        return bytes(done.data)

    def open(self, octets: bytes) -> OpenedMessage:
        """Decrypt a message whose structure the packet walk has accepted. Raises OfficerProblemError.

        GnuPG only takes the encryption off; what is inside is read as strictly as the gateway reads a slip.
        """
        done = self._gnupg.decrypt(octets, always_trust=True, extra_args=[*_COMMON, "--unwrap"])
        if done.returncode != 0 or not done.data or len(done.data) > _PLAINTEXT_LIMIT:
            raise OfficerProblemError(phrase("this mail cannot be decrypted with your key"))
        try:
            return inner_message(Message.from_bytes(bytes(done.data)), limit=_PLAINTEXT_LIMIT)
        except (RpgpError, UnopenableError):
            raise OfficerProblemError(phrase("this mail was decrypted, but its inside is malformed")) from None


def _checked(fingerprint: str) -> str:
    """GnuPG takes anything else for a part of a name, or for an option."""
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise OfficerProblemError(phrase("expected a full fingerprint"))
    return fingerprint


def _address_in(user_id: str) -> str:
    return user_id.rpartition("<")[2].removesuffix(">").strip().lower()
