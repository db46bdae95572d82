"""Whose signatures on a certificate are kept: the chain's. All others are dropped when it is admitted."""

from sqlalchemy import Connection, select

from keyring_admin.administration_schema import administrators, root_certificates
from keyring_admin.schema import officers


def kept_certifiers(connection: Connection, party: str | None) -> frozenset[str] | None:
    """The root's and the Party's administrators' fingerprints; None as long as no root is installed: all are kept,
    for the root that may come."""
    roots = connection.execute(select(root_certificates.c.fingerprint, root_certificates.c.retired_at)).all()
    if not roots:
        return None
    query = (
        select(officers.c.certificate, officers.c.previous_certificate)
        .join(administrators, administrators.c.officer == officers.c.id)
        .where(administrators.c.party == party, administrators.c.ended_at.is_(None))
    )
    held = {fingerprint for row in connection.execute(query) for fingerprint in row if fingerprint is not None}
    return frozenset(held | {fingerprint for fingerprint, retired_at in roots if retired_at is None})
