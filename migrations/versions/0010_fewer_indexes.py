"""Columns that are set once their row is there, and by which hardly anybody searches, need no index.

Revises: 0009
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("fulfillmentorder_invoiceid_idx", "fulfillmentorder")
    op.drop_index("orderpaymentsummary_lastpaymentgatewaylogid_idx", "orderpaymentsummary")
