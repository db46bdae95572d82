"""Tables of the queue. docs/states.md names every state and every edge between them."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from keyring_admin.database import UtcDateTime, metadata

exchanges = Table(
    "exchanges",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("token", String(9), nullable=False, unique=True),  # what a Subject shows: 7F3K-9Q2M
    Column("mode", String(16), nullable=False),
    Column("requesting_party", String(8), nullable=False),
    Column("requested_party", String(8), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# Message-IDs the gateway minted: both sides of the exchange know them, so a reply is matched by them.
minted_message_ids = Table(
    "minted_message_ids",
    metadata,
    Column("message_id", String(255), primary_key=True),
    Column("exchange", ForeignKey("exchanges.id"), nullable=False, index=True),
    Column("minted_at", UtcDateTime, nullable=False),
)

# (officer, slip id) is unique until the slip expires: the same body again is an honest retry.
seen_slips = Table(
    "seen_slips",
    metadata,
    Column("officer", Integer, primary_key=True, autoincrement=False),
    Column("slip", String(26), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

bodies = Table(
    "bodies",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("octets", LargeBinary, nullable=False),  # OpenPGP packets: ciphertext, gone once delivered
)

accepted_mails = Table(
    "accepted_mails",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("queue_id", String(16), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("exchange", ForeignKey("exchanges.id"), nullable=False),
    Column("message_class", String(16), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("presentation", String(16), nullable=False),  # mime, file, inline
    Column("sender", Integer),  # officer id; NULL once nobody has to be told anything any more
    Column("sending_party", String(8), nullable=False),
    Column("receiving_party", String(8), nullable=False),
    Column("body", ForeignKey("bodies.id")),  # NULL once processed: the deliveries refer to it then
    Column("body_sha256", String(64), nullable=False),
    Column("library_version", Integer, nullable=False),
    Column("log_position", Integer, nullable=False),  # of its acceptance in the envelope log
    Column("rules_passed", Text, nullable=False),  # names, one space apart
    Column("unmatched_reply", Boolean, nullable=False),  # named an exchange that does not fit
    Column("delay_told", Boolean, nullable=False, server_default=false()),  # its sender had the notice of the delay
    Column("receipt", Boolean, nullable=False, server_default=false()),  # its sender asked for a receipt of this mail
    Index("ix_accepted_mails_state_id", "state", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("queue_id", String(26), nullable=False),
    Column("kind", String(16), nullable=False),  # party, sent, notice
    Column("mail", ForeignKey("accepted_mails.id"), index=True),  # NULL for a notice
    Column("mailbox", String(254), nullable=False),  # LMTP recipient
    Column("message_id", String(255), nullable=False),  # the token by which a second delivery is recognised
    Column("head", LargeBinary, nullable=False),  # everything before the armor
    Column("tail", LargeBinary, nullable=False),  # everything after it
    Column("body", ForeignKey("bodies.id")),  # NULL: head holds the whole mail
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    Column("uncertain", Boolean, nullable=False),  # an earlier attempt may have delivered it
    UniqueConstraint("mailbox", "message_id"),
    Index("ix_deliveries_state_next_attempt_at", "state", "next_attempt_at"),
)
