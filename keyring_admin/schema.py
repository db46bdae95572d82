"""Tables of the directory: Parties, their mail domains, officers, certificates and the IDs of all their keys."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    false,
    true,
)

from keyring_admin.database import UtcDateTime, metadata

parties = Table(
    "parties",
    metadata,
    Column("code", String(8), primary_key=True),  # "KE", "EU"
    Column("name", String(100), nullable=False),
    Column("member_from", Date, nullable=False),
    Column("member_until", Date),
    Column("active", Boolean, nullable=False),
    Column("protection_agreed_on", Date),  # "mutually agreed" protection of confidentiality, if it was told
)

party_domains = Table(
    "party_domains",
    metadata,
    Column("domain", String(253), primary_key=True),
    Column("party", ForeignKey("parties.code"), nullable=False, index=True),
)

certificates = Table(
    "certificates",
    metadata,
    Column("fingerprint", String(64), primary_key=True),  # upper-case hex of the primary key
    Column("octets", LargeBinary, nullable=False),  # binary transferable public key
    Column("purpose", String(16), nullable=False),  # officer, reading, gateway
    Column("party", ForeignKey("parties.code"), index=True),
    Column("admitted_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("person", Integer),  # people.id: who holds it
    Column("chain", String(32), nullable=False, server_default="by-hand"),  # what the chain says; see ChainState
    Column("chain_until", UtcDateTime),  # the first moment at which the chain no longer holds
    Index("ix_certificates_purpose_party", "purpose", "party"),  # of thousands, a mail asks for a few
)

certificate_keys = Table(
    "certificate_keys",
    metadata,
    Column("key_id", String(16), primary_key=True),  # 64-bit key ID, upper-case hex; unique in the directory
    Column("fingerprint", String(64), nullable=False),
    Column("certificate", ForeignKey("certificates.fingerprint"), nullable=False, index=True),
    Column("can_encrypt", Boolean, nullable=False),
    Column("can_sign", Boolean, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked", Boolean, nullable=False),
)

officers = Table(
    "officers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("address", String(254), nullable=False, unique=True),  # canonical, lower case
    Column("party", ForeignKey("parties.code"), nullable=False, index=True),
    Column("password_hash", String(255), nullable=False),  # PHC string, argon2id
    Column("language", String(2), nullable=False),
    Column("can_query", Boolean, nullable=False),
    Column("can_reply", Boolean, nullable=False),
    Column("can_review", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("certificate", ForeignKey("certificates.fingerprint")),
    Column("receipts", Boolean, nullable=False, server_default=false()),  # wants to be told of every delivery
    Column("kind", String(8), nullable=False, server_default="person"),  # person, machine
    Column("can_administer", Boolean, nullable=False, server_default=false()),
    Column("enrolled", Boolean, nullable=False, server_default=true()),  # false: may only write to keys@
    Column("person", Integer),  # people.id
    Column("previous_certificate", String(64)),  # replaced, but still accepted
    Column("previous_until", UtcDateTime),
    Column("tls_certificate", String(64)),  # SHA-256 of its public key, upper-case hex: a machine's way in, no password
    Column("removed_at", UtcDateTime),  # the address stays taken for a while
)
