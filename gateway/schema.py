"""The envelope log: an append-only table of allow-listed columns. What has no column here is not remembered."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from keyring_admin.database import UtcDateTime, metadata

envelope_log = Table(
    "envelope_log",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("outcome", String(16), nullable=False),  # accepted, refused, delivered, returned, restored
    Column("message_class", String(16)),  # query, reply, acknowledgement, notice, resolve, forms
    Column("exchange", String(26)),
    Column("sending_party", String(8)),
    Column("receiving_party", String(8)),
    Column("form_pack", String(32)),
    Column("form_version", String(16)),
    Column("size_class", Integer),  # octets, rounded up to a power of two
    Column("mode", String(16)),  # direct, sealed, assisted (the gateway could read it)
    Column("uid_count", Integer),  # only where the sender chose to declare it
    Column("rule", String(64)),  # the rule that refused
    Column("test", Boolean, nullable=False),  # a pilot deployment: left out of statistics
    Index("ix_envelope_log_at", "at"),
)
