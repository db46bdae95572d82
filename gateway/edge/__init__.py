"""The submission edge: SMTP with authentication over TLS (RFC 6409, RFC 8314), in a process of its own."""
