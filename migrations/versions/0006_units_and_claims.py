"""Which units of an order line a fulfillment order line stands for; whether a summary was asked for.

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
    op.add_column(
        "ordersummary", sa.Column("isclaimed", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("ordersummary", "isclaimed")
    op.drop_column("fulfillmentorderlineitem", "units")
