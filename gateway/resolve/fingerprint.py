"""The full fingerprint of a certificate."""

import pysequoia


def fingerprint_of(octets: bytes) -> str:
    """Upper-case hexadecimal. octets: one binary certificate of the directory."""
    return str(pysequoia.Cert.from_bytes(octets).fingerprint).upper()
