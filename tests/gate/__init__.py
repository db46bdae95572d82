"""The gate, and the OpenPGP packet walk under it."""
