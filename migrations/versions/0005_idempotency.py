"""Idempotency keys: answers given, and the claim of a key.

Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


# Two statements in one call: the second sees what was committed before the first took its locks, as one
# statement with both would not. So a lock that was free because its holder had just committed shows the answer.
CLAIM = """
CREATE FUNCTION claim(userids text[], keys text[], locks bigint[])
RETURNS TABLE (free boolean, request text, status smallint, headers json, body text)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE frees boolean[];
BEGIN
  frees := ARRAY(SELECT pg_try_advisory_xact_lock(l.id) FROM unnest(locks) WITH ORDINALITY l(id, n) ORDER BY l.n);
  RETURN QUERY SELECT k.free, i.request, i.status, i.headers, i.body
    FROM unnest(userids, keys, frees) WITH ORDINALITY k(userid, key, free, n)
    LEFT JOIN LATERAL (SELECT * FROM idempotency o WHERE o.userid = k.userid AND o.key = k.key LIMIT 1) i ON true
    ORDER BY k.n;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "idempotency",
        sa.Column("userid", sa.Text(collation="C"), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "request", sa.Text(collation="C"), nullable=False, comment="SHA-256 of method, address and body"
        ),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("userid", "key", name="idempotency_pkey"),
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False)
    op.execute(CLAIM)


def downgrade() -> None:
    op.execute("DROP FUNCTION claim(text[], text[], bigint[])")
    op.drop_index(op.f("ix_idempotency_at"), table_name="idempotency")
    op.drop_table("idempotency")
