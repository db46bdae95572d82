"""Acts on the root certificate (DESIGN §8): installed once, replaced by four eyes, refreshed by its own signatures.

The root's secret key never comes here. All raise CertificateError, DirectoryError and GnuPGError.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from keyring_admin.acts.actor import Actor
from keyring_admin.acts.deriving import derive_again
from keyring_admin.acts.recording import record_act
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.administration_schema import root_certificates
from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.certificate_store import certificate_by_key_id
from keyring_admin.certificates import CertificateFacts, describe_certificate, examine_issuer, merged
from keyring_admin.chain.derive import AccessChange
from keyring_admin.directory_error import DirectoryError
from keyring_admin.key_log.log import record


@dataclass(frozen=True, slots=True)
class Root:
    """A root certificate. retired_at: None for the one in force."""

    fingerprint: str
    octets: bytes
    installed_at: datetime
    retired_at: datetime | None = None


def roots(connection: Connection) -> list[Root]:
    """Every root there ever was, in the order in which they came."""
    query = select(root_certificates).order_by(root_certificates.c.installed_at, root_certificates.c.fingerprint)
    return [Root(**row) for row in connection.execute(query).mappings()]


def root_in_force(connection: Connection) -> Root | None:
    """The one that is not retired."""
    return next((root for root in roots(connection) if root.retired_at is None), None)


def examine_root(connection: Connection, octets: bytes, *, now: datetime) -> CertificateFacts:
    """Whether a certificate can be a root here at all: strong, in force, and nobody else's."""
    facts = examine_issuer(octets, now=now)
    if any(certificate_by_key_id(connection, key.key_id) is not None for key in facts.keys):
        raise DirectoryError("this certificate, or one with the same key ID, is in the directory for somebody else")
    return facts


def install_root(
    connection: Connection, actor: Actor, octets: bytes, *, rules: DirectoryRules, now: datetime
) -> tuple[AccessChange, ...]:
    """Install the first root; return whose access changes: from now on, only what the chain certifies is in force."""
    if roots(connection):
        raise DirectoryError("a root is installed; another takes its place by `gsp keys propose replace-root`")
    facts = _store(connection, octets, now)
    # Nobody's signature is asked for: before the first root there is nobody who could sign.
    record(connection, "root-installed", actor, now=now, subject=facts.fingerprint)
    return derive_again(connection, rules, now=now)


def replace_root(
    connection: Connection, actor: Actor, octets: bytes, *, rules: DirectoryRules, now: datetime
) -> tuple[AccessChange, ...]:
    """Put another root in the place of the one in force; return whose access changes.

    What the former root certified no longer counts: have the new one certify administrators and reading certificates
    first. An administrator's certification of an officer goes on counting.
    """
    former = root_in_force(connection)
    if former is None:
        raise DirectoryError("no root is installed; `gsp keys root install` does it")
    require_right(connection, actor, Act.ROOT_REPLACED, now=now)
    if read_one_certificate(octets).fingerprint in {root.fingerprint for root in roots(connection)}:
        raise DirectoryError("this certificate is or was a root here; a retired one does not come back")
    connection.execute(
        update(root_certificates).where(root_certificates.c.fingerprint == former.fingerprint).values(retired_at=now)
    )
    facts = _store(connection, octets, now)
    details = {"former": former.fingerprint}
    record_act(connection, Act.ROOT_REPLACED, actor, now=now, party=None, subject=facts.fingerprint, details=details)
    return derive_again(connection, rules, now=now)


def refresh_root(
    connection: Connection, actor: Actor, octets: bytes, *, rules: DirectoryRules, now: datetime
) -> tuple[AccessChange, ...]:
    """Take a fresh copy of the root in force: a new expiry, or its revocation, which no older copy takes back."""
    root = root_in_force(connection)
    packets = read_one_certificate(octets)
    if root is None or packets.fingerprint != root.fingerprint:
        raise DirectoryError("this is not the root in force")
    joined = read_one_certificate(merged(root.octets, packets.octets)).certified_only_by(())
    if joined != root.octets:
        facts = describe_certificate(joined)
        connection.execute(
            update(root_certificates).where(root_certificates.c.fingerprint == root.fingerprint).values(octets=joined)
        )
        details = {"revoked": facts.keys[0].revoked}
        record(connection, "root-refreshed", actor, now=now, subject=root.fingerprint, details=details)
    return derive_again(connection, rules, now=now)


def _store(connection: Connection, octets: bytes, now: datetime) -> CertificateFacts:
    facts = examine_root(connection, octets, now=now)
    own = read_one_certificate(facts.octets).certified_only_by(())
    connection.execute(insert(root_certificates).values(fingerprint=facts.fingerprint, octets=own, installed_at=now))
    return facts
