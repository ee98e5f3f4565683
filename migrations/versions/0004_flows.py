"""Flows that were switched, and flows of the merchant's own.

Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flow",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("text", sa.Text(), nullable=True, comment="its YAML; null: a standard flow that was switched"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("flow")
