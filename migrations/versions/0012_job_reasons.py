"""Why a job ended without an outcome, for whoever has to decide what becomes of it.

Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "job",
        sa.Column("reason", sa.Text(), nullable=True, comment="why the last attempt ended without an outcome"),
    )


def downgrade() -> None:
    op.drop_column("job", "reason")
