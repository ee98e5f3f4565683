"""OrderAdjustmentGroupSummary: one promotion of an order as it stands now."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import ADJUSTMENT_GROUP_TYPES
from ordo.platform.records import Id, Record, picklist, reference, string, textarea, total


class OrderAdjustmentGroupSummary(
    Record,
    prefix="0aj",
    plural="Order Adjustment Group Summaries",
    room="orders",
    root=("order_summary_id", "OrderSummary"),
    busy=True,
):
    name: str = string(255, "CUL")
    order_summary_id: Id = reference("OrderSummary", children="OrderAdjustmentGroupSummaries", cascade=True)
    adjustment_basis_reference_id: Id | None = reference("Coupon", "CUN", since=54)
    adjustment_cause_id: Id | None = reference("Promotion", "CUN", since=52)
    original_order_adj_group_id: Id | None = reference("OrderAdjustmentGroup", "N", label="Order Adjustment Group ID", children="OrderAdjustmentGroupSummaries")

    type: str = picklist("R", *ADJUSTMENT_GROUP_TYPES, unmanaged=True)
    description: str | None = textarea(2000, "CUN")

    currency_iso_code: str | None = picklist("N", length=3, label="Currency ISO Code")

    grand_total_amount: Decimal = total("NK", label="Total with Tax")
    total_amount: Decimal = total("NK", label="Pretax Total")
    total_tax_amount: Decimal = total("NK", label="Tax")

    def derived(self) -> Mapping[str, object]:
        return {"grand_total_amount": self.total_amount + self.total_tax_amount}
