"""The machine room: facts, stock, sessions, leases and settings.

Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


# A guard never just returns fewer rows: the write statement calls this with the keys that were held back.
REFUSE = """
CREATE FUNCTION refuse(keys text[]) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  IF keys IS NOT NULL THEN
    RAISE EXCEPTION 'not enough stock' USING ERRCODE = 'OR001', DETAIL = array_to_json(keys)::text;
  END IF;
  RETURN 0;
END $$
"""


def upgrade() -> None:
    op.execute(REFUSE)
    op.execute("CREATE SEQUENCE feed_replayid")
    op.create_table(
        "autonumber",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "connectedapp",
        sa.Column("client_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(collation="C"), nullable=True),
        sa.Column(
            "run_as_user_id",
            sa.Text(collation="C"),
            nullable=True,
            comment="whom client credentials act for, and the only one a JWT may name",
        ),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("certificate_pem", sa.Text(), nullable=True, comment="checks the signature of JWT assertions"),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("client_id"),
    )
    op.create_table(
        "consumercursor",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("replayid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "shard", name="consumercursor_pkey"),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "credential",
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="argon2id; null: no login by password"),
        sa.Column(
            "security_token_hash",
            sa.Text(collation="C"),
            nullable=True,
            comment="null: the password alone is enough",
        ),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "location_id", sa.Text(collation="C"), nullable=True, comment="the one location of a store associate"
        ),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("failed_logins", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_index("credential_username_key", "credential", [sa.literal_column("lower(username)")], unique=True)
    op.create_table(
        "fact",
        sa.Column(
            "root",
            sa.Text(collation="C"),
            nullable=False,
            comment="the Order it belongs to, or whatever it is about",
        ),
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, 3… within the root"),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "cause", sa.Text(collation="C"), nullable=False, comment="the fact that led to this one, or empty"
        ),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("body", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("root", "number", name="fact_pkey"),
    )
    op.create_table(
        "factinbox",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("root", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        postgresql_with={
            "autovacuum_vacuum_threshold": "2000",
            "autovacuum_vacuum_scale_factor": "0",
            "autovacuum_vacuum_cost_delay": "0",
        },
    )
    op.create_table(
        "feed",
        sa.Column("replayid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("root", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("replayid", name="feed_pkey"),
    )
    op.create_index("feed_shard", "feed", ["shard", "replayid"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("subject", sa.Text(collation="C"), nullable=False, comment="a record id, or sku@location"),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False, comment="the account that gains"),
        sa.Column("credit", sa.Text(), nullable=False, comment="the account that gives"),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column(
            "because",
            sa.Text(collation="C"),
            nullable=False,
            comment="the record a stock movement was for; empty for a field",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "id", name="ledger_pkey"),
    )
    op.create_table(
        "option",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "parkedfact",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "root", "number", name="parkedfact_pkey"),
    )
    op.create_table(
        "position",
        sa.Column("sku", sa.Text(collation="C"), nullable=False),
        sa.Column("location", sa.Text(collation="C"), nullable=False),
        sa.Column("onhand", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("reserved", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("future", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("short", sa.Numeric(), server_default="0", nullable=False),
        sa.CheckConstraint("future >= 0 AND short >= 0", name="position_future_check"),
        sa.CheckConstraint("onhand >= 0", name="position_onhand_check"),
        sa.CheckConstraint("reserved <= onhand + future + short", name="position_promise_check"),
        sa.CheckConstraint("reserved >= 0", name="position_reserved_check"),
        sa.PrimaryKeyConstraint("sku", "location", name="position_pkey"),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_table(
        "process",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("heldto", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "querylocator",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("userid", sa.Text(collation="C"), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("includedeleted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_querylocator_at"), "querylocator", ["at"], unique=False)
    op.create_table(
        "reservation",
        sa.Column("id", sa.Text(collation="C"), nullable=False, comment="the FulfillmentOrderLineItem it is for"),
        sa.Column("sku", sa.Text(collation="C"), nullable=False),
        sa.Column("location", sa.Text(collation="C"), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("createddate", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name="reservation_quantity_check"),
        sa.PrimaryKeyConstraint("id", name="reservation_pkey"),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="access or refresh"),
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("client_id", sa.Text(collation="C"), nullable=True, comment="null: SOAP login"),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_after", sa.Integer(), nullable=True, comment="seconds without use; null: never"),
        sa.Column(
            "refresh_of", sa.Text(collation="C"), nullable=True, comment="the refresh token it was made from"
        ),
        sa.Column(
            "revoked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="by the database's clock, which all processes share",
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index(
        "session_refresh",
        "session",
        ["refresh_of"],
        unique=False,
        postgresql_where=sa.text("refresh_of IS NOT NULL"),
    )
    op.create_index(
        "session_revoked",
        "session",
        ["revoked_at"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    op.create_index("session_user", "session", ["user_id", "created"], unique=False)


def downgrade() -> None:
    op.execute("DROP SEQUENCE feed_replayid")
    op.execute("DROP FUNCTION refuse(text[])")
    op.drop_index("session_user", table_name="session")
    op.drop_index("session_revoked", table_name="session", postgresql_where=sa.text("revoked_at IS NOT NULL"))
    op.drop_index("session_refresh", table_name="session", postgresql_where=sa.text("refresh_of IS NOT NULL"))
    op.drop_table("session")
    op.drop_table("reservation")
    op.drop_index(op.f("ix_querylocator_at"), table_name="querylocator")
    op.drop_table("querylocator")
    op.drop_table("process")
    op.drop_table("position")
    op.drop_table("parkedfact")
    op.drop_table("option")
    op.drop_table("ledger")
    op.drop_index("feed_shard", table_name="feed")
    op.drop_table("feed")
    op.drop_table("factinbox")
    op.drop_table("fact")
    op.drop_index("credential_username_key", table_name="credential")
    op.drop_table("credential")
    op.drop_table("consumercursor")
    op.drop_table("connectedapp")
    op.drop_table("autonumber")
