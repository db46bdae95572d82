"""Tables of the library's life: declarations, consents, proposals, approvals, versions. All of it is public one day."""

from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from keyring_admin.database import UtcDateTime, metadata

library_declarations = Table(
    "library_declarations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False, unique=True),  # of the form's canonical octets
    Column("party", String(8), nullable=False),
    Column("certificate", String(64), nullable=False),  # fingerprint
    Column("signed_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("form", LargeBinary, nullable=False),
    Column("message", LargeBinary, nullable=False),  # as it came, signature included
    Column("state", String(16), nullable=False),  # pending, published, withdrawn, refused
    Column("version", Integer),  # that published it
)

library_consents = Table(
    "library_consents",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("party", String(8), nullable=False),
    Column("pattern", String(64), nullable=False),
    Column("other_pattern", String(64), nullable=False),
    Column("document", String(64), nullable=False),  # SHA-256 of what holds the other pattern
    Column("effect", String(16), nullable=False),
    Column("certificate", String(64), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("message", LargeBinary, nullable=False),
    UniqueConstraint("party", "pattern", "other_pattern", "document"),
)

library_proposals = Table(
    "library_proposals",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the proposed library
    Column("number", Integer, nullable=False),
    Column("octets", LargeBinary, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("rollback_of", Integer),  # the version whose content it has
    Column("declarations", Text, nullable=False),  # their SHA-256, one a line
    Column("open", Boolean, nullable=False),
)

library_approvals = Table(
    "library_approvals",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("library_sha256", String(64), nullable=False),
    Column("certificate", String(64), nullable=False),
    Column("party", String(8), nullable=False),  # "" for the Secretariat
    Column("approved_at", UtcDateTime, nullable=False),
    Column("message", LargeBinary, nullable=False),
    UniqueConstraint("library_sha256", "certificate"),
)

library_versions = Table(
    "library_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("predecessor", String(64), nullable=False),
    Column("issued", Date, nullable=False),
    Column("expires", Date, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("rollback_of", Integer),
    Column("octets", LargeBinary, nullable=False),
    Column("released", LargeBinary),  # with both signatures; none for what the gateway started with
)
