"""Which units of an order line a fulfillment order line stands for.

Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fulfillmentorderlineitem", sa.Column("units", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("fulfillmentorderlineitem", "units")
