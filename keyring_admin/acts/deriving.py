"""Access derived again after an act, where a root is installed."""

from datetime import datetime

from sqlalchemy import Connection

from keyring_admin.acts.rights import root_installed
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.chain.derive import AccessChange, derive_access


def derive_again(
    connection: Connection,
    rules: DirectoryRules,
    *,
    now: datetime,
    party: str | None = None,
    certificate: str | None = None,
) -> tuple[AccessChange, ...]:
    """Judge the certificates of a Party, or the one with this fingerprint, or all anew.

    Without a root, everybody admitted is in force.
    """
    if not root_installed(connection):
        return ()
    special = rules.special_use_domains
    return derive_access(connection, now=now, special_use_domains=special, party=party, certificate=certificate)
