"""FulfillmentOrderItemAdjustment: the share of an adjustment on a fulfillment order line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.platform.records import Id, Record, currency, picklist, reference, string, textarea, total, zero


class FulfillmentOrderItemAdjustment(
    Record,
    prefix="0c4",
    room="fulfillment",
    root=("fulfillment_order_id", "FulfillmentOrder"),
):
    fulfillment_order_item_adjustment_number: str | None = string(255, "DAL", label="Name", number_format="FOIA-{:09d}")
    fulfillment_order_id: Id = reference("FulfillmentOrder", "C", children="FulfillmentOrderItemAdjustments", cascade=True)
    fulfillment_order_line_item_id: Id = reference("FulfillmentOrderLineItem", "C", label="Fulfillment Order Product ID", children="FulfillmentOrderItemAdjustments", cascade=True)
    order_item_adjust_line_summary_id: Id | None = reference("OrderItemAdjustmentLineSummary", "CN", children="FulfillmentOrderItemAdjustments")

    campaign_name: str | None = string(255, "CUN")
    coupon_name: str | None = string(255, "CUN")
    description: str | None = textarea(2000, "CUN")
    promotion_name: str | None = string(255, "CUN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    amount: Decimal = currency("C", label="Adjustment")

    total_amt_with_tax: Decimal = total("NK", label="Adjustment with Tax", since=49)
    total_tax_amount: Decimal = total("NK", label="Tax")

    def derived(self) -> Mapping[str, object]:
        return {"total_amt_with_tax": zero(self.amount) + self.total_tax_amount}
