"""The gateway's signatures: on seals, and on the notices it writes. Made by the processing program only."""

import base64
from datetime import UTC, datetime

import pysequoia

from keyring_admin.certificate_store import Certificate
from keyring_admin.gateway_key import GatewaySecret


class CannotEncryptError(ValueError):
    """The certificate is not fit to encrypt to."""


class GatewaySigner:
    """Signs with the gateway's signing subkey, which it holds in memory."""

    def __init__(self, secret: GatewaySecret) -> None:
        self._signer = pysequoia.Tsk.from_bytes(secret.octets).signer()

    def sign_detached(self, octets: bytes) -> bytes:
        """A binary detached signature."""
        return pysequoia.sign(self._signer, octets, mode=pysequoia.SignatureMode.DETACHED, armor=False)

    def sign_clearly(self, octets: bytes) -> bytes:
        """An armored detached signature, for a notice that cannot be encrypted."""
        return pysequoia.sign(self._signer, octets, mode=pysequoia.SignatureMode.DETACHED, armor=True)

    def sign_and_encrypt(self, octets: bytes, certificate: Certificate | None) -> bytes:
        """Encrypted packets for one holder. Raises CannotEncryptError.

        The library encrypts to revoked and expired certificates without a word, so validity is checked here.
        """
        if certificate is None or not certificate.encryption_key_ids(datetime.now(UTC)):
            raise CannotEncryptError("the holder has no encryption key in force")
        return self.sign_and_encrypt_to(octets, certificate.octets)

    def sign_and_encrypt_to(self, octets: bytes, certificate: bytes) -> bytes:
        """The same for a certificate that was examined but is not in the directory. Raises CannotEncryptError."""
        try:
            cert = pysequoia.Cert.from_bytes(certificate)
            return pysequoia.encrypt(octets, [cert], signer=self._signer, armor=False)
        except (RuntimeError, OSError):
            raise CannotEncryptError("the holder has no encryption key in force") from None


def verify_detached(octets: bytes, signature: bytes, certificate: bytes) -> bool:
    """Whether `signature` is the certificate's good signature over these octets."""
    try:
        cert = pysequoia.Cert.from_bytes(certificate)
        verified = pysequoia.verify(
            bytes=octets, signature=pysequoia.Sig.from_bytes(signature), store=lambda _ids: [cert]
        )
    except (RuntimeError, OSError):
        return False
    return len(verified.valid_sigs) == 1


def base64_text(octets: bytes) -> str:
    """Base64 on one line."""
    return base64.b64encode(octets).decode("ascii")
