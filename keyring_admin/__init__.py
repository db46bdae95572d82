"""OpenPGP, certificates and the directory of Parties and officers."""
