"""The database numbers the rows of the ledger.

Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("ledger_pkey", "ledger")
    op.drop_column("ledger", "id")
    op.add_column("ledger", sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False))
    op.create_primary_key("ledger_pkey", "ledger", ["subject", "id"])
