"""OrderItemAdjustmentLineSummary: one adjustment of an order line as it stands now."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.platform.records import Id, Record, currency, integer, picklist, reference, string, textarea, total, zero


class OrderItemAdjustmentLineSummary(
    Record,
    prefix="0ah",
    label="Order Product Adjustment Line Item Summary",
    plural="Order Product Adjustment Line Item Summaries",
    room="orders",
    root=("order_summary_id", "OrderSummary"),
    busy=True,
):
    name: str = string(255, "CUL")
    order_summary_id: Id = reference("OrderSummary", children="OrderItemAdjustmentLineItemSummaries", cascade=True)
    order_item_summary_id: Id = reference("OrderItemSummary", label="Order Product Summary ID", children="OrderItemAdjustmentLineItemSummaries", cascade=True)
    adjustment_basis_reference_id: Id | None = reference("Coupon", "CUN", since=54)
    adjustment_cause_id: Id | None = reference("Promotion", "CUN", since=52)
    order_adjustment_group_summary_id: Id | None = reference("OrderAdjustmentGroupSummary", "N", children="OrderItemAdjustmentLineItemSummaries")
    original_order_item_adjustment_line_item_id: Id | None = reference("OrderItemAdjustmentLineItem", "N", label="Order Product Adjustment Line Item ID", children="OrderItemAdjustmentLineItemSummaries")

    description: str | None = textarea(2000, "CUN")
    priority: int | None = integer("CN", since=52)

    currency_iso_code: str | None = picklist("N", length=3, label="Currency ISO Code")
    amount: Decimal = currency(label="Adjustment", unmanaged=True)

    total_amt_with_tax: Decimal = total("NK", label="Adjustment with Tax", since=49)
    total_tax_amount: Decimal = total("NK", label="Tax")

    def derived(self) -> Mapping[str, object]:
        return {"total_amt_with_tax": zero(self.amount) + self.total_tax_amount}
