"""The officers of a Party with the state of their certificates, as an administrator gets them."""

import csv
import io
from datetime import datetime

from sqlalchemy import Connection, select

from keyring_admin.schema import certificate_keys, certificates, officers

_COLUMNS = ("address", "kind", "roles", "active", "enrolled", "certificate", "withdrawn", "ends", "chain")
_ROLES = ("query", "reply", "review", "administer")


def officers_table(connection: Connection, party: str, now: datetime) -> bytes:
    """CSV (RFC 4180), UTF-8, one officer a line in the order of the addresses. now: only for what has ended."""
    primary = certificate_keys.c.fingerprint == certificates.c.fingerprint
    query = (
        select(officers, certificates.c.withdrawn_at, certificates.c.chain)
        .add_columns(certificate_keys.c.expires_at, certificate_keys.c.revoked)
        .outerjoin(certificates, certificates.c.fingerprint == officers.c.certificate)
        .outerjoin(certificate_keys, primary)
        .where(officers.c.party == party, officers.c.removed_at.is_(None))
        .order_by(officers.c.address)
    )
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for row in connection.execute(query).mappings():
        ends = row["expires_at"]
        ended = ends is not None and ends <= now
        writer.writerow(
            (
                row["address"],
                row["kind"],
                " ".join(role for role in _ROLES if row[f"can_{role}"]),
                "yes" if row["active"] else "suspended",
                "yes" if row["enrolled"] else "invited",
                row["certificate"] or "",
                "revoked" if row["withdrawn_at"] is not None or row["revoked"] else "",
                "ended" if ended else f"{ends:%Y-%m-%d}" if ends is not None else "",
                row["chain"] or "",
            )
        )
    return text.getvalue().encode("utf-8")
