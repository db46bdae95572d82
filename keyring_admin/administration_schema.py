"""Tables of the administration: people, administrators, authorities, proposals, enrolments, and the key log.

The mail path reads none of them: what it needs is in keyring_admin/schema.py, derived whenever something here changes.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from keyring_admin.database import UtcDateTime, metadata

root_certificates = Table(
    "root_certificates",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("octets", LargeBinary, nullable=False),
    Column("installed_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),  # at most one root is not retired
)

party_names = Table(
    "party_names",
    metadata,
    Column("party", ForeignKey("parties.code"), primary_key=True),
    Column("language", String(2), primary_key=True),
    Column("name", String(100), nullable=False),
)

# Who stands behind certificates: four eyes are two people, not two keys.
people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("party", ForeignKey("parties.code"), index=True),  # NULL: of the Secretariat
    Column("name", String(100), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
)

administrators = Table(
    "administrators",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("officer", ForeignKey("officers.id"), nullable=False, unique=True),
    Column("party", ForeignKey("parties.code"), nullable=False, index=True),
    Column("region", String(100)),  # of a region of the Party; NULL: of the whole Party
    Column("appointed_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

# The mail domains an administrator may certify addresses in: all of the Party's, or those of the region.
administrator_domains = Table(
    "administrator_domains",
    metadata,
    Column("administrator", ForeignKey("administrators.id"), primary_key=True),
    Column("domain", ForeignKey("party_domains.domain"), primary_key=True),
)

authorities = Table(
    "authorities",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("party", ForeignKey("parties.code"), nullable=False),
    Column("article", String(8), nullable=False),  # "8.8", "20" … "30"
    Column("designated", Boolean, nullable=False),  # false: the Party said that it has not designated one
    Column("name", String(200)),
    Column("contact_name", String(100)),
    Column("contact_address", String(254)),
    Column("contact_telephone", String(40)),
    Column("governmental", Boolean),  # declared: not of the tobacco industry, nor on its behalf
    Column("since", Date, nullable=False),
    Column("until", Date),
)

experts = Table(
    "experts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("party", ForeignKey("parties.code"), index=True),  # NULL: named by the Secretariat
    Column("name", String(100), nullable=False),
    Column("field", String(200), nullable=False),
    Column("languages", String(40), nullable=False),  # codes, one space apart
    Column("contact_address", String(254)),
    Column("since", Date, nullable=False),
    Column("until", Date),
)

# Acts that need more than one pair of eyes.
proposals = Table(
    "proposals",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("act", String(32), nullable=False),
    Column("party", ForeignKey("parties.code"), index=True),
    Column("payload", Text, nullable=False),  # canonical JSON: what would be done
    Column("state", String(16), nullable=False),  # open, done, rejected, expired
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("public_until", UtcDateTime),  # not before then, so that everybody could see it coming
    Column("closed_at", UtcDateTime),
)

approvals = Table(
    "approvals",
    metadata,
    Column("proposal", ForeignKey("proposals.id"), primary_key=True),
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("certificate", String(64), nullable=False),  # fingerprint that signed
    Column("approves", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("statement", LargeBinary, nullable=False),  # as it came, signature included
)

# An account that may only write to keys@ until its officer has proved to hold the key.
enrolments = Table(
    "enrolments",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("officer", ForeignKey("officers.id"), nullable=False, index=True),
    Column("state", String(16), nullable=False),  # issued, challenged, proved, approved, rejected, expired
    Column("code_sha256", String(64), nullable=False),
    Column("issued_by", ForeignKey("people.id")),  # NULL: the custodian, before there is an administrator
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("certificate", LargeBinary),  # what the officer sent; in no other table before it is approved
    Column("fingerprint", String(64)),
    Column("challenge_sha256", String(64)),
    Column("challenged_at", UtcDateTime),
    Column("proved_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
)

# Requests to keys@ that were served: each is served once.
key_requests = Table(
    "key_requests",
    metadata,
    Column("officer", Integer, primary_key=True, autoincrement=False),
    Column("id", String(64), primary_key=True),
    Column("act", String(32), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

# Which warnings before an expiry were given.
key_warnings = Table(
    "key_warnings",
    metadata,
    Column("certificate", ForeignKey("certificates.fingerprint"), primary_key=True),
    Column("expires_at", UtcDateTime, primary_key=True),
    Column("days", Integer, primary_key=True),
    Column("told_at", UtcDateTime, nullable=False),
)

# Somebody who held a Party's reading key is gone: overdue until the certificate is another.
reading_rotations = Table(
    "reading_rotations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("party", ForeignKey("parties.code"), nullable=False, index=True),
    Column("certificate", String(64), nullable=False),  # that has to go
    Column("reason", String(32), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
)

# DESIGN §8: append-only, hash-chained; nothing in it is secret from any Party.
key_log = Table(
    "key_log",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("act", String(32), nullable=False),
    Column("party", String(8), index=True),
    Column("subject", String(64)),  # fingerprint
    Column("details", Text, nullable=False),  # canonical JSON
    Column("actor", String(16), nullable=False),  # custodian, gateway, or person and their id
    Column("signed_by", String(64)),  # fingerprint
    Column("evidence_sha256", String(64)),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

# What an entry rests on, as it came: outside the hash chain, which holds its SHA-256.
key_log_evidence = Table(
    "key_log_evidence",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("octets", LargeBinary, nullable=False),
)

key_log_heads = Table(
    "key_log_heads",
    metadata,
    Column("sequence", ForeignKey("key_log.sequence"), primary_key=True),
    Column("party", ForeignKey("parties.code"), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("certificate", String(64), nullable=False),  # fingerprint that signed
    Column("at", UtcDateTime, nullable=False),
    Column("statement", LargeBinary, nullable=False),
)
