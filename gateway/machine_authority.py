"""TLS client certificates for machine officers: issued here, pinned in the directory by the hash of their public key.

Contract: a certificate of this authority alone gives no access. Its common name is the SHA-256 of its own public key,
and an officer's row has to name the same; both the edge and Dovecot ask that row at each login, so that taking the
hash out of the row ends the access. (Dovecot 2.3 tells its queries a name from the certificate, never its fingerprint.)
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_FILE = "tls/machines.pem"
AUTHORITY_KEY_FILE = "tls/machines-key.pem"
_AUTHORITY_DAYS = 3650
_SMALLEST_RSA, _SMALLEST_CURVE = 2048, 256  # bits
_REQUEST_LIMIT = 64 * 1024


class MachineCertificateError(ValueError):
    """No certificate is issued. The text says what to do."""


def pin_of_certificate(der: bytes) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo, RFC 7469 §2.4) of a certificate, upper-case hexadecimal.

    der: a certificate OpenSSL has verified. Raises MachineCertificateError.
    """
    try:
        return _pin(x509.load_der_x509_certificate(der).public_key())
    except (ValueError, UnsupportedAlgorithm):
        raise MachineCertificateError("the certificate cannot be read") from None


def make_authority(folder: Path, domain: str) -> bool:
    """Make the authority if there is none: its key (mode 0600) and certificate; return whether it is new."""
    key_file, file = folder / AUTHORITY_KEY_FILE, folder / AUTHORITY_FILE
    if file.exists():
        return False
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{domain} machines")])
    own = (
        _builder(name, name, key.public_key(), days=_AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    octets = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(octets)
    file.write_bytes(own.public_bytes(serialization.Encoding.PEM))
    return True


def issue(folder: Path, request: bytes, *, days: int) -> tuple[bytes, str]:
    """A certificate for the key of a signing request (PKCS #10, PEM), and its pin. Of the request only the key counts.

    Raises MachineCertificateError.
    """
    try:
        asked = x509.load_pem_x509_csr(request[:_REQUEST_LIMIT])
        good = asked.is_signature_valid
        public = asked.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise MachineCertificateError("expected a certificate signing request, PEM") from None
    if not good:
        raise MachineCertificateError("the signing request is not signed by its own key")
    if not _is_strong(public):
        raise MachineCertificateError("expected an RSA key of 2048 bits or more, a NIST curve, or Ed25519")
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY_FILE).read_bytes())
    key = serialization.load_pem_private_key((folder / AUTHORITY_KEY_FILE).read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise MachineCertificateError("the key of the authority is not the one made here")
    pin = _pin(public)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, pin)])
    certificate = (
        _builder(subject, authority.subject, public, days=days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), pin


_Public = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


def _is_strong(public: object) -> bool:
    if isinstance(public, rsa.RSAPublicKey):
        return public.key_size >= _SMALLEST_RSA
    if isinstance(public, ec.EllipticCurvePublicKey):
        return public.key_size >= _SMALLEST_CURVE
    return isinstance(public, ed25519.Ed25519PublicKey)


def _pin(public: object) -> str:
    if not isinstance(public, _Public):
        raise MachineCertificateError("not a kind of key that is admitted")
    info = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(info)
    return digest.finalize().hex().upper()


def _builder(subject: x509.Name, issuer: x509.Name, key: object, *, days: int) -> x509.CertificateBuilder:
    if not isinstance(key, _Public):
        raise MachineCertificateError("not a kind of key that is admitted")
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
