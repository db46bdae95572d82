"""OpenPGP without keys: armor and the packet walk (RFC 9580). Nothing here decrypts."""
