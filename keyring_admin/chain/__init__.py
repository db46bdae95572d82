"""The chain from the Secretariat's root to an officer (DESIGN §8): who certified what, what it means, what is in force.

GnuPG says which signatures verify (keyring_admin/gnupg_listing.py). What they mean is decided here, by pure functions:
`signatures` reads them, `scope` reads how far a trust signature reaches, `judgement` decides, `derive` keeps the
decisions in the directory.
"""
