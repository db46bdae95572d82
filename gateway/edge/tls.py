"""TLS of the edge: one strict server context (RFC 8314, RFC 9325), replaced as a whole on renewal."""

import ssl
from pathlib import Path

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # RFC 9325 §4.2; the suites of TLS 1.3 are set by OpenSSL itself


class TlsCertificateError(Exception):
    """Certificate or key cannot be used. The message is constant."""

    def __init__(self) -> None:
        super().__init__("tls_certificate_unusable")


def build_context(
    certificate: Path, key: Path, *, require_server_name: bool = False, clients: Path | None = None
) -> ssl.SSLContext:
    """A server context from a PEM chain and its PEM key.

    require_server_name: end handshakes without a server name (RFC 6066 §3). clients: authority of client certificates,
    PEM; if the file is there, clients are asked for one, and need not have any. Raises TlsCertificateError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996
    context.set_ciphers(_CIPHERS)
    # RFC 9325 §3.4, §3.5: no renegotiation; no tickets, whose key would undo forward secrecy in TLS 1.2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    context.num_tickets = 0
    if require_server_name:
        context.sni_callback = _demand_name
    try:
        context.load_cert_chain(certificate, key)
        if clients is not None and clients.exists():
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ssl.SSLError):
        raise TlsCertificateError from None
    return context


def _demand_name(_connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
    return None if name else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


class Tls:
    """The context in force. Sessions keep the one they began with, so a reload drops nobody."""

    def __init__(
        self, certificate: Path, key: Path, *, require_server_name: bool = False, clients: Path | None = None
    ) -> None:
        self._certificate = certificate
        self._clients = clients
        self._key = key
        self._require_server_name = require_server_name
        self.context = self._build()

    def _build(self) -> ssl.SSLContext:
        return build_context(
            self._certificate, self._key, require_server_name=self._require_server_name, clients=self._clients
        )

    def reload(self) -> None:
        """Read certificate and key again. If they can't be used the old ones stay. Raises TlsCertificateError."""
        self.context = self._build()
