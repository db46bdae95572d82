"""People, administrators, the certification chain, enrolment, and the key log"""

import sqlalchemy as sa
from alembic import op

from keyring_admin.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "key_log",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=8), nullable=True),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=16), nullable=False),
        sa.Column("signed_by", sa.String(length=64), nullable=True),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=True),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_key_log")),
        sa.UniqueConstraint("hash", name=op.f("uq_key_log_hash")),
    )
    op.create_index(op.f("ix_key_log_party"), "key_log", ["party"], unique=False)
    op.create_table(
        "key_log_evidence",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_key_log_evidence")),
    )
    op.create_table(
        "key_requests",
        sa.Column("officer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("officer", "id", name=op.f("pk_key_requests")),
    )
    op.create_index(op.f("ix_key_requests_expires_at"), "key_requests", ["expires_at"], unique=False)
    op.create_table(
        "root_certificates",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("installed_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_root_certificates")),
    )
    op.create_table(
        "authorities",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("party", sa.String(length=8), nullable=False),
        sa.Column("article", sa.String(length=8), nullable=False),
        sa.Column("designated", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("contact_name", sa.String(length=100), nullable=True),
        sa.Column("contact_address", sa.String(length=254), nullable=True),
        sa.Column("contact_telephone", sa.String(length=40), nullable=True),
        sa.Column("governmental", sa.Boolean(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.code"], name=op.f("fk_authorities_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorities")),
    )
    op.create_table(
        "experts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("party", sa.String(length=8), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("languages", sa.String(length=40), nullable=False),
        sa.Column("contact_address", sa.String(length=254), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.code"], name=op.f("fk_experts_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experts")),
    )
    op.create_index(op.f("ix_experts_party"), "experts", ["party"], unique=False)
    op.create_table(
        "key_log_heads",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=8), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.code"], name=op.f("fk_key_log_heads_party_parties")),
        sa.ForeignKeyConstraint(["sequence"], ["key_log.sequence"], name=op.f("fk_key_log_heads_sequence_key_log")),
        sa.PrimaryKeyConstraint("sequence", "party", name=op.f("pk_key_log_heads")),
    )
    op.create_table(
        "party_names",
        sa.Column("party", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.code"], name=op.f("fk_party_names_party_parties")),
        sa.PrimaryKeyConstraint("party", "language", name=op.f("pk_party_names")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("party", sa.String(length=8), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.code"], name=op.f("fk_people_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index(op.f("ix_people_party"), "people", ["party"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=8), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("public_until", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.code"], name=op.f("fk_proposals_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_party"), "proposals", ["party"], unique=False)
    op.create_table(
        "reading_rotations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("party", sa.String(length=8), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.code"], name=op.f("fk_reading_rotations_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_rotations")),
    )
    op.create_index(op.f("ix_reading_rotations_party"), "reading_rotations", ["party"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("proposal", sa.String(length=26), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("approves", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_approvals_person_people")),
        sa.ForeignKeyConstraint(["proposal"], ["proposals.id"], name=op.f("fk_approvals_proposal_proposals")),
        sa.PrimaryKeyConstraint("proposal", "person", name=op.f("pk_approvals")),
    )
    op.create_table(
        "key_warnings",
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"], ["certificates.fingerprint"], name=op.f("fk_key_warnings_certificate_certificates")
        ),
        sa.PrimaryKeyConstraint("certificate", "expires_at", "days", name=op.f("pk_key_warnings")),
    )
    op.create_table(
        "administrators",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("officer", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=8), nullable=False),
        sa.Column("region", sa.String(length=100), nullable=True),
        sa.Column("appointed_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["officer"], ["officers.id"], name=op.f("fk_administrators_officer_officers")),
        sa.ForeignKeyConstraint(["party"], ["parties.code"], name=op.f("fk_administrators_party_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administrators")),
        sa.UniqueConstraint("officer", name=op.f("uq_administrators_officer")),
    )
    op.create_index(op.f("ix_administrators_party"), "administrators", ["party"], unique=False)
    op.create_table(
        "enrolments",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("officer", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("challenge_sha256", sa.String(length=64), nullable=True),
        sa.Column("challenged_at", UtcDateTime(), nullable=True),
        sa.Column("proved_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["issued_by"], ["people.id"], name=op.f("fk_enrolments_issued_by_people")),
        sa.ForeignKeyConstraint(["officer"], ["officers.id"], name=op.f("fk_enrolments_officer_officers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
    )
    op.create_index(op.f("ix_enrolments_officer"), "enrolments", ["officer"], unique=False)
    op.create_table(
        "administrator_domains",
        sa.Column("administrator", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.ForeignKeyConstraint(
            ["administrator"], ["administrators.id"], name=op.f("fk_administrator_domains_administrator_administrators")
        ),
        sa.ForeignKeyConstraint(
            ["domain"], ["party_domains.domain"], name=op.f("fk_administrator_domains_domain_party_domains")
        ),
        sa.PrimaryKeyConstraint("administrator", "domain", name=op.f("pk_administrator_domains")),
    )
    op.add_column("certificates", sa.Column("person", sa.Integer(), nullable=True))
    op.add_column("certificates", sa.Column("chain", sa.String(length=32), server_default="by-hand", nullable=False))
    op.add_column("certificates", sa.Column("chain_until", UtcDateTime(), nullable=True))
    op.add_column("notice_requests", sa.Column("details", sa.Text(), nullable=True))
    op.add_column("notice_requests", sa.Column("attachment", sa.LargeBinary(), nullable=True))
    op.add_column("notice_requests", sa.Column("attachment_name", sa.String(length=64), nullable=True))
    op.add_column("notice_requests", sa.Column("encrypt_to", sa.LargeBinary(), nullable=True))
    op.add_column("officers", sa.Column("kind", sa.String(length=8), server_default="person", nullable=False))
    op.add_column("officers", sa.Column("can_administer", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("officers", sa.Column("enrolled", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("officers", sa.Column("person", sa.Integer(), nullable=True))
    op.add_column("officers", sa.Column("previous_certificate", sa.String(length=64), nullable=True))
    op.add_column("officers", sa.Column("previous_until", UtcDateTime(), nullable=True))
    op.add_column("officers", sa.Column("tls_certificate", sa.String(length=64), nullable=True))
    op.add_column("officers", sa.Column("removed_at", UtcDateTime(), nullable=True))
    op.add_column("parties", sa.Column("protection_agreed_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("parties", "protection_agreed_on")
    op.drop_column("officers", "removed_at")
    op.drop_column("officers", "tls_certificate")
    op.drop_column("officers", "previous_until")
    op.drop_column("officers", "previous_certificate")
    op.drop_column("officers", "person")
    op.drop_column("officers", "enrolled")
    op.drop_column("officers", "can_administer")
    op.drop_column("officers", "kind")
    op.drop_column("notice_requests", "encrypt_to")
    op.drop_column("notice_requests", "attachment_name")
    op.drop_column("notice_requests", "attachment")
    op.drop_column("notice_requests", "details")
    op.drop_column("certificates", "chain_until")
    op.drop_column("certificates", "chain")
    op.drop_column("certificates", "person")
    op.drop_table("administrator_domains")
    op.drop_index(op.f("ix_enrolments_officer"), table_name="enrolments")
    op.drop_table("enrolments")
    op.drop_index(op.f("ix_administrators_party"), table_name="administrators")
    op.drop_table("administrators")
    op.drop_table("key_warnings")
    op.drop_table("approvals")
    op.drop_index(op.f("ix_reading_rotations_party"), table_name="reading_rotations")
    op.drop_table("reading_rotations")
    op.drop_index(op.f("ix_proposals_party"), table_name="proposals")
    op.drop_table("proposals")
    op.drop_index(op.f("ix_people_party"), table_name="people")
    op.drop_table("people")
    op.drop_table("party_names")
    op.drop_table("key_log_heads")
    op.drop_index(op.f("ix_experts_party"), table_name="experts")
    op.drop_table("experts")
    op.drop_table("authorities")
    op.drop_table("root_certificates")
    op.drop_index(op.f("ix_key_requests_expires_at"), table_name="key_requests")
    op.drop_table("key_requests")
    op.drop_table("key_log_evidence")
    op.drop_index(op.f("ix_key_log_party"), table_name="key_log")
    op.drop_table("key_log")
